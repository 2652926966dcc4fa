"""What Pods talk to: a Postgres and a Bulker of this machine, and a registry that
never answers."""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

from checks import PATIENCE, Failed, free_port, run, wait_for
from kubernetes_settings import BIN, BULKER_TOKEN, DATABASE_PASSWORD, HOST


class Postgres:
    """A private, throw-away Postgres that Pods reach."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade-pg."))
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise Failed("Postgres is not installed")
        self.programs = programs[-1]
        self.port = free_port(HOST)
        self.url = (f"postgres://motorcade:{DATABASE_PASSWORD}@{HOST}:"
                    f"{self.port}/postgres?sslmode=disable")

    def _run(self, program, *words):
        # Postgres does not run as root. It keeps what it inherits open.
        with open(self.folder / "commands.log", "ab") as log:
            done = subprocess.run(
                ["runuser", "-u", "postgres", "--", self.programs / program,
                 *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", timeout=PATIENCE, check=False)
        if done.returncode != 0:
            said = (self.folder / "commands.log").read_text()
            raise Failed(f"{program}: {said[-2000:]}")

    def start(self):
        """Makes a cluster and starts it."""
        password = self.folder / "password"
        password.write_text(DATABASE_PASSWORD)
        owner = pwd.getpwnam("postgres")
        for path in self.folder, password:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--pgdata", self.folder / "data", "--username",
                  "motorcade", "--pwfile", password, "--auth", "scram-sha-256",
                  "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        (self.folder / "data/postgresql.auto.conf").write_text(
            f"listen_addresses = '{HOST}'\nport = {self.port}\n"
            f"unix_socket_directories = '{self.folder}'\nfsync = off\n")
        with open(self.folder / "data/pg_hba.conf", "a") as rules:
            rules.write("host all all 10.85.0.0/16 scram-sha-256\n")
        self.control("start")

    def control(self, *words):
        """Runs pg_ctl."""
        self._run("pg_ctl", "--pgdata", self.folder / "data", "--log",
                  self.folder / "server.log", "--wait", *words)

    def stop(self):
        """Stops it and throws it away."""
        with contextlib.suppress(Failed):
            self.control("stop", "--mode", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, sql):
        """Returns rows as dictionaries."""
        out = run("psql", "--no-psqlrc", "--tuples-only", "--no-align",
                  "--set", "ON_ERROR_STOP=1", "--command",
                  f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) AS t",
                  self.url)
        return json.loads(out)

    def has_table(self, name):
        """Tells whether somebody has made the table yet."""
        return self.query(f"SELECT to_regclass('{name}') AS oid")[0]["oid"]


class Bulker:
    """The stand-in of the other tests, where Pods reach it."""

    def __init__(self):
        self.port = free_port(HOST)
        self.url = f"http://{HOST}:{self.port}"
        self.process = None

    def start(self):
        """Returns once it listens."""
        self.process = subprocess.Popen(
            [BIN / "bulker-stand-in", "--address", HOST, "--port",
             str(self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "BULKER_AUTH_TOKEN": BULKER_TOKEN})
        wait_for("Bulker", self._answers, 30)

    def _answers(self):
        with contextlib.suppress(OSError):
            return self.tables() is not None

    def stop(self):
        """Ends it."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)

    def tables(self):
        """Returns all tables by name."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/tables")
            return json.load(connection.getresponse())["tables"]

    def rows(self, table):
        """Returns a table's rows; none if there is no such table."""
        return self.tables().get(table, {"rows": []})["rows"]


class HangingRegistry:
    """Takes connections and never answers. Its images are never pulled."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.package = f"localhost:{self.socket.getsockname()[1]}/source-slow"

    def stop(self):
        """Refuses whoever waits."""
        self.socket.close()
