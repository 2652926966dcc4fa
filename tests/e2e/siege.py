#!/usr/bin/python3 -B
"""Besieges syncctl's HTTP API on loopback: clients that are slow, half open,
greedy or hostile, and a database that hangs, all at once. Run it by
tests/support/with_postgres.

All the while /health, /ready, /metrics and the page must answer, and syncctl's
memory must stay below a limit. Exit code 0: it held; 1: it did not.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import resource
import signal
import sys
import threading
import time

from api_place import open_process_place
from checks import Failed, expect, run, wait_for
from siege_clients import PATIENCE, Clients

MIB = 1 << 20
MEMORY_MIB = 200


class Siege(Clients):
    """The clients outside, and one inside that asks whether syncctl is well."""

    def __init__(self, place, clients):
        super().__init__(place, clients)
        # The longest that an answer to the one inside took, in seconds.
        self.slowest = 0

    def ask(self, path):
        """Returns status and seconds of an answer; 0 if none came."""
        begin = time.monotonic()
        connection = http.client.HTTPConnection(*self.place.address(),
                                                timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
            return answer.status, time.monotonic() - begin
        except (OSError, http.client.HTTPException):
            return 0, time.monotonic() - begin
        finally:
            connection.close()

    def watch(self, hanging):
        """Asks how it is all the time. hanging: set while the database hangs."""
        # What was known before may be told for a while.
        uneasy_until = 0
        while not self.over.is_set():
            for path in "/health", "/ready", "/metrics", "/":
                if hanging.is_set():
                    uneasy_until = time.monotonic() + 2 * PATIENCE
                status, took = self.ask(path)
                uneasy = (hanging.is_set()
                          or time.monotonic() < uneasy_until)
                self.slowest = max(self.slowest, took)
                fine = {200, 503} if path in ("/health", "/ready") and uneasy \
                    else {200}
                if status not in fine:
                    self.blame(f"{path} was answered {status or 'nothing'} "
                               f"after {took:.1f} s")
                self.count("answers of " + path)
            if memory_of(self.place.process.pid) > MEMORY_MIB * MIB:
                self.blame("syncctl takes "
                           f"{memory_of(self.place.process.pid) // MIB} MiB")
            time.sleep(0.1)


def memory_of(pid, what="VmRSS"):
    """Returns how much memory a process has, in bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) << 10
    raise Failed("syncctl is gone")


# -- the database --------------------------------------------------------------


def psql(sql):
    """Runs a statement. Returns what it printed."""
    return run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--set",
               "ON_ERROR_STOP=1", "--command", sql, env=dict(os.environ))


def fill_tables():
    """Makes rows of which one page would be larger than all memory."""
    psql("INSERT INTO source_task (sync_id, task_id, package, version, "
         "started_at, updated_at, status, description) SELECT 'huge', "
         "CASE n WHEN 1 THEN 'huge' ELSE 'huge-' || n END, 'a/b', '1', "
         "now() - n * interval '1 day', now(), 'SUCCESS', "
         "jsonb_build_object('a', repeat('x', 16000)) "
         "FROM generate_series(1, 1000) n")
    psql("INSERT INTO task_log (id, sync_id, task_id, level, logger, message, "
         "timestamp) SELECT gen_random_uuid(), 'huge', 'huge', 'INFO', 'x', "
         "repeat(chr(97 + n % 26), 900 * 1024), now() + n * interval '1 ms' "
         "FROM generate_series(1, 150) n")
    psql("INSERT INTO source_state (sync_id, stream, state, timestamp) SELECT "
         "'huge', 's' || n, to_jsonb(repeat('y', 60000)), now() "
         "FROM generate_series(1, 600) n")


def backends():
    """Returns the processes that serve syncctl."""
    return [int(word) for word in psql(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'siege'"
    ).split()]


@contextlib.contextmanager
def hanging_database():
    """Stops those that serve syncctl, and lets them go on in the end."""
    stopped = []
    try:
        for pid in backends():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield stopped
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


# -- the siege -----------------------------------------------------------------


