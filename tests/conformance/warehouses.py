"""Sends what a connector has printed into warehouses, and compares their tables
with it row by row.

What the conversions are is said in docs/destinations.md and ADR 47; it is said
here once more, in Python, without a look at how the sidecar does it."""

import contextlib
import datetime
import json
import os
import re
import sqlite3
import subprocess
import urllib.parse


class Differs(Exception):
    """A table is not what the rows say."""


class Number(str):
    """A number of JSON with all its digits."""


def parse_row(text):
    """Returns a row whose numbers keep their digits."""
    return json.loads(text, parse_int=Number, parse_float=Number)


def column_name(path):
    """Returns what a key, or nested keys, are called as a column."""
    name = re.sub(r"[^\w $-]+", "_",
                  "_".join(key or "_unnamed" for key in path))
    return name.encode()[:63].decode(errors="ignore")


def flatten(row, whole, path=()):
    """Returns a row's values by column, without nulls.

    whole: the keys of objects that stay one, as the schema names them."""
    out = {}
    for key, value in row.items():
        if isinstance(value, dict) and not (not path and key in whole):
            out |= flatten(value, whole, (*path, key))
        elif value is not None:
            out[column_name((*path, key))] = value
    return out


def whole_keys(stream):
    """Returns the keys that a stream's schema says to be objects."""
    return {key for key, schema in
            stream["json_schema"].get("properties", {}).items()
            if "object" in schema.get("type", [])}


def key_of(stream):
    """Returns the columns that rows are merged by."""
    return [column_name(path)
            for path in stream.get("source_defined_primary_key") or []]


def as_instant(text):
    """Returns a point of time, UTC unless it says otherwise."""
    when = datetime.datetime.fromisoformat(text)
    return (when if when.tzinfo else
            when.replace(tzinfo=datetime.timezone.utc))


def as_json(value):
    """Returns JSON whose numbers are compared as numbers."""
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def is_same(found, printed, kind):
    """Tells whether a table's value of a type is the printed one, converted."""
    with contextlib.suppress(ValueError, TypeError):
        if kind == "integer":
            wanted = (int(printed) if isinstance(printed, bool)
                      else int(printed) if re.fullmatch(r"-?\d+", printed)
                      else int(float(printed)))
            return found == wanted and float(wanted) == float(printed)
        if kind == "double":
            return float(found) == float(printed)
        if kind == "boolean":
            return found is (printed if isinstance(printed, bool)
                             else {"0": False, "1": True, "false": False,
                                   "true": True}[printed])
        if kind == "timestamp":
            return as_instant(found) == as_instant(printed)
        if kind == "json":
            return as_json(parse_row(json.dumps(found))) == as_json(printed)
        if isinstance(printed, (dict, list)):
            return as_json(parse_row(found)) == as_json(printed)
        if isinstance(printed, bool):
            return found == json.dumps(printed)
        return found == printed.replace("\0", "")
    return False


def compare_row(found, printed, kinds, where):
    """Raises Differs unless a row of a table is a printed one."""
    unmapped = found.pop("_unmapped_data", None) or {}
    if isinstance(unmapped, str):
        unmapped = json.loads(unmapped)
    for column, value in printed.items():
        if column in unmapped:
            if as_json(unmapped.pop(column)) != as_json(value):
                raise Differs(f"{where}: _unmapped_data of {column}: not "
                              f"{value!r:.200}")
        elif not is_same(found.get(column), value, kinds.get(column)):
            raise Differs(
                f"{where}: {column} ({kinds.get(column)}) is "
                f"{found.get(column)!r:.200}, not {value!r:.200}")
    more = {column for column, value in found.items()
            if value is not None and column not in printed}
    if more or unmapped:
        raise Differs(f"{where}: too much in {more | set(unmapped)}")


class PostgresWarehouse:
    """A schema of the server that PGHOST and its kin name."""

    name = "Postgres"
    environment = {}
    kinds = {"bigint": "integer", "double precision": "double",
             "boolean": "boolean", "timestamp with time zone": "timestamp",
             "jsonb": "json", "text": "text"}

    def __init__(self, schema):
        self.schema = schema
        quote = urllib.parse.quote
        self.url = (f"postgres://{quote(os.environ['PGUSER'])}@"
                    f"{os.environ['PGHOST']}:{os.environ['PGPORT']}/"
                    f"{quote(os.environ['PGDATABASE'])}?schema={schema}")

    def query(self, sql):
        """Returns the lines of an answer."""
        done = subprocess.run(
            ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "PGTZ": "UTC"})
        if done.returncode != 0:
            raise Differs(done.stderr)
        # No other character ends a line: rows hold U+2028.
        return done.stdout.split("\n")[:-1]

    def columns(self, table):
        """Returns the types of a table's columns."""
        return dict(json.loads(line) for line in self.query(
            "SELECT json_build_array(column_name, data_type) FROM "
            "information_schema.columns WHERE table_schema = "
            f"'{self.schema}' AND table_name = '{table}'"))

    def rows(self, table):
        """Returns a table's rows in the order in which they came."""
        return [json.loads(line) for line in self.query(
            f'SELECT to_json(t) FROM "{self.schema}"."{table}" t '
            "ORDER BY ctid")]

    def tables(self):
        """Returns the names of tables that hold rows."""
        return set(self.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = "
            f"'{self.schema}' AND tablename NOT LIKE '\\_motorcade%'"))


