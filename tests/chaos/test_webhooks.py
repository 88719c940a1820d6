"""C2: signed webhooks while everything is killed: a 2xx is a promise, and there is never a 500."""

import asyncio
import random
import time

import httpx
import pytest

from tests.chaos.checker import check, read
from tests.chaos.havoc import ravage, victims
from tests.chaos.machines import Machine
from tests.chaos.sender import Sender
from tests.chaos.size import pick
from tests.chaos.truth import Fact
from tests.chaos.world import SEED, World, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1800)]

FEEDS = tuple(f"f{number}" for number in range(20))
SIZE = pick(500, 1000, 5000)
KILLS = pick((4, 3, 3), (20, 10, 10), (50, 25, 25))
"""Of replicas, of NATS, and of PostgreSQL."""


@pytest.mark.parametrize("seed", [SEED])
async def test_every_delivery_that_was_answered_is_published_once(seed: int) -> None:
    dice = random.Random(seed)
    async with world(feeds=FEEDS, size=0, syncing=False) as here:
        facts = [Fact(feed, n) for n in range(SIZE) for feed in FEEDS]
        sender = await storm(here, facts, victims(here, dice, each=KILLS), dice)
        assert not sender.rude
        await here.reach(len(facts), within=60)
        verdict = check(await read(here.nats_url), {feed: range(SIZE) for feed in FEEDS})
        wrong = [*verdict.lost, *verdict.invented, *verdict.duplicated]
        assert not wrong, here.told(verdict)
        assert set(sender.promised) == {(it.feed, it.n) for it in facts}


@pytest.mark.parametrize("seed", [SEED])
async def test_an_answer_before_the_commit_is_a_broken_promise(seed: int) -> None:
    """The teeth of the test above: answer first, store later, and a kill loses deliveries."""
    dice, feeds, size = random.Random(seed), FEEDS[:10], 200
    async with world(feeds=feeds, size=0, syncing=False, sabotage="answer first") as here:
        facts = [Fact(feed, n) for n in range(size) for feed in feeds]
        struck = victims(here, dice, each=(3, 0, 0))
        sender = await storm(here, facts, struck, dice)
        await asyncio.sleep(1)  # what was answered and survived is stored by now
        assert await here.rest() > len(facts) / 4, "the service works, and only promises too soon"
        verdict = check(await read(here.nats_url), {feed: range(size) for feed in feeds})
        assert set(verdict.lost) & set(sender.promised)


async def test_while_the_database_is_away_the_sender_is_asked_to_come_back() -> None:
    async with world(feeds=FEEDS[:1], size=0, syncing=False) as here:
        sender = Sender(here.urls[:1], random.Random(0))
        await sender.send_all([Fact("f0", 0)], within=60)
        here.postgres.kill()
        async with httpx.AsyncClient(timeout=15) as client:
            sent = [sender.send(client, here.urls[0], Fact("f0", n)) for n in range(1, 4)]
            assert await asyncio.gather(*sent) == [False, False, False]
        assert sender.answers[503] == 3
        assert not sender.rude


async def storm(
    here: World, facts: list[Fact], struck: list[Machine], dice: random.Random
) -> Sender:
    """Send everything while the victims are killed."""
    sender, within = Sender(here.urls, dice), pick(180, 600, 1500)

    async def promised(count: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while len(sender.promised) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(facts, within))
        await ravage(struck, promised, total=len(facts), dice=dice, within=within)
    return sender
