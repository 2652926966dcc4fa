#!/usr/bin/python3 -B
"""Measures rows into warehouses beside what their own tools do, in one run.

Wants PGHOST and its kin, as tests/support/with_postgres sets them, and psql and
sqlite3. Each pair is measured one behind the other, the best of --repeat counts.
With --peers other programs bring the same rows once.

Exit code 0: every row arrived, whatever the figures are; 1: not.
"""

import argparse
import contextlib
import csv
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from warehouse_peers import measure_peers
from warehouse_rows import COLUMNS, TABLE, orders, record, state, status

BIN = pathlib.Path(os.environ.get(
    "MOTORCADE_BIN", pathlib.Path(__file__).parent.parent / "build/bin"))
MILLION = 1e6

class Failed(Exception):
    """Rows did not arrive."""


@dataclasses.dataclass
class Use:
    """What a run took."""
    seconds: float
    cpu: float
    peak: float  # MiB


def measured(command, env=None, stdin=None, beside=None):
    """Runs a program. Returns its Use; raises Failed if it fails.

    beside: called while it runs, before it is waited for."""
    with tempfile.TemporaryFile() as said:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=env, stdin=stdin, stdout=said,
                                   stderr=said)
        if beside:
            beside()
        _, ended, used = os.wait4(process.pid, 0)
        took = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != 0:
            said.seek(0)
            raise Failed(f"{command[0]} ended with {process.returncode}: "
                         f"{said.read(4000).decode(errors='replace')}")
    return Use(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def psql(*statements):
    """Runs SQL. Returns its output."""
    words = [word for one in statements for word in ("--command", one)]
    done = subprocess.run(["psql", "--no-psqlrc", "-qAt", "--set",
                           "ON_ERROR_STOP=1", *words], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"psql: {done.stderr}")
    return done.stdout.strip()


class Bench:
    """The inputs in a folder, and what is measured with them."""

    def __init__(self, folder, rows):
        self.folder, self.count = pathlib.Path(folder), rows
        self.tasks = 0
        self.records, self.csv = self.folder / "records", self.folder / "csv"
        self.rows = self.folder / "rows"
        with open(self.records, "w", encoding="utf-8") as records, \
                open(self.rows, "w", encoding="utf-8") as plain, \
                open(self.csv, "w", encoding="utf-8", newline="") as table:
            cells = csv.writer(table)
            records.write(status("STARTED"))
            for row in orders(rows):
                line = json.dumps(row, separators=(",", ":"))
                plain.write(line + "\n")
                records.write(record(line))
                cells.writerow([json.dumps(cell) if isinstance(
                    cell, (dict, list)) else cell for cell in row.values()])
            records.write(state(rows) + status("COMPLETE"))

    def catalog(self, mode):
        """Returns a configured catalog."""
        return {"streams": [{
            "stream": {"name": "orders", "json_schema": {"properties": {
                name: schema for name, (_, schema) in COLUMNS.items()}},
                       "source_defined_primary_key": [["id"]]},
            "sync_mode": mode, "destination_sync_mode": "append"}]}

    @contextlib.contextmanager
    def prepared(self, to, mode, **more):
        """Yields the environment of a sidecar, whose pipes are there."""
        self.tasks += 1
        folder = self.folder / f"task-{self.tasks}"
        folder.mkdir()
        for pipe in "out", "err":
            os.mkfifo(folder / pipe)
        (folder / "catalog.json").write_text(json.dumps(self.catalog(mode)))
        # An incremental stream without a state replaces its table.
        given = [json.loads(state(0))["state"]]
        (folder / "state.json").write_text(
            json.dumps(given if mode == "incremental" else []))
        if isinstance(to, dict):
            (folder / "destinationConfig.json").write_text(json.dumps(to))
        else:
            more["BULKER_URL"] = to
        yield {"PATH": os.environ["PATH"], "COMMAND": "read",
               "STDOUT_PIPE_FILE": str(folder / "out"),
               "STDERR_PIPE_FILE": str(folder / "err"),
               "CONFIG_DIR": str(folder), "PACKAGE": "bench",
               "PACKAGE_VERSION": "1", "SYNC_ID": f"bench-{self.tasks}",
               "TASK_ID": f"task-{self.tasks}", "LOG_LEVEL": "warn",
               "DATABASE_URL": f"sqlite://{folder}/tasks.db", **more}

    def ours(self, to, mode, program=BIN / "sidecar", **more):
        """Returns the Use of a sidecar that brings all rows."""
        with self.prepared(to, mode, **more) as env:
            source = subprocess.Popen(
                ["sh", "-c", 'exec 2> "$1"; exec cat "$2" > "$3"', "-",
                 env["STDERR_PIPE_FILE"], self.records,
                 env["STDOUT_PIPE_FILE"]])
            try:
                return measured([program], env)
            finally:
                source.kill()
                source.wait()

    def wants_all(self, found, where):
        """Raises Failed unless each row is there once."""
        if found != f"{self.count}|{self.count}":
            raise Failed(f"{where}: {found} rows, not {self.count}")

    def wants_table(self, table):
        """The same, of a table of Postgres."""
        self.wants_all(psql(f"SELECT count(*), count(DISTINCT id) FROM {table}"),
                       table)
        psql(f"DROP TABLE {table}")

    # -- what is measured ------------------------------------------------------

    def copy_plain(self):
        """psql's \\copy into a table without a key."""
        psql(f"CREATE TABLE copied ({TABLE})")
        use = measured(["psql", "-qc", f"\\copy copied FROM '{self.csv}' CSV"])
        self.wants_table("copied")
        return use

    def ours_plain(self):
        """A full refresh."""
        use = self.ours(postgres(), "full_refresh", TABLE_NAME_PREFIX="full_",
                        DEDUPLICATE="false")
        self.wants_table("full_orders")
        return use

    def copy_merged(self):
        """psql's \\copy, and one merge by the key."""
        psql(f"CREATE TABLE merged ({TABLE}, PRIMARY KEY (id))")
        update = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS
                           if name != "id")
        use = measured([
            "psql", "-q", "-c", f"CREATE TEMP TABLE fresh ({TABLE})",
            "-c", f"\\copy fresh FROM '{self.csv}' CSV",
            "-c", "INSERT INTO merged SELECT * FROM fresh ON CONFLICT (id) DO "
                  f"UPDATE SET {update}"])
        self.wants_table("merged")
        return use

    def ours_merged(self):
        """An incremental stream with a key."""
        psql(f"CREATE TABLE inc_orders ({TABLE}, CONSTRAINT jitsu_pk_bench "
             "PRIMARY KEY (id))")
        use = self.ours(postgres(), "incremental", TABLE_NAME_PREFIX="inc_")
        self.wants_table("inc_orders")
        return use

    def import_sqlite(self):
        """.import of the sqlite3 program."""
        path = self.folder / "imported.db"
        use = measured(["sqlite3", path, "PRAGMA journal_mode = WAL",
                        f"CREATE TABLE orders ({TABLE})", ".mode csv",
                        f".import '{self.csv}' orders"])
        self.wants_file(path)
        return use

    def ours_sqlite(self):
        """A full refresh into a file of SQLite."""
        path = self.folder / "ours.db"
        use = self.ours(f"sqlite://{path}", "full_refresh", DEDUPLICATE="false")
        self.wants_file(path)
        return use

    def wants_file(self, path):
        """As wants_table, of a file."""
        found = subprocess.run(
            ["sqlite3", path, "SELECT count(*), count(DISTINCT id) FROM orders"],
            capture_output=True, text=True, check=True).stdout.strip()
        self.wants_all(found, path)
        for part in self.folder.glob(path.name + "*"):
            part.unlink()

    def encoding(self):
        """Returns bytes of JSON that a core encodes in a second."""
        catalog = self.folder / "catalog"
        catalog.write_text(json.dumps(self.catalog("full_refresh")))
        done = json.loads(subprocess.run(
            [BIN / "encode-rows", catalog, self.rows], capture_output=True,
            text=True, check=True).stdout)
        self.wants_all(f"{done['rows']}|{done['rows']}", "encode-rows")
        return done["bytes"] / done["cpu_seconds"]

    def visible(self, seconds, rate=1000):
        """Returns how long rows took, at `rate` a second with a STATE each
        second: the p99 from the STATE that ended their request until they were
        seen, and the p99 from when they were written."""
        written, states, seen = {}, [], []
        psql(f"CREATE TABLE live_orders ({TABLE}, CONSTRAINT jitsu_pk_bench "
             "PRIMARY KEY (id))")
        over = threading.Event()
        rows = [json.dumps(row) for row in orders(seconds * rate)]
        watcher = threading.Thread(target=watch, args=(over, seen))

        def play():
            with open(env["STDERR_PIPE_FILE"], "wb"), \
                    open(env["STDOUT_PIPE_FILE"], "w", encoding="utf-8",
                         buffering=1) as out:
                out.write(status("STARTED"))
                begin = time.monotonic()
                for number, row in enumerate(rows):
                    due = begin + number / rate - time.monotonic()
                    if due > 0:
                        time.sleep(due)
                    written[number] = time.monotonic()
                    out.write(record(row))
                    if number % rate == rate - 1:
                        out.write(state(number))
                        states.append((number, time.monotonic()))
                out.write(status("COMPLETE"))

        watcher.start()
        try:
            with self.prepared(postgres(), "incremental",
                               TABLE_NAME_PREFIX="live_") as env:
                measured([BIN / "sidecar"], env, beside=play)
            wait_for_last(seen, len(rows) - 1)
        finally:
            over.set()
            watcher.join()
        psql("DROP TABLE live_orders")
        return tuple(map(p99, zip(*delays(written, states, seen))))


