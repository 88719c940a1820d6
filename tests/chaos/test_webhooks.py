"""C2: signed webhooks while everything is killed: a 2xx is a promise, and there is never a 500."""

import asyncio
import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import httpx
import pytest
from msgspec import Struct, json

from tests.chaos.checker import check, read
from tests.chaos.machines import Machine
from tests.chaos.provider import SECRET
from tests.chaos.truth import Fact
from tests.chaos.world import FULL, SEED, World, ravage, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1800)]

FEEDS = tuple(f"f{number}" for number in range(20))
SIZE = 1000 if FULL else 100
SENDERS = 32


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
        body = json.encode(fact)
        headers = {
            "content-type": "application/json",
            "x-chaos-delivery": f"{fact.feed}-{fact.n}",
            "x-chaos-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        }
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


@pytest.mark.parametrize("seed", [SEED])
async def test_every_delivery_that_was_answered_is_published_once(seed: int) -> None:
    dice = random.Random(seed)
    async with world(feeds=FEEDS, size=0, syncing=False) as here:
        victims = [*here.replicas, here.postgres, here.nats] * (10 if FULL else 2)
        dice.shuffle(victims)
        sender = await storm(here, FEEDS, victims, dice)
        total = len(FEEDS) * SIZE
        assert not sender.rude
        await here.reach(total, within=60)
        verdict = check(await read(here.nats_url), {feed: range(SIZE) for feed in FEEDS})
        wrong = [*verdict.lost, *verdict.invented, *verdict.duplicated]
        assert not wrong, here.told(verdict)
        assert set(sender.promised) == {(feed, n) for feed in FEEDS for n in range(SIZE)}


@pytest.mark.parametrize("seed", [SEED])
async def test_an_answer_before_the_commit_is_a_broken_promise(seed: int) -> None:
    """The teeth of the test above: answer first, store later, and a kill loses deliveries."""
    dice, feeds = random.Random(seed), FEEDS[:10]
    async with world(feeds=feeds, size=0, syncing=False, sabotage="answer first") as here:
        sender = await storm(here, feeds, [*here.replicas, here.replicas[0]], dice)
        await here.rest()
        verdict = check(await read(here.nats_url), {feed: range(SIZE) for feed in feeds})
        assert set(verdict.lost) & set(sender.promised)


async def test_while_the_database_is_away_the_sender_is_asked_to_come_back() -> None:
    async with world(feeds=FEEDS[:1], size=0, syncing=False) as here:
        sender = Sender(here.urls[:1], random.Random(0))
        await sender.send_all([Fact("f0", 0)])
        here.postgres.kill()
        async with httpx.AsyncClient(timeout=15) as client:
            sent = [sender.send(client, here.urls[0], Fact("f0", n)) for n in range(1, 4)]
            assert await asyncio.gather(*sent) == [False, False, False]
        assert sender.answers[503] == 3
        assert not sender.rude


async def storm(
    here: World, feeds: tuple[str, ...], victims: list[Machine], dice: random.Random
) -> Sender:
    """Send everything while the victims are killed."""
    facts = [Fact(feed, n) for n in range(SIZE) for feed in feeds]
    sender = Sender(here.urls, dice)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(facts))
        group.create_task(
            ravage(here, victims, total=len(facts), dice=random.Random(SEED), within=120)
        )
    return sender