class SqliteWarehouse:
    """A file."""

    name = "SQLite"
    environment = {}
    # Booleans are 0 and 1, times and JSON are text.
    kinds = {"INTEGER": "integer", "REAL": "double", "TEXT": "text"}

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite://{urllib.parse.quote(str(path))}"

    def query(self, sql):
        """Returns the rows of an answer."""
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql)]

    def columns(self, table):
        """Returns the types of a table's columns."""
        return {row["name"]: row["type"] for row in self.query(
            f"SELECT name, type FROM pragma_table_info('{table}')")}

    def rows(self, table):
        """Returns a table's rows in the order in which they came."""
        return self.query(f'SELECT * FROM "{table}" ORDER BY rowid')

    def tables(self):
        """Returns the names of tables that hold rows."""
        return {row["name"] for row in self.query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
            "name NOT LIKE '\\_motorcade%' ESCAPE '\\'")}


class Mirror:
    """A warehouse, and what must be in it by all that was printed so far."""

    def __init__(self, warehouse, folder, sidecar):
        self.warehouse = warehouse
        self.sidecar = sidecar
        self.folder = folder
        self.stored = {}

    def replay(self, name, step, catalog):
        """Sends a recorded stdout through the sidecar. Its sync has states of
        its own, from its last replay."""
        label = re.sub(r"\W+", "-", self.warehouse.name.lower())
        database = urllib.parse.quote(str(self.folder / f"{label}.states.db"))
        with open(self.folder / f"{step}.{label}.log", "w") as log:
            done = subprocess.run(
                ["timeout", "120", self.sidecar, "run", "--command", "read",
                 "--config", self.folder / f"{step}.config.json",
                 "--catalog", catalog, "--to", self.warehouse.url,
                 "--database", f"sqlite://{database}", "--sync-id", name,
                 "--", "bash", "-c", 'cat "$1"', "recorded",
                 self.folder / f"{step}.jsonl"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=log, cwd=self.folder, check=False,
                env={**os.environ, **self.warehouse.environment})
        if done.returncode != 0:
            raise Differs(f"{label}: exit code {done.returncode}")

    def compare(self, catalog, printed):
        """Raises Differs unless the tables are what was printed. Returns how
        many rows were compared.

        printed: rows of this read as bytes, by stream."""
        compared = 0
        for entry in json.loads(catalog.read_text())["streams"]:
            stream = entry["stream"]
            name, key = stream["name"], key_of(stream)
            known = self.stored.setdefault(name, [])
            if entry["sync_mode"] == "full_refresh":
                known.clear()
            known += [flatten(parse_row(row), whole_keys(stream))
                      for row in printed[name]]
            if key:
                # The last one wins.
                known[:] = {json.dumps([row[part] for part in key]): row
                            for row in known}.values()
            compared += self.compare_table(name, key, known)
        wanted = {name for name, rows in self.stored.items() if rows}
        if self.warehouse.tables() - set(self.stored) or \
                wanted - self.warehouse.tables():
            raise Differs(f"{self.warehouse.name}: tables "
                          f"{self.warehouse.tables()}, not {wanted}")
        return compared

    def compare_table(self, table, key, wanted):
        """Returns how many rows there are."""
        kinds = {column: self.warehouse.kinds.get(kind, kind) for column, kind
                 in self.warehouse.columns(table).items()}
        found = self.warehouse.rows(table) if kinds else []
        where = f"{self.warehouse.name}: {table}"
        if len(found) != len(wanted):
            raise Differs(f"{where}: {len(found)} rows, not {len(wanted)}")
        if key:
            by_key = {json.dumps([str(row[part]) for part in key]): row
                      for row in found}
            found = [by_key.get(json.dumps([str(row[part]) for part in key]),
                                {}) for row in wanted]
        for number, (row, printed) in enumerate(zip(found, wanted), 1):
            compare_row(dict(row), printed, kinds, f"{where}, row {number}")
        return len(wanted)