def ask_patiently(path, ask):
    """Returns the answer that ask() gives once it is not 503, which must say
    when to ask again: those who besieged it may still be served."""

    def probe():
        answer = ask()
        if answer.status != 503:
            return answer
        again = answer.headers["Retry-After"]
        if not (again or "").isdigit():
            raise Failed(f"{path}: 503 with Retry-After {again!r}")
        time.sleep(int(again))
        return None

    return wait_for(f"{path} to be answered", probe)


def read_all_pages(place, path, list_of, **query):
    """Returns all rows; no page may be larger than it may."""
    rows = []
    cursor = {"logs": "after", "states": "after", "tasks": "before"}[list_of]
    while True:
        answer = ask_patiently(path, lambda: place.client.call(
            "GET", path, {"limit": 1000, **query}))
        expect(f"{path}: {answer.text:.200}", answer.status, 200)
        if len(answer.text) > MIB + 1000:
            raise Failed(f"a page of {path} has {len(answer.text)} bytes")
        page = answer.json
        rows += page[list_of]
        if not page.get("next") or not page[list_of]:
            return rows
        query[cursor] = page["next"]


def pages_are_bounded(place):
    """All rows are told, a page at a time."""
    for path, list_of, query, count in (
            ("/tasks/huge/logs", "logs", {}, 150),
            ("/states", "states", {"syncId": "huge"}, 600),
            ("/tasks", "tasks", {"syncId": "huge"}, 1000)):
        expect(f"rows of {path}",
               len(read_all_pages(place, path, list_of, **query)), count)
    follower = ask_patiently("/tasks/huge/logs",
                             lambda: place.client.follow("/tasks/huge/logs"))
    with contextlib.closing(follower):
        expect("status", follower.status, 200)
        expect("lines that were followed", sum(1 for _ in follower.lines()),
               150)


def besiege(place, seconds, clients):
    """Returns the siege when it is over."""
    siege = Siege(place, clients)
    hanging = threading.Event()
    watcher = threading.Thread(target=siege.watch, args=(hanging,))
    outside = threading.Thread(target=lambda: asyncio.run(siege.attack()))
    for thread in watcher, outside:
        thread.start()
    try:
        time.sleep(seconds / 3)
        with hanging_database() as stopped:
            hanging.set()
            if not stopped:
                siege.blame("no backend of syncctl's was found")
            time.sleep(seconds / 3)
        hanging.clear()
        time.sleep(seconds / 3)
    finally:
        siege.over.set()
        for thread in outside, watcher:
            thread.join(timeout=120)
    return siege


def try_siege(seconds, clients):
    """Returns what went wrong."""
    database = ("postgres://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/"
                "{PGDATABASE}?application_name=siege").format(**os.environ)
    # Without tokens every door is open that can be.
    with open_process_place(database, {"SYNCCTL_AUTH_TOKENS": "",
                                       "SYNCCTL_LOG_LEVEL": "WARN"}) as place:
        fill_tables()
        pages_are_bounded(place)
        calm = memory_of(place.process.pid, "VmHWM")
        siege = besiege(place, seconds, clients)
        wait_for("syncctl to be well again",
                 lambda: siege.ask("/ready")[0] == 200)
        pages_are_bounded(place)
        most = memory_of(place.process.pid, "VmHWM")
        print(json.dumps({
            "seconds": seconds, "clients": clients, **siege.counts,
            "slowest answer of those inside, s": round(siege.slowest, 2),
            "most memory before, MiB": calm // MIB,
            "most memory, MiB": most // MIB}, indent=2))
        if most > MEMORY_MIB * MIB:
            siege.blame(f"syncctl took {most // MIB} MiB, more than "
                        f"{MEMORY_MIB}")
        if siege.faults:
            print("\n".join(place.log().splitlines()[-40:]))
        return siege.faults


def main():
    """Tries it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clients", type=int, default=600)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    # Everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        faults = try_siege(given.seconds, given.clients)
    except Failed as failure:
        faults = [str(failure)]
    for fault in faults:
        print(f"siege: {fault}", file=sys.stderr)
    if not faults:
        print("it held")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
