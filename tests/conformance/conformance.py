#!/usr/bin/python3
"""Runs Airbyte's own connectors through the real sidecar.

Each connector is installed from PyPI into a virtual environment of its own,
at the versions that its .txt file here pins. Then `sidecar run` asks it for
spec, check and discover, reads it twice, and once more as a full refresh. What
was answered and stored is compared with what the connector printed, byte for
byte, and with what is known of its source. Once they are installed no connector
needs a network. What a successful read printed is sent into Postgres and SQLite,
too, and compared with their tables row by row, and into a bucket.

It wants PGHOST and its kin, as tests/support/with_postgres sets them, and
S3_ENDPOINT, as tests/support/with_s3 sets it, or there is no bucket.

Exit code 0: all is well, or PyPI cannot be reached, which is said; 1: not.
"""

import collections
import collections.abc
import concurrent.futures
import contextlib
import csv
import dataclasses
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import venv

from buckets import Bucket, BucketMirror
from warehouses import Differs, Mirror, PostgresWarehouse, SqliteWarehouse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIDECAR = ROOT / "build/bin/sidecar"
CACHE = ROOT / ".cache/conformance"
# What every run printed and stored; kept for those who want to look.
RUNS = CACHE / "runs"

# Seconds.
COMMAND_TIMEOUT = 180
INSTALL_TIMEOUT = 1200
PROBE_TIMEOUT = 60

# What `timeout` says.
TIMED_OUT = 124

# How pip says that nothing answered it.
UNREACHABLE = re.compile(
    r"connection broken by|from versions: none|HTTP error|[Tt]imed? ?out")

# Starts the connector, and keeps what it prints in the file named first.
RECORDED = ["bash", "-c",
            'set -o pipefail; file=$1; shift; "$@" | tee "$file"', "recorded"]

CITIES = 5000
CUSTOMERS, PAYMENTS, ORDERS = 30, 10, 2500
NEW_PAYMENTS, NEW_ORDERS = 2, 40
PAGE = 500
# More than a slab holds, and more than Bulker would take.
LONG = 1_500_000
SECRET = "never-to-be-shown"


class Failed(Exception):
    """Something is not as it should be."""


class Skipped(Exception):
    """PyPI cannot be reached."""


def expect(what, found, wanted):
    """Raises Failed unless both are the same."""
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r:.500}, found {found!r:.500}")


# -- installing ----------------------------------------------------------------


def environment(name):
    """Returns where the connector's virtual environment is."""
    return CACHE / name


def is_installed(name):
    """Tells whether all that the connector's pins say is there."""
    done = environment(name) / "pins.txt"
    return (done.exists()
            and done.read_text() == (HERE / f"{name}.txt").read_text())


def pip(name, *arguments, timeout):
    """Runs pip in the connector's environment.

    Returns None where all went well, else what it said."""
    command = [environment(name) / "bin/python", "-m", "pip",
               "--disable-pip-version-check", "--no-input", *arguments]
    try:
        run = subprocess.run(
            command, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"pip timed out after {timeout} s"
    return None if run.returncode == 0 else run.stdout.strip()


def require_index(name):
    """Raises Skipped if PyPI does not hand out the connector's package."""
    pins = (HERE / f"{name}.txt").read_text()
    package = re.search(r"^(airbyte-|moto=|schemathesis=).*$", pins, re.MULTILINE).group()
    with tempfile.TemporaryDirectory() as folder:
        said = pip(name, "--timeout", "20", "--retries", "1", "download",
                   "--quiet", "--no-deps", "--no-cache-dir", "--dest", folder,
                   package, timeout=PROBE_TIMEOUT)
    if said and UNREACHABLE.search(said):
        raise Skipped(next(line for line in said.splitlines()
                           if UNREACHABLE.search(line)))


def install(name):
    """Makes the connector's environment anew, unless it is there."""
    if is_installed(name):
        return
    folder = environment(name)
    pins = HERE / f"{name}.txt"
    venv.create(folder, clear=True, with_pip=True)
    require_index(name)
    begin = time.monotonic()
    # The pins name everything, so that nothing need be found out.
    said = pip(name, "--timeout", "180", "install", "--quiet", "--no-deps",
               "--requirement", pins, timeout=INSTALL_TIMEOUT)
    if said:
        # It may have gone away meanwhile.
        require_index(name)
        raise Failed(f"{name}: pip install failed:\n{said[-2000:]}")
    shutil.copy(pins, folder / "pins.txt")
    print(f"{name:<12} installed {time.monotonic() - begin:6.1f} s")


def free_port():
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# -- the sources ---------------------------------------------------------------


def write_cities(file):
    """Writes a CSV of CITIES lines, and among them what is hard to carry."""
    odd = ['Zürich, "the city"', "東京\nTokyo", "\u2028 \\ / 😀",
           "x" * LONG]
    with open(file, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "name", "area", "founded", "capital"])
        for i in range(CITIES):
            rows.writerow([i, odd[i] if i < len(odd) else f"city {i}",
                           i / 7 if i % 5 else "", f"{i % 2000 + 1:04}-01-01",
                           i % 2 == 0])


