"""The provider's side of webhooks: signs deliveries and sends them until they are taken."""

import asyncio
import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import httpx
from msgspec import Struct, json

from tests.chaos.provider import SECRET
from tests.chaos.truth import Fact

SENDERS = 32


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
    answers: Counter[int] = Counter()
    rude: list[str] = []

    async def send_all(self, facts: list[Fact]) -> None:
        """Send from many connections at once."""
        self.promised, self.answers, self.rude = [], Counter(), []
        queue = iter(facts + self.dice.sample(facts, len(facts) * 3 // 100))
        limits = httpx.Limits(max_connections=SENDERS)
        async with (
            httpx.AsyncClient(timeout=15, limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(SENDERS):
                group.create_task(self._work(client, queue))

    async def _work(self, client: httpx.AsyncClient, queue: Iterator[Fact]) -> None:
        for fact in queue:  # one iterator, shared by all senders
            urls = cycle(self.dice.sample(self.urls, len(self.urls)))
            while not await self.send(client, next(urls), fact):
                await asyncio.sleep(0.1)
            self.promised.append((fact.feed, fact.n))

    async def send(self, client: httpx.AsyncClient, url: str, fact: Fact) -> bool:
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
