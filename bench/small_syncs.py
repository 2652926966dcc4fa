#!/usr/bin/python3 -B
"""Measures many small syncs with local processes: reads of ten rows each, asked
for one after another.

Each database and place of rows is measured by itself: first every sync once,
which makes its table, then every sync again, which is what counts. CPU is taken
from the kernel: that of syncctl and of all that it started, and, of a second
run, that of sidecar and connector by themselves (bench/measured_run.cpp in
their place). With Postgres it wants PGHOST and its kin, as
tests/support/with_postgres sets them.

Exit code 0: every read succeeded, whatever the figures are; 1: not.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time
import urllib.parse

from fleet_costs import cpu_of, cpu_of_family, stat_of
from fleet_world import (HOST, SYNCCTL_TOKEN, Client, Database, Failed, Part,
                         free_port, wait_for)
from warehouse import postgres

BIN = pathlib.Path(os.environ.get(
    "MOTORCADE_BIN", pathlib.Path(__file__).parent.parent / "build/bin"))
TICK = os.sysconf("SC_CLK_TCK")
PACKAGE = "airbyte/source-small"
ROWS = 10
# ms for each read into files: half of what it was with sidecars that were
# executed.
MOST_CPU = 17.5

CATALOG = {"streams": [{
    "stream": {"name": "numbers", "json_schema": {"properties": {
        "id": {"type": "integer"}, "name": {"type": "string"},
        "at": {"type": "string", "format": "date-time"}}},
        "supported_sync_modes": ["full_refresh", "incremental"],
        "source_defined_primary_key": [["id"]]},
    "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}]}


def messages():
    """Returns what the connector says: ten rows and a STATE."""
    def status(what):
        return {"type": "TRACE", "trace": {
            "type": "STREAM_STATUS", "emitted_at": 1795216072761,
            "stream_status": {"stream_descriptor": {"name": "numbers"},
                              "status": what}}}
    rows = [{"type": "RECORD", "record": {
        "stream": "numbers", "emitted_at": 1795216072761,
        "data": {"id": number, "name": f"number {number}",
                 "at": "2026-11-29T10:00:00Z"}}} for number in range(ROWS)]
    state = {"type": "STATE", "state": {"type": "STREAM", "stream": {
        "stream_descriptor": {"name": "numbers"},
        "stream_state": {"id": ROWS}}}}
    return "".join(json.dumps(one) + "\n" for one in (
        status("STARTED"), *rows, state, status("COMPLETE")))


def executable(path, text):
    """Writes a script."""
    path.write_text(text)
    path.chmod(0o755)


@dataclasses.dataclass
class Round:
    """What so many reads took: seconds until the last one was accepted, and
    until the last one was stored after that; CPU in ms for each read."""
    accepted: float
    stored: float
    syncctl: float
    others: float
    postgres: float

    def all(self):
        """Returns the CPU of all."""
        return self.syncctl + self.others + self.postgres


class Machine:
    """A syncctl in a folder of its own, with a connector."""

    def __init__(self, folder, given, database, split):
        self.folder, self.given = pathlib.Path(folder), given
        self.database = Database() if database == "postgres" else None
        self.part, self.port = Part("syncctl", self.folder), free_port()
        programs = self.folder / "programs"
        connectors = self.folder / "data/connectors"
        (connectors / PACKAGE).parent.mkdir(parents=True)
        programs.mkdir()
        (self.folder / "messages").write_text(messages())
        source = f"#!/bin/sh\nexec cat '{self.folder / 'messages'}'\n"
        self.measured = {}
        self.sidecar = BIN / "sidecar"
        if split:
            self.sidecar = programs / "sidecar"
            self.measure(self.sidecar, "sidecar")
            os.symlink(BIN / "sidecar", f"{self.sidecar}.measured")
            self.measure(connectors / PACKAGE, "connector")
            executable(pathlib.Path(f"{connectors / PACKAGE}.measured"), source)
        else:
            executable(connectors / PACKAGE, source)

    def measure(self, path, name):
        """Puts what measures a program in its place."""
        shutil.copy(BIN / "measured-run", path)
        self.measured[name] = pathlib.Path(f"{path}.used")

    def start(self):
        """Returns once it takes requests."""
        variables = {
            "HOME": str(self.folder), "PATH": os.environ["PATH"],
            "SYNCCTL_RUNTIME": "process",
            "SYNCCTL_DATA_DIR": str(self.folder / "data"),
            "SYNCCTL_SIDECAR_PROGRAM": str(self.sidecar),
            "SYNCCTL_HTTP_ADDRESS": HOST, "SYNCCTL_HTTP_PORT": str(self.port),
            "SYNCCTL_AUTH_TOKENS": SYNCCTL_TOKEN, "SYNCCTL_LOG_LEVEL": "WARN"}
        if self.database:
            variables["SYNCCTL_DATABASE_URL"] = self.database.url
        self.part.start([BIN / "syncctl"], variables)
        wait_for("syncctl", self.is_ready)

    def is_ready(self):
        """Tells whether it takes requests."""
        if not self.part.is_alive():
            raise Failed(f"syncctl ended:\n{self.part.last_lines()}")
        client = self.client()
        with contextlib.suppress(OSError):
            return client.call("GET", "/ready")[0] == 200
        client.close()
        return False

    def client(self):
        """Returns a new connection."""
        return Client(self.port, SYNCCTL_TOKEN)

    def query(self, sql):
        """Returns rows of the tables of tasks, as texts."""
        if self.database:
            return self.database.run(sql)
        path = self.folder / "data/syncctl.db"
        with contextlib.closing(sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, timeout=30)) as tables:
            return [list(map(str, row)) for row in tables.execute(sql)]

    def cpu(self):
        """Returns the seconds of CPU of syncctl, of what it started and has
        ended, and of Postgres."""
        pid = self.part.process.pid
        fields = stat_of(str(pid))
        children = sum(map(int, fields[13:15])) / TICK
        served = 0
        if self.database or self.given.to == "postgres":
            (server,), = Database.run("SELECT split_part(pg_read_file("
                                      "'postmaster.pid'), E'\\n', 1)")
            served = cpu_of_family(server)
        return cpu_of(pid), children, served

    def run(self, number):
        """Has every sync read once. Returns the Round."""
        reads, client = self.given.reads, self.client()
        destination = {
            "sqlite": {"destinationType": "sqlite", "path": "rows.db"},
            "postgres": postgres() if self.given.to == "postgres" else None,
        }.get(self.given.to)
        body = json.dumps({"config": {}, "catalog": CATALOG, **(
            {"destinationConfig": destination} if destination else {})})
        tasks = [f"task-{number}-{read}" for read in range(reads)]
        before, begin = self.cpu(), time.monotonic()
        for read, task in enumerate(tasks):
            status, _, answer = client.call(
                "POST", "/read?" + urllib.parse.urlencode({
                    "package": PACKAGE, "version": "1", "taskId": task,
                    "syncId": f"sync-{read}", "tableNamePrefix": f"t{read}_",
                    # The first read of a sync has no state to go on from.
                    "continue" if number else "fullSync": "true"}), body)
            if status != 200:
                raise Failed(f"a read was answered {status}: {answer[:500]}")
        accepted = time.monotonic()
        client.close()

        def all_stored():
            # Not by SQL alone: a look costs Postgres little, and is counted.
            states = dict(self.query(
                "SELECT status, count(*) FROM source_task WHERE task_id LIKE "
                f"'task-{number}-%' GROUP BY status"))
            if set(states) - {"RUNNING", "SUCCESS"}:
                raise Failed(f"reads ended: {states}\n{self.part.last_lines()}")
            return int(states.get("SUCCESS", 0)) == reads

        wait_for("the ends of all reads", all_stored, pause=0.02)
        stored = time.monotonic()
        # What is left of the tasks is removed, which costs, too.
        data = self.folder / "data"
        wait_for("the folders of tasks to go", lambda: not any(
            any((data / name).iterdir()) for name in ("tasks", "removed")
            if (data / name).exists()))
        spent = [1000 * (now - then) / reads
                 for then, now in zip(before, self.cpu())]
        return Round(accepted - begin, stored - accepted, *spent)

    def used(self):
        """Returns ms of CPU for each run of a measured program, in user space
        and in the kernel, and its peak memory in MiB; and forgets them."""
        out = {}
        for name, path in self.measured.items():
            lines = [list(map(int, line.split()))
                     for line in path.read_text(encoding="ascii").splitlines()]
            user, kernel, _ = (sum(column) / len(lines) / 1000
                               for column in zip(*lines))
            out[name] = user, kernel, max(line[2] for line in lines) / 1024
            path.unlink()
        return out

    def memory(self):
        """Returns what syncctl has resident now, and the most it had, in MiB."""
        text = pathlib.Path(
            f"/proc/{self.part.process.pid}/status").read_text(encoding="ascii")
        found = dict(line.split(":", 1) for line in text.splitlines()
                     if ":" in line)
        return tuple(int(found[name].split()[0]) / 1024
                     for name in ("VmRSS", "VmHWM"))


def show(what, value, goal="", good=None):
    """Prints a line of the table."""
    verdict = "" if good is None else "well" if good else "missed"
    print(f"{what:<58}{value:>16}  {goal:<10} {verdict}", flush=True)


@contextlib.contextmanager
def machine(given, database, split=False):
    """Yields a Machine that runs, after a round that makes all tables."""
    with tempfile.TemporaryDirectory(prefix="small-syncs-") as folder:
        one = Machine(folder, given, database, split)
        try:
            one.start()
            one.first = one.run(0)
            if split:
                one.used()
            yield one
        finally:
            one.part.stop()


def clear(given, database):
    """Drops what an earlier run has left in Postgres."""
    if database == "postgres" or given.to == "postgres":
        Database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def measure(given, database, to):
    """Measures one database and place of rows."""
    given.to = to
    print(f"\n{given.reads} reads of {ROWS} rows, tasks in {database}, rows in "
          f"{to}")
    clear(given, database)
    with machine(given, database) as one:
        rounds = [one.run(number) for number in range(1, given.rounds + 1)]
        best = min(rounds, key=Round.all)
        show("accepted in", f"{best.accepted:.1f} s")
        show("all stored after that", f"{best.stored:.2f} s")
        show("reads an hour", f"{given.reads * 3600 / (best.accepted + best.stored):,.0f}")
        goal = given.most if (database, to) == ("sqlite", "files") else None
        cost = best.all()
        show("CPU of a read, all", f"{cost:.1f} ms",
             f"<= {goal}" if goal else "", cost <= goal if goal else None)
        show("  the first read of a sync, which makes its table",
             f"{one.first.all():.1f} ms")
        show("  syncctl", f"{best.syncctl:.1f} ms")
        show("  keeper, sidecar, connector", f"{best.others:.1f} ms")
        if best.postgres:
            show("  Postgres", f"{best.postgres:.1f} ms")
        now, most = one.memory()
        show("memory of syncctl now; at most", f"{now:.0f}; {most:.0f} MiB")
    if not given.split:
        return
    clear(given, database)
    with machine(given, database, split=True) as one:
        one.run(1)
        for name, (user, kernel, peak) in one.used().items():
            show(f"  {name} by itself: user, kernel; peak",
                 f"{user:.1f}, {kernel:.1f} ms; {peak:.0f} MiB")


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3,
                        help="rounds after the first; the cheapest one counts")
    parser.add_argument("--only", default="",
                        help="DATABASE,ROWS: sqlite or postgres; files, sqlite "
                             "or postgres")
    parser.add_argument("--no-split", dest="split", action="store_false",
                        help="not what sidecar and connector use by themselves")
    parser.add_argument("--most", type=float, default=MOST_CPU,
                        help="the goal, ms of CPU for each read")
    given = parser.parse_args()
    kinds = [("sqlite", "files"), ("postgres", "files"), ("sqlite", "sqlite"),
             ("postgres", "postgres")]
    if given.only:
        kinds = [tuple(given.only.split(","))]
    try:
        for database, to in kinds:
            measure(given, database, to)
    except Failed as failure:
        print(f"small_syncs: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
