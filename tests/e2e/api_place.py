"""Where the cases of the HTTP API are tried: a syncctl, what it writes to, and
a console."""

import collections
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

from api_client import Client
from checks import Failed, free_port, run, wait_for
from console_stand_in import Console
from kubernetes_settings import (
    API_TOKEN, BIN, CONSOLE_TOKEN, PACKAGE, TOKEN_SECRET, VERSION, auth_tokens)
from warehouses import open_postgres_warehouse


class Place:
    """What a case is given. Subclasses know where tasks run."""

    package, version = PACKAGE, VERSION
    runtime = ""
    # Where no secret may be that is not the connector's.
    files_of_a_connector = []

    def __init__(self, console):
        self.console = console
        self.client = Client(self.address, API_TOKEN)
        # Names of cases that were begun.
        self.tried = set()

    @property
    def image(self):
        """Returns the parameters that name the connector."""
        return {"package": self.package, "version": self.version}

    def address(self):
        """Returns host and port of syncctl."""
        raise NotImplementedError

    def query(self, table, key, value):
        """Returns a table's rows that have the value; none without a table."""
        raise NotImplementedError

    def rows(self, table):
        """Returns the rows that arrived in a table of the destination."""
        raise NotImplementedError

    def destination(self):
        """Returns a destinationConfig that its tasks can use."""
        raise NotImplementedError

    def warehouse(self):
        """Returns a context that gives a warehouse of its own, or nothing where
        there is no server."""
        raise NotImplementedError

    def metrics(self):
        """Returns all values by name and labels, of all replicas together."""
        out = collections.Counter()
        for text in self.metrics_texts():
            for line in text.splitlines():
                if line and not line.startswith("#"):
                    name, _, value = line.rpartition(" ")
                    out[name] += float(value)
        return out

    def metrics_texts(self):
        """Returns what each replica says in Prometheus' format."""
        return [self.client.call("GET", "/metrics").text]

    def own_traces(self):
        """Returns what others on its machine can read of a syncctl: arguments
        and variables of processes, files of its database, its log."""
        return ""

    def metric(self, name):
        """Returns one of them; 0 if it is not there yet."""
        return self.metrics().get(name, 0)


class ProcessPlace(Place):
    """A syncctl of this machine's, whose tasks are processes. Rows go to
    files."""

    runtime = "process"

    def __init__(self, console, database, settings=None, user=None):
        """user: who syncctl is to be; not given: we."""
        super().__init__(console)
        self.identity = {} if user is None else {
            "user": user, "group": user, "extra_groups": []}
        # A path with odd characters, which all programs must handle.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade ü-"))
        self.data = self.folder / "data"
        self.database = database
        self.port = None
        self.process = None
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.folder),
            "SYNCCTL_RUNTIME": "process", "SYNCCTL_DATA_DIR": str(self.data),
            "SYNCCTL_CONNECTORS_DIR": str(self.folder / "connectors"),
            "SYNCCTL_HTTP_ADDRESS": "127.0.0.1",
            "SYNCCTL_AUTH_TOKENS": auth_tokens(),
            "SYNCCTL_TOKEN_SECRET": TOKEN_SECRET,
            "SYNCCTL_CONTAINER_STATUS_CHECK_SECONDS": "2",
            "SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS": "20",
            "CONSOLE_URL": console.url, "CONSOLE_TOKEN": CONSOLE_TOKEN,
            **({"SYNCCTL_DATABASE_URL": database} if database else {}),
            **(settings or {})}
        connector = self.folder / "connectors" / PACKAGE
        connector.parent.mkdir(parents=True)
        shutil.copy2(BIN / "scripted-connector", connector)
        # A folder that the user of the Pods can reach.
        self.program = self.folder / "bin/syncctl"
        self.program.parent.mkdir()
        for name in "syncctl", "sidecar":
            shutil.copy2(BIN / name, self.program.parent)
        if user is not None:
            os.chown(self.folder, user, user)

    def start(self):
        """Returns once it takes requests."""
        with open(self.folder / "log", "ab") as log:
            # Another program may take the port before it does.
            while True:
                self.port = free_port()
                self.process = subprocess.Popen(
                    [self.program], stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, cwd="/", **self.identity,
                    env={**self.environment,
                         "SYNCCTL_HTTP_PORT": str(self.port)})
                wait_for("syncctl to take requests", self._has_begun)
                if self.process.poll() is None:
                    return
                if "SYNCCTL_HTTP_PORT" not in self.log():
                    raise Failed(f"syncctl ended at once:\n{self.log()}")

    def _has_begun(self):
        """Tells whether it takes requests, or has ended."""
        if self.process.poll() is not None:
            return True
        with contextlib.suppress(OSError):
            return self.client.call("GET", "/ready", token=None).status == 200
        return False

    def stop(self):
        """Ends it, and throws everything away."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """Returns what it has logged."""
        return (self.folder / "log").read_text(errors="replace")

    def own_traces(self):
        found = [self.log()]
        paths = [path for path in self.data.glob("syncctl.db*")]
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            paths += [process / "cmdline", process / "environ"]
        for path in paths:
            with contextlib.suppress(OSError):
                found.append(path.read_bytes().decode(errors="replace"))
        return "\n".join(found)

    def address(self):
        return "127.0.0.1", self.port

    def query(self, table, key, value):
        if self.database:
            found = self._psql(f"SELECT to_regclass('{table}') AS oid")
            if not found[0]["oid"]:
                return []
            return self._psql(f"SELECT * FROM {table} WHERE {key} = '{value}'")
        with contextlib.closing(sqlite3.connect(
                self.data / "syncctl.db", timeout=30)) as database:
            database.row_factory = sqlite3.Row
            try:
                found = database.execute(
                    f"SELECT * FROM {table} WHERE {key} = ?", (value,))
                return [dict(row) for row in found]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def _psql(self, sql):
        out = run("psql", "--no-psqlrc", "--tuples-only", "--no-align",
                  "--set", "ON_ERROR_STOP=1", "--command",
                  f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) AS t",
                  self.database, env=dict(os.environ))
        return json.loads(out)

    def rows(self, table):
        path = self.data / "tables" / f"{table}.ndjson.zst"
        if not path.exists():
            return []
        return [json.loads(line) for line in
                run("zstd", "-dcq", path).splitlines()]

    def destination(self):
        return {"destinationType": "sqlite",
                "path": str(self.data / "rows/checked.db")}

    def warehouse(self):
        return (open_postgres_warehouse(self.database) if self.database
                else contextlib.nullcontext())

    def tasks_left(self):
        """Returns the folders of tasks that are not gone."""
        # What is removed waits there if the folder is a file system of its own.
        return [path.name for path in (self.data / "tasks").iterdir()
                if path.name != ".removed"]


@contextlib.contextmanager
def open_process_place(database, settings=None, user=None):
    """Everything at once; all of it is gone afterwards."""
    with contextlib.ExitStack() as stack:
        console = Console("127.0.0.1")
        stack.callback(console.stop)
        place = ProcessPlace(console, database, settings, user)
        stack.callback(place.stop)
        place.start()
        yield place
