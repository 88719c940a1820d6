"""The real process is killed again and again; an independent fold over the stream says what must be there."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from shared.bus import stream
from shared.bus.client import Bus
from shared.bus.consumer import Consumer, Lag
from shared.bus.nkey import connect
from shared.bus.tail import Heard, tail
from shared.errors import Away
from shared.normalizer import Message, Person, Recipient
from shared.normalizer.cloudevents import Event
from shared.store.database import Database
from tests.conftest import ROOT
from tests.context.fold import AT, Told, account, fold, heard, tables

pytestmark = [pytest.mark.anyio, pytest.mark.chaos]

EVENTS = 4_000
KILLS = 3
SERVICE = """
from services.context.subscriber import subscriber
from shared.bus import consumer
from shared.service.main import run

consumer.ACK_WAIT = 2.0
run(subscriber)
"""
"""The service as it is, but that what a killed process held is given to the next one soon."""


def story(dice: random.Random) -> Iterator[Told]:
    """Versions, deletions and a closed account, over people that are joined and parted."""
    for sequence in range(1, EVENTS + 1):
        name, user = dice.choice([("one", "ana"), ("two", "ana"), ("three", "ben")])
        number = dice.randrange(EVENTS // 6)
        known = {"id": f"m{number}", "source": "gmail", "type": "email", "timestamp": AT}
        if sequence == EVENTS // 2:
            yield Told(None, sequence, "two")
        elif dice.random() < 0.1:
            yield Told(Message(**known, deleted=True), sequence, name, user)  # type: ignore[arg-type]  # as written above
        else:
            who = [dice.randrange(200) for _ in range(3)]
            author = Person(f"U{who[0]}", f"P{who[0]}", f"p{who[1]}@acme.test")
            others = (Recipient(email=f"p{who[2]}@acme.test", role="to"),)
            text = "- [ ] call\n" if number % 3 else ""
            yield Told(
                Message(**known, author=author, recipients=others, title="x", content=text),  # type: ignore[arg-type]
                sequence,
                name,
                user,
            )


@contextmanager
def process(environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen(
        [sys.executable, "-c", SERVICE],
        cwd=ROOT,
        env={**os.environ, **environ},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.fixture
async def bus(nats_url: str, anyio_backend: str) -> AsyncIterator[Bus]:
    nc = await connect(nats_url)
    for name in (stream.NAME, stream.ADVISORIES):
        await stream.ask(nc, f"STREAM.DELETE.{name}")
    await nc.close()
    bus = await Bus.connect(nats_url, "test", patience=5)
    await bus.provision(replicas=1, max_bytes=256 << 20)
    yield bus
    await bus.close()


async def publish(bus: Bus, told: list[Told]) -> None:
    events = []
    for it in told:
        one = heard(it)
        subject = one.subject or f"self.integrations.gmail.{it.user}"
        ident = {"Nats-Msg-Id": f"n{it.sequence}"}
        events.append(
            Event(
                account(it.account),
                subject,
                f"n{it.sequence}",
                {**one.headers, **ident},
                one.payload,
            )
        )
    for start in range(0, len(events), 500):
        await bus.publish(events[start : start + 500])


async def whole_stream(nats_url: str, n: int) -> list[Heard]:
    found = []
    async for it in tail(nats_url, ["self.>"], timedelta(days=1)):
        found.append(it)
        if len(found) == n:
            break
    return found


async def test_nothing_is_lost_or_doubled_by_kills(
    db: Database, database_url: str, nats_url: str, bus: Bus, free_tcp_port: int
) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.randrange(1 << 30)
    dice = random.Random(seed)
    told = list(story(dice))
    await publish(bus, told)
    watching = Consumer(nats_url, "context")
    await watching.open()
    environ = {
        "POSTGRES_URL": database_url,
        "NATS_URL": nats_url,
        "SERVICE_ENV": "dev",
        "SERVICE_PORT": str(free_tcp_port),
        "LOG_LEVEL": "warning",
    }

    async def left() -> int:
        try:
            lag: Lag = await watching.lag()
        except Away:
            return EVENTS
        return lag.pending + lag.unsettled

    marks = sorted(dice.sample(range(EVENTS // 10, EVENTS - EVENTS // 10), KILLS), reverse=True)
    for mark in marks:
        with process(environ) as child:
            async with asyncio.timeout(60):
                while await left() > mark:
                    assert child.poll() is None, f"it ended by itself (SEED={seed})"
                    await asyncio.sleep(0.002)
            child.send_signal(signal.SIGKILL)
    with process(environ):
        async with asyncio.timeout(100):
            while await left():
                await asyncio.sleep(0.05)
    await watching.close()
    assert await tables(db) == fold(await whole_stream(nats_url, len(told))), f"SEED={seed}"