class Shop:
    """A small web service: pages, a cursor, rows below rows, and tokens that
    change with each use, so that a connector emits a CONTROL message."""

    def __init__(self):
        self.grown = False
        self.broken = False
        self.tokens = 0

    def rows(self, path):
        """Returns what there is under a path."""
        if path == ["customers"]:
            return [{"id": i, "name": f"Zoë \u2028 {i}"}
                    for i in range(CUSTOMERS)]
        if path == ["orders"]:
            count = ORDERS + (NEW_ORDERS if self.grown else 0)
            return [{"id": i, "total": i / 7, "reference": 2**63 - 1 - i,
                     "note": "x" * LONG if i == 7 else None,
                     "updated_at": self.minute(i)} for i in range(count)]
        customer = int(path[1])
        count = PAYMENTS
        if self.grown and customer == 0:
            count += NEW_PAYMENTS
        return [{"id": i, "customer_id": customer, "amount": float(i),
                 "updated_at": self.minute(i)} for i in range(count)]

    @staticmethod
    def minute(i):
        """Returns when the row of that number was changed."""
        when = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=i)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    def token(self, form):
        """Returns status and body for who asks for an access token."""
        if form.get("refresh_token") != f"{SECRET}-0":
            return 401, {"error": "this refresh token is not ours"}
        self.tokens += 1
        return 200, {"access_token": f"{SECRET}-access", "expires_in": 3600,
                     "refresh_token": f"{SECRET}-{self.tokens}"}

    def page(self, url, authorization):
        """Returns status and body for who asks for rows."""
        if authorization != f"Bearer {SECRET}-access":
            return 401, {"error": "no such access token"}
        path = url.path.strip("/").split("/")
        if self.broken and path == ["customers", "5", "payments"]:
            return 400, {"error": "these payments are lost"}
        query = dict(urllib.parse.parse_qsl(url.query))
        found = [row for row in self.rows(path)
                 if row.get("updated_at", "9") >= query.get("since", "")]
        begin = int(query.get("page", 0))
        end = begin + PAGE
        return 200, {"rows": found[begin:end],
                     "next_page": end if end < len(found) else None}

    @contextlib.contextmanager
    def open(self):
        """Serves on a port of this machine; gives the URL."""
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(*shop.page(urllib.parse.urlsplit(self.path),
                                       self.headers["Authorization"]))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(*shop.token(
                    dict(urllib.parse.parse_qsl(body.decode()))))

            def answer(self, status, document):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                server.shutdown()


# -- what a connector printed --------------------------------------------------


class Transcript:
    """The lines of a connector's stdout."""

    def __init__(self, file):
        self.rows = collections.defaultdict(list)
        self.states = {}
        self.logs = collections.Counter()
        self.documents = {}
        self.kinds = collections.Counter()
        # The last one that the connector changed to.
        self.config = None
        for line in pathlib.Path(file).read_bytes().split(b"\n")[:-1]:
            try:
                message = json.loads(line)
                kind = message["type"]
            except (ValueError, KeyError, TypeError):
                self.kinds["no message"] += 1
                continue
            if kind in ("TRACE", "CONTROL", "STATE"):
                body = message[kind.lower()]
                self.kinds[f"{kind} {body.get('type')}"] += 1
            else:
                self.kinds[kind] += 1
            if kind == "RECORD":
                self.rows[message["record"]["stream"]].append(
                    member(line, b"data"))
            elif kind == "STATE":
                of = message["state"]["stream"]["stream_descriptor"]["name"]
                self.states[of] = member(line, b"stream_state").decode()
            elif kind == "LOG" and message["log"]["level"] not in ("DEBUG",
                                                                   "TRACE"):
                self.logs[message["log"]["message"]] += 1
            elif kind == "CONTROL":
                self.config = message["control"]["connectorConfig"]["config"]
            elif kind in ("SPEC", "CONNECTION_STATUS", "CATALOG"):
                first, *more = kind.lower().split("_")
                name = first + "".join(map(str.capitalize, more))
                self.documents[kind] = member(line, name.encode())


