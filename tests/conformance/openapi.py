#!/usr/bin/python3
"""Holds a running syncctl against its own /openapi.json with schemathesis.

Schemathesis is installed from PyPI into a virtual environment of its own, at
the versions that openapi.txt pins. It makes requests out of the description,
valid and invalid ones, always the same, and looks whether each answer is as the
description says. openapi.toml names what a description cannot say. The syncctl
runs tasks as processes and keeps a sync with rows, so that there is something
to be found. With PGHOST and its kin, as tests/support/with_postgres sets them,
it keeps all in Postgres, otherwise in SQLite.

Exit code 0: all is well, or PyPI cannot be reached, which is said; 1: not.
"""

import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from conformance import (
    Failed, HERE, ROOT, Skipped, environment, free_port, install)

BIN = ROOT / "build/bin"
RECORDINGS = ROOT / "tests/recordings"
PACKAGE = "airbyte/source-demo"
# Seconds: of a start, of a run of the sync, of all requests.
START_TIMEOUT = 60
RUN_TIMEOUT = 60
TRIAL_TIMEOUT = 1500


class Served:
    """A syncctl in a folder of its own, until the end of the context."""

    def __init__(self, folder):
        self.data = pathlib.Path(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = secrets.token_hex(20)
        self.log = self.data / "syncctl.log"
        connector = self.data / "connectors" / PACKAGE
        connector.parent.mkdir(parents=True)
        shutil.copy2(BIN / "demo-connector", connector)
        variables = {
            "PATH": "/usr/bin:/bin", "HOME": folder,
            "SYNCCTL_RUNTIME": "process", "SYNCCTL_DATA_DIR": folder,
            "SYNCCTL_HTTP_ADDRESS": "127.0.0.1",
            "SYNCCTL_HTTP_PORT": str(self.port),
            "SYNCCTL_AUTH_TOKENS": self.token}
        if "PGHOST" in os.environ:
            variables["SYNCCTL_DATABASE_URL"] = (
                "postgres://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/"
                "{PGDATABASE}".format(**os.environ))
        with open(self.log, "wb") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                [BIN / "syncctl"], env=variables, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end_of_log(self):
        """Returns the last lines that it has logged."""
        return "\n".join(self.log.read_text(errors="replace")
                         .splitlines()[-40:])

    def ask(self, method, path, body=None, timeout=RUN_TIMEOUT + 30):
        """Returns the JSON of an answer; raises Failed unless it is a 2xx."""
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}",
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} "
                         f"{error.read()[:500]!r}") from error

    def await_start(self):
        """Returns once it takes requests."""
        until = time.monotonic() + START_TIMEOUT
        while True:
            try:
                self.ask("GET", "/ready", timeout=5)
                return
            except (OSError, Failed) as error:
                if self.process.poll() is not None:
                    raise Failed("syncctl does not start:\n"
                                 + self.end_of_log()) from error
                if time.monotonic() > until:
                    raise Failed(f"syncctl is not ready: {error}") from error
            time.sleep(0.1)

    def fill(self):
        """Makes what the dictionaries of openapi.toml name."""
        self.ask("GET", f"/spec?package={PACKAGE}&version=1&wait=60")
        self.ask("PUT", "/syncs/demo", {
            "source": {"package": PACKAGE, "version": "1", "config": {
                "recording": str(RECORDINGS / "faker.jsonl.zst"),
                "catalog": str(RECORDINGS / "faker.catalog.json")}},
            "destination": {"destinationType": "sqlite", "path": "rows.db"},
            "options": {"tableNamePrefix": "demo_"}})
        run = self.ask("POST", f"/syncs/demo/run?wait={RUN_TIMEOUT}")
        if run.get("status") != "SUCCESS" or not run.get("rows"):
            raise Failed(f"the sync of the demo brought no rows: {run}")

    def stop(self):
        """Ends it as an operator would; raises Failed if it ends badly."""
        if self.process.poll() is None:
            self.process.terminate()
        if code := self.process.wait(timeout=60):
            raise Failed(f"syncctl ended with {code}:\n{self.end_of_log()}")


def try_requests(served):
    """Raises Failed if an answer is not as the description says."""
    report = ROOT / "build/openapi-report.txt"
    with open(report, "w", encoding="utf-8") as out:
        # The token is nothing for the list of processes.
        code = subprocess.run(
            [environment("openapi") / "bin/schemathesis", "--config-file",
             HERE / "openapi.toml", "run", f"{served.url}/openapi.json",
             *sys.argv[1:]],
            env={**os.environ, "OPENAPI_TOKEN": served.token},
            cwd=served.data, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, timeout=TRIAL_TIMEOUT,
            check=False).returncode
    text = report.read_text(errors="replace")
    if code:
        shown = "\n".join(line[:500] for line in text.splitlines())
        raise Failed(f"schemathesis found something, all of it in {report}:\n"
                     + shown[-12000:])
    print("\n".join(line for line in text.splitlines()
                    if "Selected" in line or "generated" in line))


def main():
    """Tries the description."""
    try:
        install("openapi")
        with tempfile.TemporaryDirectory(prefix="motorcade-") as folder, \
                Served(folder) as served:
            served.await_start()
            served.fill()
            try_requests(served)
            served.stop()
    except Skipped as reason:
        print(f"openapi: skipped, PyPI cannot be reached: {reason}")
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        print(f"openapi: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
