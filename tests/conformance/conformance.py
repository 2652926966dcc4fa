#!/usr/bin/env python3
"""Runs real Airbyte source connectors beside the sidecar.

Each connector lives in a virtual environment of its own, with the version that
its requirements file names. Through named pipes, `sidecar run` asks it for
spec, check (with a good and with a bad config) and discover, and reads all
streams twice; what arrives is compared with what is known beforehand and with
what the connector prints without a sidecar.

Usage: conformance.py SIDECAR CACHE-FOLDER

Exits with 0 where all is well or nothing could be tried for want of the package
index, which is said, and with 1 otherwise.
"""

import csv
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).parent
INSTALL_SECONDS = 900
COMMAND_SECONDS = 180
TOKEN = "good-token"
PEOPLE = [
    {"id": i, "updated_at": f"2024-01-{1 + i % 28:02d}T00:00:00Z"}
    for i in range(250)
]
PRICES = [
    ["id", "name", "price", "born"],
    ["1", "plain", "1.5", "2020-01-01"],
    ["2", 'with "quotes", commas\nand a line break', "2", "2021-01-01"],
    ["3", "Grüße, 東京 🎈", "", ""],
]


class NoIndex(Exception):
    """The package index cannot be reached."""


class PeopleApi(http.server.BaseHTTPRequestHandler):
    """An API with a token, pages and a filter by date."""

    def do_GET(self):
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"error": "unknown token"})
            return
        query = dict(
            urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
        since = query.get("since", "")
        rows = [row for row in PEOPLE if row["updated_at"] >= since]
        start = int(query.get("offset", 0))
        self.answer(200, {"data": rows[start:start + int(query["limit"])]})

    def answer(self, status, document):
        """Sends a JSON document."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Requests are nothing to show."""


def manifest(url):
    """A declarative source that reads PeopleApi."""
    option = {"type": "RequestOption", "inject_into": "request_parameter"}
    requester = {
        "type": "HttpRequester",
        "url_base": url,
        "path": "/people",
        "http_method": "GET",
        "authenticator": {
            "type": "BearerAuthenticator",
            "api_token": "{{ config['token'] }}",
        },
    }
    paginator = {
        "type": "DefaultPaginator",
        "page_size_option": {**option, "field_name": "limit"},
        "page_token_option": {**option, "field_name": "offset"},
        "pagination_strategy": {"type": "OffsetIncrement", "page_size": 100},
    }
    properties = {"id": {"type": "integer"}, "updated_at": {"type": "string"}}
    stream = {
        "type": "DeclarativeStream",
        "name": "people",
        "primary_key": ["id"],
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {"type": "object", "properties": properties},
        },
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester,
            "paginator": paginator,
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
        },
        "incremental_sync": {
            "type": "DatetimeBasedCursor",
            "cursor_field": "updated_at",
            "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
            "start_datetime": "2024-01-01T00:00:00Z",
            "start_time_option": {**option, "field_name": "since"},
        },
    }
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["people"]},
        "spec": {
            "type": "Spec",
            "connection_specification": {
                "type": "object",
                "required": ["token"],
                "properties": {
                    "token": {"type": "string", "airbyte_secret": True},
                },
            },
        },
        "streams": [stream],
    }


class Desk:
    """A connector with its files, and the sidecar to run it."""

    def __init__(self, name, program, sidecar, cache, folder):
        self.name = name
        self.program = cache / name / "bin" / program
        self.sidecar = sidecar
        self.folder = folder
        self.failures = []

    def expect(self, holds, what):
        """Notes a failure where something does not hold."""
        if not holds:
            self.failures.append(what)
            print(f"  FAILED: {what}")

    def write(self, name, document):
        """Makes a JSON file."""
        path = self.folder / name
        path.write_text(json.dumps(document))
        return path

    def run(self, *options):
        """Runs `sidecar run` with the connector."""
        return subprocess.run(
            [self.sidecar, "run", *map(str, options), "--", self.program],
            capture_output=True, text=True, timeout=COMMAND_SECONDS,
            check=False)

    def answer(self, command, *options):
        """Asks for spec, check or discover; returns exit code and document."""
        ended = self.run("--command", command, *options)
        try:
            document = json.loads(ended.stdout)
        except ValueError:
            document = {}
            self.expect(False, f"{command} printed no JSON: {ended.stderr[-2000:]}")
        return ended.returncode, document

    def read(self, config, catalog):
        """Reads all streams; returns how many rows of each were committed."""
        ended = self.run(
            "--config", config, "--catalog", catalog, "--sync-id", self.name,
            "--to", f"file://{self.folder}/out",
            "--database", f"sqlite://{self.folder}/tasks.db")
        self.expect(ended.returncode == 0,
                    f"the read failed: {ended.stdout}{ended.stderr[-2000:]}")
        rows = {}
        for line in ended.stdout.splitlines()[1:]:
            words = line.split()
            if len(words) > 2 and words[1] in ("SUCCESS", "PARTIAL", "FAILED"):
                rows[words[0]] = int(words[2].replace(",", ""))
        return rows

    def table(self, stream):
        """Returns the rows of a table as they lie in its file."""
        packed = self.folder / "out" / f"{stream}.ndjson.zst"
        text = subprocess.run(["zstd", "-dcq", packed], capture_output=True,
                              check=True).stdout
        return [json.loads(line) for line in text.splitlines()]

    def printed(self, config, catalog):
        """Returns how many rows of each stream the connector prints alone."""
        out = subprocess.run(
            [self.program, "read", "--config", config, "--catalog", catalog],
            capture_output=True, timeout=COMMAND_SECONDS, check=True).stdout
        rows = {}
        for line in out.splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                stream = message["record"]["stream"]
                rows[stream] = rows.get(stream, 0) + 1
        return rows