def member(line, name):
    """Returns the bytes of the first member of that name, which is an object,
    as they stand in a line of JSON."""
    text = line.decode()
    begin = re.search(rf'"{name.decode()}":\s*', text).end()
    _, end = json.JSONDecoder().raw_decode(text, begin)
    return text[begin:end].encode()


# -- trying a connector --------------------------------------------------------


@dataclasses.dataclass
class Connector:
    """A connector, and what is known of its source."""

    name: str
    program: str
    config: dict
    bad_config: dict
    # What it says of the bad config.
    complaint: str
    # How many rows each stream has at first, how many the second read brings
    # once the source has changed, and how many there are then.
    first: dict[str, int]
    second: dict[str, int]
    all: dict[str, int]
    # Changes the source; returns the config of the second read.
    change: collections.abc.Callable[[], dict]


class Trial:
    """One connector run through the sidecar, command by command."""

    def __init__(self, connector):
        self.connector = connector
        self.folder = RUNS / connector.name
        self.folder.mkdir(parents=True)
        # What runs now, and the kinds of messages that came so far.
        self.step = ""
        self.kinds = collections.Counter()
        self.catalog = self.folder / "catalog.json"
        self.database = self.folder / "motorcade.db"
        # What each stream's file must hold.
        self.stored = {name: [] for name in connector.first}
        self.mirrors = [
            Mirror(warehouse, self.folder, SIDECAR) for warehouse in
            (PostgresWarehouse(f"conformance_{connector.name}"),
             SqliteWarehouse(self.folder / "rows.db"))]
        if "S3_ENDPOINT" in os.environ:
            self.mirrors += [
                BucketMirror(Bucket(connector.name, packed), self.folder,
                             SIDECAR) for packed in (False, True)]
        # Rows that were compared in all warehouses.
        self.compared = 0

    def run(self, step, command, config=None, *options):
        """Runs a command. Returns exit code, stdout and the transcript."""
        self.step = step
        arguments = ["timeout", "--kill-after", "60", str(COMMAND_TIMEOUT),
                     SIDECAR, "run", "--command", command, *options]
        if config is not None:
            file = self.folder / f"{step}.config.json"
            file.write_text(json.dumps(config))
            arguments += ["--config", file]
        lines = self.folder / f"{step}.jsonl"
        arguments += ["--", *RECORDED, lines,
                      environment(self.connector.name) / "bin"
                      / self.connector.program]
        begin = time.monotonic()
        with open(self.folder / f"{step}.log", "w") as log:
            done = subprocess.run(arguments, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=log,
                                  cwd=self.folder)
        self.seconds = time.monotonic() - begin
        if done.returncode == TIMED_OUT:
            raise Failed(f"no end within {COMMAND_TIMEOUT} s")
        transcript = Transcript(lines)
        self.kinds += transcript.kinds
        return done.returncode, done.stdout, transcript

    def tell(self, step, what):
        """Says that a step went well."""
        print(f"{self.connector.name:<12} {step:<9} {self.seconds:6.1f} s  "
              f"{what}", flush=True)

    def answer(self, step, command, kind, exit_code, config=None, *options):
        """Runs a command and returns its answer, which must be printed as the
        connector printed it."""
        code, output, transcript = self.run(step, command, config, *options)
        expect("exit code", code, exit_code)
        expect("answer", output.rstrip(b"\n"), transcript.documents.get(kind))
        return json.loads(output)

    def spec(self):
        """The connector tells which settings it has."""
        spec = self.answer("spec", "spec", "SPEC", 0)
        expect("type", spec["connectionSpecification"]["type"], "object")
        self.tell("spec", ", ".join(
            spec["connectionSpecification"]["properties"]))

    def check(self):
        """A good config is good, a bad one is bad, and it is said why."""
        status = self.answer("check", "check", "CONNECTION_STATUS", 0,
                             self.connector.config)
        expect("status", status["status"], "SUCCEEDED")
        self.tell("check", "SUCCEEDED")
        status = self.answer("bad-check", "check", "CONNECTION_STATUS", 1,
                             self.connector.bad_config)
        expect("status", status["status"], "FAILED")
        if self.connector.complaint not in status["message"]:
            raise Failed(f"the check says {status['message']!r}, not "
                         f"{self.connector.complaint!r}")
        self.tell("bad-check", f"FAILED: {status['message']:.60}…")

    def discover(self):
        """The streams are found, and a catalog to read with is made."""
        found = self.answer("discover", "discover", "CATALOG", 0,
                            self.connector.config, "--save-catalog",
                            self.catalog)
        names = [stream["name"] for stream in found["streams"]]
        expect("streams", sorted(names), sorted(self.connector.first))
        saved = json.loads(self.catalog.read_text())["streams"]
        expect("saved streams", [entry["stream"] for entry in saved],
               found["streams"])
        self.tell("discover", ", ".join(
            f"{entry['stream']['name']} ({entry['sync_mode']})"
            for entry in saved))

    def read(self, step, config, counts, status="SUCCESS"):
        """All rows that are there arrive, and no other."""
        code, _, transcript = self.run(
            step, "read", config, "--catalog", self.catalog,
            "--to", f"file://{urllib.parse.quote(str(self.folder / 'out'))}",
            "--database", f"sqlite://{urllib.parse.quote(str(self.database))}",
            "--sync-id", self.connector.name)
        # The connector itself ends with another code than 0, as if it crashed.
        expect("exit code", code, 0 if status == "SUCCESS" else 3)
        expect("rows printed", {name: len(transcript.rows[name])
                                for name in counts}, counts)
        task = self.query("SELECT * FROM source_task "
                          "ORDER BY started_at DESC LIMIT 1")[0]
        expect("status", task["status"], status)
        streams = json.loads(task["description"])
        partial = {name for name, stream in streams.items()
                   if stream["status"] != "SUCCESS"}
        for entry in json.loads(self.catalog.read_text())["streams"]:
            name = entry["stream"]["name"]
            if entry["sync_mode"] == "full_refresh":
                self.stored[name] = []
            if name in partial:
                counts[name] = self.keep_committed(
                    name, transcript.rows[name])
            else:
                self.stored[name] += transcript.rows[name]
        self.compare_files()
        self.compare_states(transcript, partial)
        self.compare_config(transcript)
        metrics = json.loads(task["metrics"])
        expect("committed rows", metrics["committed_rows"],
               sum(counts.values()))
        expect("lines not delivered", metrics.get("faults", {}), {})
        self.compare_log(transcript, task["task_id"])
        self.tell(step, ", ".join(f"{count:,} {name}"
                                  for name, count in counts.items()))
        if status == "SUCCESS":
            self.compare_warehouses(step, transcript)
        return streams

    def keep_committed(self, name, printed):
        """A stream that is not whole has the first of the rows that were
        printed, up to some state. Returns how many."""
        there = len(self.rows_in_file(name)) - len(self.stored[name])
        if not 0 <= there <= len(printed):
            raise Failed(f"{name}: {there} rows of the {len(printed)} that "
                         "were printed")
        self.stored[name] += printed[:there]
        return there

    def compare_warehouses(self, step, transcript):
        """The same lines make the same rows in tables."""
        for mirror in self.mirrors:
            try:
                begin = time.monotonic()
                mirror.replay(self.connector.name, step, self.catalog)
                self.seconds = time.monotonic() - begin
                rows = mirror.compare(self.catalog, transcript.rows)
            except Differs as difference:
                raise Failed(difference) from None
            self.compared += rows
            self.tell(step, f"in {mirror.warehouse.name}: {rows:,} rows are "
                            "those that were printed")

    def refresh(self):
        """Makes every stream a full refresh: what was saved of earlier syncs
        must not keep rows from coming, since the table is replaced."""
        catalog = json.loads(self.catalog.read_text())
        for entry in catalog["streams"]:
            entry["sync_mode"] = "full_refresh"
            entry["destination_sync_mode"] = "overwrite"
        self.catalog.write_text(json.dumps(catalog))

    def select(self):
        """Columns that were not selected are left out, though the connector
        sends them."""
        catalog = json.loads(self.catalog.read_text())
        kept = {}
        for entry in catalog["streams"]:
            stream = entry["stream"]
            entry["selected_columns"] = list(
                stream["json_schema"]["properties"])[:1]
            kept[stream["name"]] = {
                *entry["selected_columns"], *entry.get("cursor_field", [])[:1],
                *(path[0] for path in
                  stream.get("source_defined_primary_key") or [])}
        selected = self.folder / "selected.catalog.json"
        selected.write_text(json.dumps(catalog))
        to = urllib.parse.quote(str(self.folder / "selected"))
        code, _, transcript = self.run(
            "selected", "read", self.connector.config, "--catalog", selected,
            "--to", f"file://{to}", "--database",
            f"sqlite://{urllib.parse.quote(str(self.database))}",
            "--sync-id", f"{self.connector.name}-selected")
        expect("exit code", code, 0)
        for name, names in kept.items():
            printed = [json.loads(row) for row in transcript.rows[name]]
            if not any(row.keys() - names for row in printed):
                raise Failed(f"{name}: the connector left columns out itself")
            expect(f"rows of {name}",
                   [json.loads(row) for row in
                    self.rows_in_file(name, "selected")],
                   [{key: value for key, value in row.items() if key in names}
                    for row in printed])
        self.tell("selected", ", ".join(
            f"{name}: {' '.join(sorted(names))}"
            for name, names in kept.items()))

    def query(self, sql, *values):
        """Returns rows of the sidecar's database."""
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql, values).fetchall()

    def rows_in_file(self, name, folder="out"):
        """Returns a stream's rows as they lie in its file."""
        file = self.folder / folder / f"{name}.ndjson.zst"
        unpacked = subprocess.run(["zstd", "-dcq", file],
                                  stdout=subprocess.PIPE)
        expect(f"exit code of zstd {file}", unpacked.returncode, 0)
        found = unpacked.stdout.split(b"\n")
        expect(f"end of {name}", found.pop(), b"")
        return found

    def compare_files(self):
        """The files hold the rows, byte for byte and in order."""
        for name, wanted in self.stored.items():
            found = self.rows_in_file(name)
            expect(f"rows in {name}", len(found), len(wanted))
            for number, (row, other) in enumerate(zip(found, wanted), 1):
                expect(f"row {number} of {name}", row, other)

    def compare_states(self, transcript, partial):
        """Each whole stream's last state is saved as the connector printed
        it."""
        rows = self.query("SELECT stream, state FROM source_state")
        saved = {row["stream"]: row["state"] for row in rows}
        wanted = dict(transcript.states)
        for name in partial:
            saved.pop(name, None)
            wanted.pop(name, None)
        expect("saved states", saved, wanted)

    def compare_config(self, transcript):
        """A changed config is kept for whoever starts the connector next."""
        if transcript.config is None:
            return
        kept = self.query("SELECT config FROM source_config_update "
                          "WHERE sync_id = ?", self.connector.name)
        expect("changed configs", [json.loads(row["config"]) for row in kept],
               [transcript.config])

    def compare_log(self, transcript, task):
        """What the connector logs is in the task's log."""
        kept = collections.Counter(row["message"] for row in self.query(
            "SELECT message FROM task_log "
            "WHERE task_id = ? AND logger = 'source'", task))
        expect("missing log lines", transcript.logs - kept,
               collections.Counter())

    def try_all(self):
        """Runs every command."""
        connector = self.connector
        self.spec()
        self.check()
        self.discover()
        self.read("read", connector.config, connector.first)
        self.read("read-on", connector.change(), connector.second)
        self.extra()
        self.refresh()
        self.read("refresh", connector.config, connector.all)
        self.select()
        print(f"{connector.name:<12} printed   " + ", ".join(
            f"{count:,} {kind}" for kind, count in sorted(self.kinds.items())))

    def extra(self):
        """What only some connectors can show."""


