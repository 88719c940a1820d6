"""C1: a sync over many accounts while everything is killed, again and again, without a word."""

import random
import time

import psycopg
import pytest
from msgspec import json

from tests.chaos.checker import Verdict, check, read
from tests.chaos.provider import Cursor
from tests.chaos.world import FULL, SEED, World, ravage, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1800)]

FEEDS = tuple(f"f{number}" for number in range(200 if FULL else 20))
SIZE = 500
EACH = 20 if FULL else 3
"""Kills of NATS, of PostgreSQL, and of replicas."""


@pytest.mark.parametrize("seed", [SEED])
async def test_nothing_is_lost_repeated_or_reordered_by_kills(seed: int) -> None:
    dice = random.Random(seed)
    async with world(feeds=FEEDS, size=SIZE, syncing=True) as here:
        victims = [here.nats, here.postgres, here.replicas[0]] * EACH + [here.replicas[1]]
        dice.shuffle(victims)
        total = len(FEEDS) * SIZE
        await ravage(here, victims, total=total, dice=dice, within=600 if FULL else 120)
        await here.reach(total, within=60)
        verdict = await judge(here, FEEDS, SIZE)
        assert verdict.right, here.told(verdict)
        assert await here.rest() == total
        leftovers(here)


@pytest.mark.parametrize("seed", [SEED])
@pytest.mark.parametrize(
    ("sabotage", "wrong"), [("cursor first", "lost"), ("no message id", "duplicated")]
)
async def test_without_a_protection_it_shows(seed: int, sabotage: str, wrong: str) -> None:
    """The teeth of the test above: the same kills, one protection less."""
    dice, feeds, size = random.Random(seed), FEEDS[:10], 400
    async with world(feeds=feeds, size=size, syncing=True, sabotage=sabotage) as here:
        victims = [*here.replicas, here.postgres, *here.replicas]
        await ravage(here, victims, total=len(feeds) * size, dice=dice, within=60)
        await here.rest()
        assert getattr(await judge(here, feeds, size), wrong)


async def judge(here: World, feeds: tuple[str, ...], size: int) -> Verdict:
    """What the stream holds, against the truth."""
    return check(await read(here.nats_url), {feed: range(size) for feed in feeds})


def leftovers(here: World) -> None:
    """The ledger agrees: every cursor at the end, every run a success that adds up, nothing dead."""
    with psycopg.connect(here.postgres_url, autocommit=True) as conn:
        cursors = conn.execute("select cursor from sync_state where lane = 'live'").fetchall()
        assert [json.decode(it[0], type=Cursor).after for it in cursors] == [SIZE - 1] * len(FEEDS)
        done = conn.execute("select status, listed, published, unchanged from sync_run").fetchall()
        assert all(status == "success" for status, *_ in done)
        assert all(listed == new + old for _, listed, new, old in done)
        assert sum(new for *_, new, _ in done) == len(FEEDS) * SIZE
        assert conn.execute("select * from dead_letter").fetchall() == []
        # What happened to a connection may still be on its way: it leaves within seconds.
        deadline = time.monotonic() + 20
        while rows := conn.execute("select subject, created_at from outbox").fetchall():
            assert time.monotonic() < deadline, rows
            time.sleep(0.2)