def try_connector(desk, good, bad, expected, second):
    """Asks everything of a connector.

    expected: rows of each stream; second: those of a read that goes on.
    """
    config, wrong = desk.write("good.json", good), desk.write("bad.json", bad)
    code, spec = desk.answer("spec")
    desk.expect(code == 0 and isinstance(
        spec.get("connectionSpecification"), dict), "no spec")
    code, status = desk.answer("check", "--config", config)
    desk.expect((code, status.get("status")) == (0, "SUCCEEDED"),
                f"a good config: {code} {status}")
    code, status = desk.answer("check", "--config", wrong)
    desk.expect((code, status.get("status")) == (1, "FAILED")
                and status.get("message"), f"a bad config: {code} {status}")
    catalog = desk.folder / "catalog.json"
    code, found = desk.answer("discover", "--config", config, "--save-catalog",
                              catalog)
    names = {stream["name"] for stream in found.get("streams", [])}
    desk.expect(code == 0 and names == set(expected), f"streams: {names}")
    if desk.failures:
        return
    alone = desk.printed(config, catalog)
    desk.expect(alone == expected, f"printed alone: {alone}")
    rows = desk.read(config, catalog)
    desk.expect(rows == expected, f"first read: {rows}")
    for stream, count in expected.items():
        lines = len(desk.table(stream))
        desk.expect(lines == count, f"{stream}: {lines} rows in its file")
    rows = desk.read(config, catalog)
    desk.expect(rows == second, f"second read: {rows}")


def try_faker(desk):
    """Streams of generated rows, one state after every 100."""
    rows = {"users": 1000, "purchases": 1000, "products": 100}
    try_connector(desk, {"count": 1000, "seed": 42, "parallelism": 1},
                  {"count": "many"}, rows, rows)


def try_file(desk):
    """A CSV file, always read whole."""
    path = desk.folder / "prices.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(PRICES)
    config = {
        "dataset_name": "prices",
        "format": "csv",
        "url": str(path),
        "provider": {"storage": "local"},
    }
    rows = {"prices": len(PRICES) - 1}
    try_connector(desk, config, {**config, "url": str(path) + ".gone"}, rows,
                  rows)
    names = [row["name"] for row in desk.table("prices")]
    desk.expect(names == [row[1] for row in PRICES[1:]], f"names: {names}")


def try_declarative(desk):
    """The low-code CDK against an API on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PeopleApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        config = {"token": TOKEN,
                  "__injected_declarative_manifest": manifest(url)}
        # The last day is read again: the cursor is inclusive.
        last = max(row["updated_at"] for row in PEOPLE)
        again = sum(row["updated_at"] == last for row in PEOPLE)
        try_connector(desk, config, {**config, "token": "wrong"},
                      {"people": len(PEOPLE)}, {"people": again})
    finally:
        server.shutdown()


CONNECTORS = {
    "faker": ("source-faker", try_faker),
    "file": ("source-file", try_file),
    "declarative": ("source-declarative-manifest", try_declarative),
}


def install(name, cache):
    """Makes a connector's virtual environment, once for each version."""
    wanted = HERE / f"requirements-{name}.txt"
    home = cache / name
    mark = home / "installed.txt"
    if mark.exists() and mark.read_text() == wanted.read_text():
        return
    print(f"  installing {wanted.read_text().strip()}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    got = subprocess.run(
        [home / "bin" / "pip", "install", "--quiet",
         "--disable-pip-version-check", "--retries", "1", "-r", wanted],
        capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if got.returncode == 0:
        mark.write_text(wanted.read_text())
        return
    # A version that is gone is another thing than an index that is.
    unreachable = ("NewConnectionError", "ConnectTimeoutError",
                   "ReadTimeoutError", "ProxyError", "SSLError")
    if any(word in got.stderr for word in unreachable):
        raise NoIndex(got.stderr.strip().splitlines()[0])
    raise RuntimeError(got.stderr[-2000:])


def main():
    """Tries every connector."""
    sidecar, cache = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    cache.mkdir(parents=True, exist_ok=True)
    failed = skipped = 0
    for name, (program, attempt) in CONNECTORS.items():
        print(f"{program}", flush=True)
        begun = time.monotonic()
        try:
            install(name, cache)
        except (NoIndex, subprocess.TimeoutExpired) as why:
            print(f"  SKIPPED: the package index cannot be reached: {why}")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(name, program, sidecar, cache, pathlib.Path(folder))
            attempt(desk)
        failed += bool(desk.failures)
        if not desk.failures:
            print(f"  spec, check, discover and two reads: all is well "
                  f"({time.monotonic() - begun:.0f} s)")
    if skipped:
        print(f"{skipped} of {len(CONNECTORS)} connectors SKIPPED")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
