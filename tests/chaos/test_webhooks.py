"""C2: signed webhooks while everything is killed: a 2xx is a promise, and there is never a 500."""

import asyncio
import random

import httpx
import pytest

from tests.chaos.checker import check, read
from tests.chaos.machines import Machine
from tests.chaos.sender import Sender
from tests.chaos.truth import Fact
from tests.chaos.world import FULL, SEED, World, ravage, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1800)]

FEEDS = tuple(f"f{number}" for number in range(20))
SIZE = 1000 if FULL else 100


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
