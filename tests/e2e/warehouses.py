"""Warehouses for reads whose body names one, in a Postgres that is there."""

import contextlib
import json
import os
import secrets
import urllib.parse

from checks import run
from kubernetes_settings import HUSH


class PostgresWarehouse:
    """A schema and a role of its own, whose password nobody else has."""

    def __init__(self, url):
        """url: a superuser's."""
        self.url = url
        mark = secrets.token_hex(6)
        self.name = f"warehouse_{mark}"
        # What the password is made of. Who is told the parts does not hold it.
        self.parts = ["warehouse-", f"{HUSH}-", mark]
        self.password = "".join(self.parts)

    def destination(self, **changes):
        """Returns the destinationConfig."""
        at = urllib.parse.urlsplit(self.url)
        return {"destinationType": "postgres", "host": at.hostname,
                "port": at.port, "database": at.path[1:],
                "username": self.name, "password": self.password,
                "defaultSchema": self.name, "sslMode": "disable", **changes}

    def run(self, sql):
        """Runs statements as the superuser. They are in no argument."""
        return run("psql", "--no-psqlrc", "--quiet", "--tuples-only",
                   "--no-align", "--set", "ON_ERROR_STOP=1", self.url,
                   text=sql, env=dict(os.environ))

    def rows(self, table):
        """Returns a table's rows by their id."""
        return json.loads(self.run(
            f"SELECT coalesce(json_agg(t ORDER BY id), '[]') "
            f'FROM "{self.name}"."{table}" AS t'))

    def tables(self):
        """Returns the tables that hold rows."""
        return self.run(
            "SELECT tablename FROM pg_tables WHERE schemaname = "
            f"'{self.name}' AND tablename NOT LIKE '\\_motorcade%' ORDER BY 1"
        ).splitlines()


@contextlib.contextmanager
def open_postgres_warehouse(url):
    """Gives one, and takes it away."""
    warehouse = PostgresWarehouse(url)
    name = warehouse.name
    warehouse.run(f"CREATE ROLE {name} LOGIN PASSWORD '{warehouse.password}';\n"
                  f"CREATE SCHEMA {name} AUTHORIZATION {name}")
    try:
        yield warehouse
    finally:
        warehouse.run(f"DROP SCHEMA {name} CASCADE; DROP ROLE {name}")
