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
import random
import resource
import signal
import socket
import sys
import threading
import time

from api_place import open_process_place
from checks import Failed, expect, run, wait_for

MIB = 1 << 20
MEMORY_MIB = 200
# Seconds that an answer may take which must come. Others may be at work on this
# machine.
PATIENCE = 10
HOST = b"Host: localhost\r\n"

# Each must be refused, and its connection closed.
SMUGGLED = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    b"GET / HTTP/1.1\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rContent-Length: 5\r\n\r\n",
] + [b"POST /cancel HTTP/1.1\r\n" + HOST + lines for lines in (
    b"Content-Length:\r\n\r\n",
    b"Content-Length: 5, 5\r\n\r\nhello",
    b"Content-Length: +5\r\n\r\nhello",
    b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding:\r\n\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n",
)]
# Each must be answered 403.
FOREIGN = [
    b"Origin: https://evil.example\r\n", b"Origin: null\r\n",
    b"Origin: http://localhost:1\r\n", b"Sec-Fetch-Site: cross-site\r\n",
    b"Content-Type: text/plain\r\n"]


class Siege:
    """Those outside, and what they have found."""

    def __init__(self, place, clients):
        self.place, self.clients = place, clients
        self.faults = []
        self.counts = {}
        self.over = threading.Event()

    def blame(self, what):
        """Notes a fault."""
        if len(self.faults) < 20:
            self.faults.append(what)

    def count(self, what):
        """Counts something that went as it must."""
        self.counts[what] = self.counts.get(what, 0) + 1

    # -- clients ---------------------------------------------------------------

    async def connect(self, small=False):
        """Returns a connection, if there is one to be had."""
        sock = socket.socket()
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(
                sock, self.place.address())
            return await asyncio.open_connection(sock=sock, limit=4096)
        except OSError:
            sock.close()
            raise

    async def again(self, attack, **options):
        """Connects and attacks until the siege is over."""
        while not self.over.is_set():
            writer = None
            try:
                reader, writer = await self.connect(**options)
                await attack(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                if writer:
                    writer.close()
            await asyncio.sleep(0.1 + random.random() / 5)

    async def stay(self, reader, writer, word, pause, limit=60):
        """Sends a word now and then until the server has had enough."""
        end = asyncio.ensure_future(reader.read(200))
        until = time.monotonic() + limit
        try:
            while (not end.done() and time.monotonic() < until
                   and not self.over.is_set()):
                writer.write(word)
                await writer.drain()
                await asyncio.wait([end], timeout=pause)
        finally:
            end.cancel()

    async def slow_head(self, reader, writer):
        """A head that comes byte by byte."""
        writer.write(b"GET /tasks HTTP/1.1\r\n" + HOST + b"A: ")
        await self.stay(reader, writer, b"a", 0.5)
        self.count("slow heads")

    async def half_open(self, reader, writer):
        """Says nothing."""
        await self.stay(reader, writer, b"", 1)
        self.count("half-open connections")

    async def tiny_chunks(self, reader, writer):
        """A body in chunks of one byte."""
        writer.write(b"POST /check?storageKey=k&package=a/b&version=1 HTTP/1.1"
                     b"\r\n" + HOST + b"Content-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        await self.stay(reader, writer, b"1\r\n \r\n" * 200, 0.2)
        self.count("bodies of tiny chunks")

    async def greedy(self, reader, writer):
        """Asks for what is large, and hardly reads it."""
        path = random.choice([
            b"/tasks/huge/logs?limit=1000", b"/states?syncId=huge&limit=1000",
            b"/tasks/huge/logs?follow=true", b"/tasks?limit=1000", b"/"])
        writer.write(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        await asyncio.sleep(random.random() * 10)
        self.count("answers that nobody reads")

    async def pipeline(self, reader, writer):
        """Sends requests ahead without end, and reads no answer."""
        request = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
        until = time.monotonic() + 10
        while time.monotonic() < until and not self.over.is_set():
            writer.write(request * 200)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(writer.drain(), 1)
        self.count("requests sent ahead of answers that nobody reads")

    async def smuggle(self, reader, writer):
        """Sends what can be read in two ways."""
        text = random.choice(SMUGGLED)
        writer.write(text)
        answer = await asyncio.wait_for(reader.read(-1), 6 * PATIENCE)
        # Without room it is not read.
        if answer and answer[9:12] not in (b"400", b"503"):
            self.blame(f"{text} was answered {answer[:300]}")
        self.count("smuggled requests")

    async def intrude(self, reader, writer):
        """Asks as a page of somebody else does."""
        header = random.choice(FOREIGN)
        writer.write(b"POST /cancel?syncId=s&taskId=t HTTP/1.1\r\n" + HOST
                     + header + b"\r\n")
        answer = await asyncio.wait_for(reader.read(200), 6 * PATIENCE)
        if answer and answer[9:12] not in (b"403", b"503"):
            self.blame(f"{header} was answered {answer}")
        self.count("foreign requests")

    async def attack(self):
        """Lets all of them loose, and ends when the siege is over."""
        many = self.clients // 5
        attacks = [self.again(what, **options) for what, options in (
            (self.slow_head, {}), (self.half_open, {}), (self.tiny_chunks, {}),
            (self.greedy, {"small": True}), (self.pipeline, {}))
            for _ in range(many)]
        attacks += [self.again(what) for what in (self.smuggle, self.intrude)
                    for _ in range(10)]
        tasks = [asyncio.ensure_future(one) for one in attacks]
        while not self.over.is_set():
            await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- those inside ----------------------------------------------------------

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
        slowest = 0
        # What was known before may be told for a while.
        uneasy_until = 0
        while not self.over.is_set():
            for path in "/health", "/ready", "/metrics", "/":
                if hanging.is_set():
                    uneasy_until = time.monotonic() + 2 * PATIENCE
                status, took = self.ask(path)
                uneasy = (hanging.is_set()
                          or time.monotonic() < uneasy_until)
                slowest = max(slowest, took)
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
        self.slowest = slowest


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


def read_all_pages(place, path, list_of, **query):
    """Returns all rows; no page may be larger than it may."""
    rows = []
    cursor = {"logs": "after", "states": "after", "tasks": "before"}[list_of]
    while True:
        answer = place.client.call("GET", path, {"limit": 1000, **query})
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
    follower = place.client.follow("/tasks/huge/logs")
    with contextlib.closing(follower):
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