def postgres():
    """Returns the destinationConfig of the Postgres around us."""
    host = os.environ["PGHOST"]
    return {"destinationType": "postgres", "sslMode": "disable",
            "host": "127.0.0.1" if host.startswith("/") else host,
            "port": int(os.environ["PGPORT"]),
            "database": os.environ["PGDATABASE"],
            "username": os.environ["PGUSER"],
            "password": os.environ["PGPASSWORD"]}


def watch(over, seen):
    """Notes pairs of the largest visible id and the time, as it grows."""
    with subprocess.Popen(["psql", "-qAt"], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, bufsize=1) as process:
        last = -1
        while not over.is_set():
            process.stdin.write(
                "SELECT coalesce(max(id), -1) FROM live_orders;\n")
            found = int(process.stdout.readline())
            if found > last:
                seen.append((found, time.monotonic()))
                last = found
            over.wait(0.01)
        process.stdin.close()


def wait_for_last(seen, number, patience=30):
    """Returns once that row is visible; raises Failed if it does not come."""
    until = time.monotonic() + patience
    while not seen or seen[-1][0] < number:
        if time.monotonic() > until:
            raise Failed(f"rows up to {number} were written, and of them are "
                         f"visible {seen[-1:]}")
        time.sleep(0.05)


def delays(written, states, seen):
    """Returns a pair for each row: seconds from the last STATE of its request,
    and from its own writing, until it was seen."""
    out, begin = [], 0
    for last, at in seen:
        ends = [time for number, time in states if number <= last]
        for number in range(begin, last + 1):
            out.append((at - (ends[-1] if ends else written[last]),
                        at - written[number]))
        begin = last + 1
    return out


