"""A durable consumer loses nothing, stops for nothing, and gives up on what cannot be handled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client

from shared.bus import stream
from shared.bus.client import Bus
from shared.bus.consumer import BATCH, Consumer, Lag
from shared.bus.nkey import connect
from shared.bus.settling import HOPELESS
from shared.bus.tail import Heard
from shared.errors import Away, ConfigError, Unreadable
from shared.normalizer.cloudevents import Event

pytestmark = pytest.mark.anyio

ACCOUNT = UUID(int=1)
QUICK = (0.05, 0.05)


@pytest.fixture
async def nc(nats_url: str, anyio_backend: str) -> AsyncIterator[Client]:
    client = await connect(nats_url)
    for name in (stream.NAME, stream.ADVISORIES):
        await stream.ask(client, f"STREAM.DELETE.{name}")
    yield client
    await client.close()


@pytest.fixture
async def bus(nats_url: str, nc: Client) -> AsyncIterator[Bus]:
    bus = await Bus.connect(nats_url, "test", patience=5)
    await bus.provision(replicas=1, max_bytes=64 << 20)
    yield bus
    await bus.close()


class Reader:
    """What was handled and given up on; `fails` is asked for every batch before it is taken."""

    def __init__(self, fails: Callable[[Sequence[int]], Exception | None] = lambda _: None) -> None:
        self.fails = fails
        self.taken: Counter[int] = Counter()
        self.tried: Counter[int] = Counter()
        self.buried: dict[int, str] = {}
        self.largest = 0

    async def handle(self, heard: Sequence[Heard]) -> None:
        numbers = [int(it.payload) for it in heard]
        self.tried.update(numbers)
        if error := self.fails(numbers):
            raise error
        self.largest = max(self.largest, len(numbers))
        self.taken.update(numbers)

    async def bury(self, it: Heard, reason: str) -> None:
        self.buried[int(it.payload)] = reason


@asynccontextmanager
async def reading(url: str, reader: Reader, **facts: Any) -> AsyncIterator[Consumer]:
    given = {"name": "reader", "subjects": ["self.events.>"], "pauses": QUICK}
    consumer = Consumer(url, **(given | facts))
    await consumer.open(patience=5)
    task = asyncio.create_task(consumer.run(reader.handle, reader.bury))
    try:
        yield consumer
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await consumer.close()


async def publish(bus: Bus, numbers: Sequence[int]) -> None:
    events = [
        Event(ACCOUNT, "self.events.issue.test.ana", f"e{n}", {"Nats-Msg-Id": f"e{n}"}, b"%d" % n)
        for n in numbers
    ]
    for start in range(0, len(events), 500):
        await bus.publish(events[start : start + 500])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


async def settled(consumer: Consumer) -> None:
    async with asyncio.timeout(30):
        while not await idle(consumer):
            await asyncio.sleep(0.05)


async def idle(consumer: Consumer) -> bool:
    try:
        return await consumer.lag() == Lag(0, 0)
    except Away:  # it is not made yet
        return False


async def test_everything_is_handled_in_batches_and_settled(bus: Bus, nats_url: str) -> None:
    await publish(bus, range(3 * BATCH))
    reader = Reader()
    async with reading(nats_url, reader) as consumer:
        await until(lambda: len(reader.taken) == 3 * BATCH)
        await publish(bus, [9000])  # alone, while a pull waits for it
        await until(lambda: 9000 in reader.taken)
        await settled(consumer)
    assert reader.largest == BATCH
    assert set(reader.taken.values()) == {1}


async def test_what_was_settled_does_not_come_to_the_next_process(bus: Bus, nats_url: str) -> None:
    await publish(bus, range(10))
    first, second = Reader(), Reader()
    async with reading(nats_url, first) as consumer:
        await settled_after(consumer, first, 10)
    await publish(bus, [10])
    async with reading(nats_url, second) as consumer:
        await settled_after(consumer, second, 1)
    assert set(second.taken) == {10}


async def settled_after(consumer: Consumer, reader: Reader, n: int) -> None:
    await until(lambda: len(reader.taken) == n)
    await settled(consumer)


async def test_what_was_not_settled_comes_again(bus: Bus, nats_url: str) -> None:
    await publish(bus, range(10))
    stuck = asyncio.Event()

    class Dying(Reader):
        async def handle(self, heard: Sequence[Heard]) -> None:
            stuck.set()
            await asyncio.sleep(3600)

    async with reading(nats_url, Dying(), ack_wait=1.0):
        await stuck.wait()
    reader = Reader()
    async with reading(nats_url, reader, ack_wait=1.0) as consumer:
        await settled_after(consumer, reader, 10)


async def test_a_poisonous_message_is_tried_alone_and_given_up_on(bus: Bus, nats_url: str) -> None:
    def poison(numbers: Sequence[int]) -> Exception | None:
        return ValueError("with words of the message") if 7 in numbers else None

    await publish(bus, range(100))
    reader = Reader(poison)
    async with reading(nats_url, reader) as consumer:
        await until(lambda: 7 in reader.buried)
        await settled(consumer)
    assert set(reader.taken) == set(range(100)) - {7}
    assert reader.buried == {7: "ValueError"}
    assert reader.tried[7] > len(QUICK)


async def test_what_will_never_be_understood_is_not_tried_again(bus: Bus, nats_url: str) -> None:
    await publish(bus, [1, 2])
    reader = Reader(lambda it: Unreadable("it is no event") if it == [1] or 1 in it else None)
    async with reading(nats_url, reader, pauses=(0.05, 3600.0)) as consumer:
        await settled_after(consumer, reader, 1)
    assert reader.buried == {1: "it is no event"}


async def test_an_outage_of_the_database_is_no_fault_of_a_message(bus: Bus, nats_url: str) -> None:
    away = True
    reader = Reader(lambda _: Away("away") if away else None)
    await publish(bus, range(5))
    async with reading(nats_url, reader, ack_wait=1.0) as consumer:
        await until(lambda: reader.tried[0] > HOPELESS + 5)
        away = False
        await settled_after(consumer, reader, 5)
    assert not reader.buried


async def test_what_a_process_may_die_of_is_handled_alone_and_not_for_ever(
    bus: Bus, nc: Client, nats_url: str
) -> None:
    """The readers here never answer: as processes that are killed by what they read."""
    await publish(bus, [1])

    class Deadly(Reader):
        async def handle(self, heard: Sequence[Heard]) -> None:
            self.tried.update(int(it.payload) for it in heard)
            await asyncio.sleep(3600)

    deadly = Deadly()
    for n in range(1, HOPELESS + 1):
        async with reading(nats_url, deadly, ack_wait=0.3):
            await until(lambda n=n: deadly.tried[1] == n)  # type: ignore[misc]  # bound at once
    reader = Reader()
    async with reading(nats_url, reader, ack_wait=0.3) as consumer:
        await until(lambda: 1 in reader.buried)
        await settled(consumer)
    assert not reader.taken


async def test_a_consumer_that_differs_is_an_error_that_says_how(bus: Bus, nats_url: str) -> None:
    async with reading(nats_url, Reader(), ack_wait=5.0) as consumer:
        await settled(consumer)
    other = Consumer(nats_url, "reader", ["self.events.>"], ack_wait=9.0)
    await other.open(patience=5)
    with pytest.raises(ConfigError, match="ack_wait is 5000000000, wanted 9000000000"):
        await other.run(Reader().handle, Reader().bury)
    await other.close()


async def test_it_waits_for_the_stream_and_is_made_again_when_it_is_deleted(
    nc: Client, nats_url: str
) -> None:
    reader = Reader()
    async with reading(nats_url, reader) as consumer:
        with pytest.raises(Away):
            await consumer.lag()
        bus = await Bus.connect(nats_url, "test", patience=5)
        await bus.provision(replicas=1, max_bytes=64 << 20)
        await publish(bus, [1])
        await settled_after(consumer, reader, 1)
        await stream.ask(nc, f"CONSUMER.DELETE.{stream.NAME}.reader")
        await publish(bus, [2])
        await until(lambda: reader.taken[2] > 0)
        await bus.close()
    assert reader.taken[1] == 2, "a consumer that is made again begins at the beginning"
