"""The clients that besiege syncctl: slow, half open, greedy and hostile ones."""

import asyncio
import contextlib
import random
import socket
import threading
import time

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


class Clients:
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