def p99(values):
    """Returns the 99th of a hundred."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def best(function, repeat):
    """Returns the quickest Use of some runs."""
    return min((function() for _ in range(repeat)), key=lambda use: use.seconds)


def show(what, value, goal=None, good=None):
    """Prints a line of the table of goals."""
    verdict = "" if good is None else "well" if good else "missed"
    print(f"{what:<58} {value:>16}  {goal or '':<10} {verdict}", flush=True)


def show_use(who, rows, use):
    """Prints what one program took."""
    show(f"  {who.rstrip('.')}", f"{rows / use.seconds / 1e3:,.1f}k rows/s",
         f"{use.cpu * MILLION / rows:.2f} core-s/M, {use.peak:.0f} MiB")


def compare(bench, name, theirs, mine, goal, repeat):
    """Measures a pair and shows it. Returns our Use."""
    rows = bench.count
    floor, use = best(theirs, repeat), best(mine, repeat)
    show_use(theirs.__doc__, rows, floor)
    show_use(mine.__doc__, rows, use)
    ratio = floor.seconds / use.seconds
    show(name, f"{ratio:.2f}", f">= {goal}", ratio >= goal)
    return use


def measure(bench, given):
    """Measures everything."""
    count = bench.count
    show(f"{count:,} rows of {bench.rows.stat().st_size / count:.0f} bytes",
         "measured", "goal")
    full = compare(bench, "Postgres, no key: ours / \\copy", bench.copy_plain,
                   bench.ours_plain, 0.9, given.repeat)
    merged = compare(bench, "Postgres, key: ours / \\copy and a merge",
                     bench.copy_merged, bench.ours_merged, 0.9, given.repeat)
    lite = compare(bench, "SQLite: ours / .import", bench.import_sqlite,
                   bench.ours_sqlite, 1.0, given.repeat)
    if given.peers:
        for who, use in measure_peers(bench, measured, postgres()):
            show_use(who, count, use)
    for name, use in (("no key", full), ("key", merged)):
        cost = use.cpu * MILLION / count
        show(f"Postgres, {name}: CPU of a million rows", f"{cost:.2f} core-s",
             "<= 2", cost <= 2)
    peak = max(full.peak, merged.peak, lite.peak)
    show("peak memory", f"{peak:.0f} MiB", "<= 64", peak <= 64)
    speed = bench.encoding() / 1e6
    show("COPY text, a core", f"{speed:.0f} MB/s", ">= 400", speed >= 400)
    if given.live:
        commit, whole = bench.visible(given.live)
        show("1,000 rows/s: a request's last STATE to visible, p99",
             f"{commit:.2f} s", "<= 2", commit <= 2)
        show("  written to visible, p99", f"{whole:.2f} s")


def main():
    """Measures what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int,
                        default=int(os.environ.get("ROWS", "1000000")))
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--live", type=int, default=65,
                        help="seconds of 1,000 rows each; 0: not measured")
    parser.add_argument("--peers", action="store_true",
                        help="also dlt, Sling and Meltano's target, from PyPI")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="motorcade-bench-") as folder:
        try:
            measure(Bench(folder, given.rows), given)
        except Failed as failure:
            print(f"warehouse: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