class ShopTrial(Trial):
    """A part of the shop can break, and its tokens change."""

    def __init__(self, connector, shop):
        super().__init__(connector)
        self.shop = shop

    def extra(self):
        self.shop.broken = True
        streams = self.read("broken", self.connector.config,
                            {"customers": CUSTOMERS, "orders": 1,
                             "payments": CUSTOMERS - 1}, "PARTIAL")
        expect("statuses", {name: stream["status"]
                            for name, stream in streams.items()},
               {"customers": "SUCCESS", "orders": "SUCCESS",
                "payments": "PARTIAL"})
        if "400" not in streams["payments"]["error"]:
            raise Failed(f"payments: {streams['payments']['error']!r}")
        told = self.query(
            "SELECT DISTINCT task_id FROM task_log "
            "WHERE logger = 'sidecar' AND message LIKE '%changed its config%'")
        expect("reads that tell of a changed config", len(told), 3)
        logs = [file.read_text() for file in self.folder.glob("*.log")]
        logs += [row["message"]
                 for row in self.query("SELECT message FROM task_log")]
        if any(SECRET in log for log in logs):
            raise Failed("a secret is in the log")
        self.shop.broken = False


def try_connectors():
    """Tries each connector. Returns how many rows they brought, and how many
    were compared in warehouses."""
    RUNS.mkdir(parents=True)
    faker = {"count": 1000, "seed": 42, "records_per_slice": 300,
             "always_updated": False}
    cities = RUNS / "cities.csv"
    write_cities(cities)
    file = {"dataset_name": "cities", "format": "csv", "url": str(cities),
            "provider": {"storage": "local"}}
    shop = Shop()

    def grow():
        shop.grown = True
        return declarative

    with shop.open() as url:
        declarative = {
            "url": url, "client_secret": SECRET,
            "refresh_token": f"{SECRET}-0",
            "__injected_declarative_manifest": json.loads(
                (HERE / "shop.manifest.json").read_text())}
        trials = [
            Trial(Connector(
                name="faker", program="source-faker", config=faker,
                bad_config={"count": "many"},
                complaint="'many' is not of type 'integer'",
                first={"products": 100, "users": 1000, "purchases": 1000},
                # Told of a state, it has nothing new.
                second={"products": 0, "users": 0, "purchases": 0},
                all={"products": 100, "users": 1000, "purchases": 1000},
                change=lambda: faker)),
            Trial(Connector(
                name="file", program="source-file", config=file,
                bad_config={**file, "url": "/nowhere/cities.csv"},
                complaint="No such file or directory",
                first={"cities": CITIES}, second={"cities": CITIES},
                all={"cities": CITIES},
                change=lambda: file)),
            # The cursor's own row comes once more: once for orders, and once
            # for the payments of each customer.
            ShopTrial(Connector(
                name="declarative", program="source-declarative-manifest",
                config=declarative,
                bad_config={**declarative, "refresh_token": "stolen"},
                complaint="401 Client Error: Unauthorized",
                first={"customers": CUSTOMERS, "orders": ORDERS,
                       "payments": CUSTOMERS * PAYMENTS},
                second={"customers": CUSTOMERS, "orders": NEW_ORDERS + 1,
                        "payments": CUSTOMERS + NEW_PAYMENTS},
                all={"customers": CUSTOMERS, "orders": ORDERS + NEW_ORDERS,
                     "payments": CUSTOMERS * PAYMENTS + NEW_PAYMENTS},
                change=grow), shop),
        ]
        for trial in trials:
            try:
                trial.try_all()
            except Failed as failure:
                raise Failed(
                    f"{trial.connector.name}: {trial.step}: {failure}\n"
                    f"see {trial.folder}/{trial.step}.*") from None
    return (sum(sum((*trial.connector.first.values(),
                     *trial.connector.second.values(),
                     *trial.connector.all.values())) for trial in trials),
            sum(trial.compared for trial in trials))


