"""The relay, from outbox rows to acknowledged messages, against publishing the same bytes without it."""

import asyncio
import cProfile
import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from nats.aio.client import Client

from services.github.provider import provider
from shared.normalizer import Message
from shared.normalizer.cloudevents import Event, of_message
from shared.service import relay
from shared.service.hub import Process, open_process
from shared.service.worker import relaying
from shared.store import ledger
from shared.store.database import Database
from tests.fakes.service import settings
from tests.load import raw
from tests.load.figures import Path, Row, middle, ratios
from tests.load.processes import Costs
from tests.load.profiles import top
from tests.load.world import Size, World, database, empty, fresh_stream

SINGLY = 64
"""Publishes under way at once, where each is acknowledged by itself."""


def events(many: int, users: int = 4) -> list[Event]:
    """New events of about 900 bytes, of several accounts in turn."""
    accounts = [uuid4() for _ in range(users)]
    return [_event(accounts[n % users], n) for n in range(many)]


def _event(account_id: UUID, n: int) -> Event:
    message = Message(
        id=f"1:issue:{n}",
        source="github",
        type="issue",
        timestamp=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n),
        title=f"Issue {n}",
        content="the walk stops when a page is empty " * 15,
        url=f"https://github.com/acme/api/issues/{n}",
    )
    return of_message(message, account_id=account_id, user_id="ana", version="1", change="created")


async def measure(world: World, size: Size) -> Path:
    """Each way of publishing in turn, several times over; then how long one event takes."""
    pids = {"service": os.getpid(), "PostgreSQL": world.postgres, "NATS": world.nats}
    rates: dict[str, list[float]] = {"batches": [], "singly": [], "relay": []}
    given = settings(provider, world.postgres_url, world.nats_url, 1)
    async with database(world) as db, fresh_stream(world) as nc:
        await empty(db, "outbox")
        async with open_process(given, name="load") as process:
            for _ in range(size.rounds):
                rates["batches"].append(await _batches(world, events(size.issues)))
                rates["singly"].append(await _singly(nc, events(size.issues // 4)))
                await _fill(db, events(size.issues))
                used = Costs(pids)
                rates["relay"].append(await _relay(process, size.issues))
                costs = used.per(size.issues)
            await _fill(db, events(size.issues))
            with cProfile.Profile() as profiler:
                await _relay(process, size.issues)
            async with relaying(process):
                late = await _latencies(db, nc, process, 10 * size.rounds + 20)
        await empty(db, "outbox")
    return Path("relay", _rows(rates, late), costs, top(profiler))


async def _fill(db: Database, rows: Sequence[Event]) -> None:
    async with db.transaction() as conn:
        await ledger.write(conn, rows)


async def _relay(process: Process, many: int) -> float:
    began, left = time.perf_counter(), many
    while left > 0:
        sent = await relay.drain(process.db, process.bus, process.metrics)
        assert sent, "the outbox is empty too early"
        left -= sent
    return many / (time.perf_counter() - began)


async def _batches(world: World, found: Sequence[Event]) -> float:
    """The limit: ready-made frames on a socket, an acknowledgement for every batch."""
    frames = raw.frames(found)
    reader, writer = await raw.connect(world.nats_url)
    began = time.perf_counter()
    for batch in frames:
        writer.write(batch)
        await raw.acknowledged(reader)
    seconds = time.perf_counter() - began
    writer.close()
    return len(found) / seconds


async def _singly(nc: Client, found: Sequence[Event]) -> float:
    """As most programs publish: the client's own publish, a number of them at once."""
    js, waiting = nc.jetstream(), iter(found)

    async def publish() -> None:
        for it in waiting:
            await js.publish(it.subject, it.payload, headers=it.headers)

    began = time.perf_counter()
    await asyncio.gather(*(publish() for _ in range(SINGLY)))
    return len(found) / (time.perf_counter() - began)


async def _latencies(db: Database, nc: Client, process: Process, many: int) -> list[float]:
    """Milliseconds from the commit that wrote an event to its arrival at a subscriber."""
    heard = await nc.subscribe("self.events.>")
    late: list[float] = []
    for it in events(many, 1):
        await asyncio.sleep(random.uniform(0.005, 0.06))
        await _fill(db, [it])
        began = time.perf_counter()
        process.outbox.set()
        await heard.next_msg(timeout=5)
        late.append(1000 * (time.perf_counter() - began))
    await heard.unsubscribe()
    return sorted(late)


def _rows(rates: dict[str, list[float]], late: list[float]) -> list[Row]:
    ready, single, own = (middle(rates[it]) for it in ("batches", "singly", "relay"))
    compared = (
        f"{ratios(rates['relay'], rates['batches']):.2f} of ready-made batches, "
        f"{ratios(rates['relay'], rates['singly']):.2f} of single publishes"
    )
    p95 = late[int(0.95 * (len(late) - 1))]
    return [
        Row("relay", "ready-made atomic batches on a socket", ready, "events/s"),
        Row("relay", f"single publishes, {SINGLY} at once", single, "events/s"),
        Row("relay", "outbox to acknowledged", own, "events/s", compared, ">= 8,000", own >= 8000),
        Row("relay", "commit to subscriber, p95", p95, "ms", "", "< 50", p95 < 50),
    ]
