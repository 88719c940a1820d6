"""C1: a sync over many accounts while everything is killed, again and again, without a word."""

import random

import psycopg
import pytest
from msgspec import json

from tests.chaos.checker import Verdict, check, read
from tests.chaos.havoc import ravage, victims
from tests.chaos.provider import Cursor
from tests.chaos.size import pick
from tests.chaos.world import SEED, World, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1800)]

FEEDS = tuple(f"f{number}" for number in range(pick(20, 200, 1000)))
SIZE = 500
KILLS = pick((4, 3, 3), (20, 20, 20), (50, 50, 50))
"""Of replicas, of NATS, and of PostgreSQL."""


@pytest.mark.parametrize("seed", [SEED])
async def test_nothing_is_lost_repeated_or_reordered_by_kills(seed: int) -> None:
    dice = random.Random(seed)
    async with world(feeds=FEEDS, size=SIZE, syncing=True) as here:
        total = len(FEEDS) * SIZE
        struck = victims(here, dice, each=KILLS)
        await ravage(struck, here.reach, total=total, dice=dice, within=pick(120, 600, 1500))
        await here.reach(total, within=60)
        verdict = await judge(here, FEEDS, SIZE)
        assert verdict.right, here.told(verdict)
        assert await here.rest() == total
        leftovers(here)


@pytest.mark.parametrize("seed", [SEED])
@pytest.mark.parametrize(
    ("sabotage", "wrong", "each"),
    [
        ("cursor first", "lost", (1, 0, 3)),
        ("no message id", "duplicated", (1, 0, 3)),
        ("core publish", "lost", (0, 4, 0)),
        ("persist async", "lost", (0, 4, 0)),
    ],
)
async def test_without_a_protection_it_shows(
    seed: int, sabotage: str, wrong: str, each: tuple[int, int, int]
) -> None:
    """The teeth of the test above: one protection less, and the checker finds what that does.

    Four kills in a row may all miss the moment in which it matters, so there are three tries.
    """
    for number in range(3):
        if getattr(await _unprotected(random.Random(seed + number), sabotage, each), wrong):
            return
    pytest.fail(f"nothing was {wrong}")


async def _unprotected(dice: random.Random, sabotage: str, each: tuple[int, int, int]) -> Verdict:
    feeds, size = FEEDS[:10], 400
    async with world(feeds=feeds, size=size, syncing=True, sabotage=sabotage) as here:
        half = len(feeds) * size // 2  # what is lost of the other half is not waited for
        struck = victims(here, dice, each=each)
        await ravage(struck, here.reach, total=half, dice=dice, within=60)
        assert await here.rest() > half / 2, "it is the protection that is missing, not the service"
        return await judge(here, feeds, size)


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
