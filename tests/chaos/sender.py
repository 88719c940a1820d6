"""The provider's side of webhooks: signs deliveries and sends them until they are taken."""

import asyncio
import hashlib
import hmac
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from msgspec import Struct, field, json

from tests.chaos.provider import SECRET
from tests.chaos.truth import Fact

SENDERS = 32
PATIENCE = 15.0
"""Seconds that an answer may take."""
KEPT = 2.0
"""Seconds that an idle connection is used again; the service closes it after five, maybe just then."""


Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Posts(Protocol):
    """As much of an HTTP client as sending needs; httpx's is one too."""

    async def post(
        self, url: str, *, content: bytes, headers: Mapping[str, str]
    ) -> httpx.Response: ...


class Wires:
    """Kept connections, at a tenth of the processor time of a whole HTTP client."""

    def __init__(self) -> None:
        self._idle = defaultdict[str, list[tuple[float, Wire]]](list)

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request and read its answer; raises httpx.TransportError when none comes."""
        at = urlsplit(url)
        lines = [
            f"POST {at.path} HTTP/1.1",
            f"host: {at.netloc}",
            f"content-length: {len(content)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        wire = self._fresh(at.netloc)
        try:
            async with asyncio.timeout(PATIENCE):
                wire = wire or await asyncio.open_connection(at.hostname, at.port)
                wire[1].write("\r\n".join([*lines, "", ""]).encode() + content)
                answer = await _answer(wire[0])
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            if wire:
                wire[1].transport.abort()
            raise httpx.TransportError(str(error)) from error
        self._idle[at.netloc].append((asyncio.get_running_loop().time(), wire))
        return answer

    def _fresh(self, place: str) -> Wire | None:
        """The connection that was used last, unless it has been idle for too long, as all others have."""
        idle = self._idle[place]
        if idle and idle[-1][0] + KEPT > asyncio.get_running_loop().time():
            return idle.pop()[1]
        return None

    def close(self) -> None:
        """Close what is idle."""
        for wires in self._idle.values():
            for _, (_, writer) in wires:
                writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> httpx.Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    pairs = [line.split(": ", 1) for line in head[1:-1]]
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return httpx.Response(int(head[0].split()[1]), headers=headers, content=body)


def signed(fact: Fact) -> tuple[bytes, dict[str, str]]:
    """A delivery: its body, and the headers that prove it."""
    body = json.encode(fact)
    return body, {
        "content-type": "application/json",
        "x-chaos-delivery": f"{fact.feed}-{fact.n}",
        "x-chaos-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


class Sender(Struct):
    """The provider's side: sends each delivery until somebody says 2xx, 3 in 100 of them twice."""

    urls: list[str]
    dice: random.Random
    promised: list[tuple[str, int]] = []
    answers: Counter[int] = field(default_factory=Counter)
    rude: list[str] = []

    async def send_all(self, facts: list[Fact], within: float = 600) -> None:
        """Send from many connections at once; raises TimeoutError when that takes too long."""
        self.promised, self.answers, self.rude = [], Counter(), []
        queue = iter(facts + self.dice.sample(facts, len(facts) * 3 // 100))
        wires = Wires()
        try:
            async with asyncio.timeout(within), asyncio.TaskGroup() as group:
                for _ in range(SENDERS):
                    group.create_task(self._work(wires, queue))
        finally:
            wires.close()

    async def _work(self, client: Posts, queue: Iterator[Fact]) -> None:
        for fact in queue:  # one iterator, shared by all senders
            urls = cycle(self.dice.sample(self.urls, len(self.urls)))
            while not await self.send(client, next(urls), fact):
                await asyncio.sleep(0.1)
            self.promised.append((fact.feed, fact.n))

    async def send(self, client: Posts, url: str, fact: Fact) -> bool:
        """Send once; return whether a promise was made."""
        body, headers = signed(fact)
        try:
            answer = await client.post(f"{url}/webhook", content=body, headers=headers)
        except httpx.TransportError:  # the replica was killed: no promise was made
            self.answers[0] += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code == 503 and "retry-after" not in answer.headers:
            self.rude.append(f"503 without Retry-After: {answer.text}")
        elif answer.status_code not in (200, 503):
            self.rude.append(f"{answer.status_code}: {answer.text}")
        return answer.is_success
