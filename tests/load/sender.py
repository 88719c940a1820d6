"""A small load generator: connections that send one signed request after the other on loopback."""

import asyncio
import hashlib
import hmac
import time
from collections import Counter
from statistics import quantiles
from typing import cast

import httptools
from msgspec import Struct

SECRET = "load"
PATIENCE = 60.0
"""Seconds after which a server that does not answer is given up."""


class Sent(Struct):
    """What became of the requests: answers by status, and each one's seconds."""

    statuses: Counter[int]
    latencies: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second that were answered 200."""
        return self.statuses[200] / self.seconds

    def percentile(self, n: int) -> float:
        """Milliseconds within which so many percent were answered."""
        return 1000 * quantiles(self.latencies, n=100)[n - 1]


class Connection(asyncio.Protocol):
    """One kept connection: the next request leaves when the last one is answered."""

    def __init__(self, sender: "Sender") -> None:
        self._sender = sender
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not of that class
        self._parser = httptools.HttpResponseParser(self)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._sender.answered(self._parser.get_status_code(), time.perf_counter() - self._since)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def _next(self) -> None:
        request = self._sender.request()
        if request is None:
            self._transport.close()
            return
        self._since = time.perf_counter()
        self._transport.write(request)


class Sender:
    """Deliveries of one body; each has an id of its own, so that none is taken for a repetition."""

    def __init__(self, body: bytes, most: int, seconds: float) -> None:
        mac = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
        self._head = (
            "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "User-Agent: GitHub-Hookshot/044aadd\r\nX-GitHub-Event: issues\r\n"
            f"X-Hub-Signature-256: sha256={mac}\r\nContent-Length: {len(body)}\r\n"
            "X-GitHub-Delivery: "
        ).encode()
        self._body = body
        self._run = hashlib.sha256(str(time.time_ns()).encode()).hexdigest()[:12]
        self._left = most
        self._until = time.perf_counter() + seconds
        self._statuses: Counter[int] = Counter()
        self._latencies: list[float] = []

    def request(self) -> bytes | None:
        """The next request, or None when there were enough."""
        if not self._left or time.perf_counter() > self._until:
            return None
        self._left -= 1
        ident = f"{self._run}-{self._left}\r\n\r\n".encode()
        return self._head + ident + self._body

    def answered(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self._statuses[status] += 1
        self._latencies.append(seconds)

    async def send(self, port: int, connections: int) -> Sent:
        """Send until there were enough, over so many connections."""
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            opened = [
                await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
                for _ in range(connections)
            ]
            await asyncio.gather(*(it.ended for _, it in opened))
        return Sent(self._statuses, self._latencies, time.perf_counter() - began)