def main():
    """Installs what is missing and tries it."""
    shutil.rmtree(RUNS, ignore_errors=True)
    begin = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor() as workers:
            list(workers.map(install, ["faker", "file", "declarative"]))
        rows, compared = try_connectors()
    except Skipped as reason:
        print(f"skipped: PyPI cannot be reached: {reason}")
        return 0
    except Failed as failure:
        print(f"conformance: {failure}", file=sys.stderr)
        return 1
    where = ("Postgres, SQLite and S3" if "S3_ENDPOINT" in os.environ
             else "Postgres and SQLite; S3 was not there")
    print(f"all is well: 3 connectors, {rows:,} rows, {compared:,} compared in "
          f"{where}, {time.monotonic() - begin:.0f} s")
    return 0


def install_one(name):
    """Installs one connector for another test, and prints where its programs
    are. Returns 77 where PyPI cannot be reached."""
    try:
        install(name)
    except Skipped as reason:
        print(f"skipped: PyPI cannot be reached: {reason}")
        return 77
    except Failed as failure:
        print(f"conformance: {failure}", file=sys.stderr)
        return 1
    print(environment(name) / "bin")
    return 0


if __name__ == "__main__":
    sys.exit(install_one(sys.argv[2]) if sys.argv[1:2] == ["--install"]
             else main())
