"""What Pods talk to: a Postgres and a Bulker of this machine, and registries that
answer late or never."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading

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


class LateRegistry:
    """Has one image, and answers once it is told to."""

    def __init__(self, layout):
        """layout: a tar file of the image, as `cluster export` writes it."""
        with tarfile.open(layout) as parts:
            index = json.load(parts.extractfile("index.json"))
            self.blobs = {
                "sha256:" + pathlib.PurePath(part.name).name:
                    parts.extractfile(part).read()
                for part in parts if part.name.startswith("blobs/sha256/")
                and part.isfile()}
        self.manifest = index["manifests"][0]
        self.open = threading.Event()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), _LateHandler)
        self.server.registry = self
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.package = f"localhost:{self.server.server_port}/source-late"

    def stop(self):
        """Answers whoever waits, and ends."""
        self.open.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class _LateHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        self._answer()

    def do_HEAD(self):  # pylint: disable=invalid-name
        self._answer()

    def _answer(self):
        registry = self.server.registry
        registry.open.wait(600)
        digest, kind, data = None, "application/octet-stream", None
        if self.path == "/v2/":
            data = b"{}"
        elif "/manifests/" in self.path:
            digest = registry.manifest["digest"]
            kind = registry.manifest["mediaType"]
        elif "/blobs/" in self.path:
            digest = self.path.rsplit("/", 1)[1]
        data = registry.blobs.get(digest, data)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data or b"")))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command == "GET" and data:
            self.wfile.write(data)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass
