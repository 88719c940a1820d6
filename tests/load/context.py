"""The context service: mails in the stream, as one process takes them into its tables."""

import asyncio
import cProfile
import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from msgspec import structs

from services.context.applying import bury, handle
from services.context.subscriber import subscriber
from shared.bus.client import LARGEST_BATCH, Bus
from shared.bus.consumer import Consumer
from shared.bus.tail import Heard
from shared.normalizer import Message, Person, Recipient
from shared.normalizer.cloudevents import Event, of_message
from shared.service.subscriber import bring_up_to_date
from shared.store.database import Database
from tests.load.figures import Path, Row, middle
from tests.load.processes import Costs
from tests.load.profiles import top
from tests.load.world import Size, World, database, fresh_stream

USERS, PEOPLE = 8, 300


def mails(many: int) -> list[Event]:
    """Mails of about a kilobyte between a few hundred people of several users, with a request in each."""
    dice = random.Random(1)
    accounts = [uuid4() for _ in range(USERS)]

    def person() -> tuple[str, str]:
        n = dice.randrange(PEOPLE)
        return f"Person {n}", f"p{n}@acme.test"

    events = []
    for n in range(many):
        name, address = person()
        to = [person() for _ in range(2)]
        user = dice.randrange(USERS)
        mail = Message(
            id=f"m{n}",
            source="gmail",
            type="email",
            timestamp=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n),
            author=Person(name=name, email=address),
            recipients=tuple(Recipient(name=one, email=at, role="to") for one, at in to),
            title=f"Mail {n}",
            thread_id=f"t{n // 5}",
            content=f"The walk stops when page {n} is empty, as it should.\n" * 12
            + "Could you send me the contract by Friday?",
        )
        event = of_message(
            mail,
            account_id=accounts[user],
            user_id=f"user{user}",
            version="1",
            change="created",
        )
        place = {"ce-sequence": f"{n:020d}"}
        events.append(structs.replace(event, headers=event.headers | place))
    return events


async def measure(world: World, size: Size) -> Path:
    """From the stream to the commit and the acknowledgement, each round into empty tables."""
    pids = {"service": os.getpid(), "PostgreSQL": world.postgres, "NATS": world.nats}
    rates: list[float] = []
    costs: dict[str, float] = {}
    profiler = cProfile.Profile()
    await bring_up_to_date(subscriber, world.postgres_url)
    async with database(world) as db:
        for number in range(size.rounds + 1):
            async with fresh_stream(world), db.connection() as conn:
                await conn.execute(
                    "truncate context.item, context.link, context.identity, context.person cascade"
                )
                await _publish(world, mails(size.issues))
                used = Costs(pids)
                if number < size.rounds:
                    rates.append(await _consume(world, db, size.issues))
                    costs = used.per(size.issues)
                else:
                    with profiler:
                        await _consume(world, db, size.issues)
    rate = middle(rates)
    row = Row(
        "context",
        "mails from the stream into tables, one process",
        rate,
        "events/s",
        wanted="2,000",
        reached=rate >= 2_000,
    )
    return Path("context", [row], costs, top(profiler))


async def _publish(world: World, events: Sequence[Event]) -> None:
    bus = await Bus.connect(world.nats_url, "load")
    await bus.provision(replicas=1, max_bytes=1 << 30)
    for start in range(0, len(events), LARGEST_BATCH):
        await bus.publish(events[start : start + LARGEST_BATCH])
    await bus.close()


async def _consume(world: World, db: Database, many: int) -> float:
    left, done = many, asyncio.Event()

    async def take(heard: Sequence[Heard]) -> None:
        nonlocal left
        await handle(db, heard)
        left -= len(heard)
        if left <= 0:
            done.set()

    async def fail(it: Heard, reason: str) -> None:
        await bury(db, it, reason)
        raise AssertionError(reason)

    consumer = Consumer(world.nats_url, subscriber.name)
    await consumer.open()
    began = time.perf_counter()
    reading = asyncio.create_task(consumer.run(take, fail))
    await done.wait()
    rate = many / (time.perf_counter() - began)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await consumer.close()
    return rate
