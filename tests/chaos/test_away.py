"""C6: a stream that is full, and engines that are frozen: they take nothing and do not say so.

What waits keeps its place, whoever sends is told what to do, and nothing has to be started again.
"""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nats
import psycopg
import pytest

from shared.bus import stream
from tests.chaos.checker import check, read
from tests.chaos.sender import Sender
from tests.chaos.size import pick
from tests.chaos.truth import Fact
from tests.chaos.world import World, world

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(600)]

WALKED = tuple(f"walked{n}" for n in range(pick(3, 20, 50)))
FACTS = 200
SENT = 60
FROZEN = pick(1.0, 5.0, 20.0)
"""Seconds that NATS is frozen; PostgreSQL is for as long as it takes to be told so."""
SMALL = 200_000
"""Bytes of a stream that is too small for what is walked."""


async def test_what_cannot_be_published_waits_and_nobody_is_answered_500() -> None:
    environ = {"NATS_STREAM_MAX_BYTES": str(SMALL), "CHAOS_SILENCE": "4"}
    async with world(feeds=WALKED, size=FACTS, syncing=True, environ=environ) as here:
        await here.connect("heard", syncing=False)
        total = len(WALKED) * FACTS
        async with asyncio.timeout(60):
            while await here.published() + waiting(here) < total:  # walks go on into the outbox
                await asyncio.sleep(0.1)
        assert 0 < await here.reach(total, within=3) < total
        assert await send(here, 0) == {200}
        await enlarge(here)
        await here.arrive(total + SENT)

        with frozen(here.nats.pid):
            assert await send(here, 1) == {200}
            await asyncio.sleep(FROZEN)
        await here.arrive(total + 2 * SENT)

        with frozen(here.postgres.pid):
            assert await send(here, 2, once=True) == {503}
        assert await send(here, 2) == {200}
        await here.arrive(total + 3 * SENT)

        truth = dict.fromkeys(WALKED, range(FACTS)) | {"heard": range(3 * SENT)}
        verdict = check(await read(here.nats_url), truth)
        assert not [*verdict.lost, *verdict.invented, *verdict.duplicated], here.told(verdict)


async def send(here: World, turn: int, *, once: bool = False) -> set[int]:
    """Send some deliveries, until they are taken or just once; return how they were answered."""
    sender = Sender(here.urls, random.Random(turn))
    facts = [Fact("heard", n) for n in range(turn * SENT, turn * SENT + SENT)]
    if once:
        async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
            sent = [sender.send(client, url, it) for it in facts for url in here.urls]
            await asyncio.gather(*sent)
    else:
        await sender.send_all(facts)
    assert not sender.rude
    return set(sender.answers)


def waiting(here: World) -> int:
    """How many Messages are in the outbox."""
    with psycopg.connect(here.postgres_url) as conn:
        row = conn.execute("select count(*) from outbox where subject like 'self.events.%'")
        return int(row.fetchall()[0][0])


async def enlarge(here: World) -> None:
    """Give the stream the room that it lacked."""
    nc = await nats.connect(here.nats_url)
    found = (await stream.ask(nc, f"STREAM.INFO.{stream.NAME}"))["config"]
    wide = found | {"max_bytes": 1 << 28}
    assert "error" not in await stream.ask(nc, f"STREAM.UPDATE.{stream.NAME}", wide)
    await nc.close()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and its children in the middle of what they do, for as long as the block lasts."""
    os.kill(pid, signal.SIGSTOP)  # first, so that it starts no more of them
    others = children(pid)
    for each in others:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in [*others, pid]:
            os.kill(each, signal.SIGCONT)


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
