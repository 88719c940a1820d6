"""The relay publishes in order, deletes what is on disk, and repeats rather than loses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
from msgspec import structs
from nats.aio.client import Client

from shared.bus import stream
from shared.bus.client import Ack, Bus
from shared.errors import Away, ConfigError
from shared.normalizer.cloudevents import Event
from shared.service import relay
from shared.store import ledger, outbox
from shared.store.database import Database
from shared.telemetry.metrics import Metrics
from tests.fakes.proxy import proxy

pytestmark = pytest.mark.anyio


@pytest.fixture
async def nc(nats_url: str, anyio_backend: str) -> AsyncIterator[Client]:
    client = await nats.connect(nats_url)
    yield client
    await client.close()


@pytest.fixture
async def bus(nats_url: str, nc: Client) -> AsyncIterator[Bus]:
    for name in (stream.NAME, stream.ADVISORIES):
        await stream.ask(nc, f"STREAM.DELETE.{name}")
    bus = await Bus.connect(nats_url, "test", patience=5)
    await bus.provision(replicas=1, max_bytes=16 << 20)
    yield bus
    await bus.close()


def event(account_id: UUID, n: int, payload: bytes = b"{}") -> Event:
    ident = f"{account_id.hex[:8]}-{n}"
    return Event(
        account_id=account_id,
        subject="self.events.note.feed.ana",
        id=ident,
        headers={"Nats-Msg-Id": ident, "ce-id": ident},
        payload=payload,
    )


async def write(db: Database, *events: Event) -> None:
    async with db.transaction() as conn:
        await ledger.write(conn, events)


async def drain(db: Database, bus: Bus) -> None:
    while await relay.drain(db, bus, Metrics()):
        pass


async def stored(nc: Client) -> list[str]:
    js = nc.jetstream()
    state = (await js.stream_info(stream.NAME)).state
    found = [await js.get_msg(stream.NAME, n) for n in range(state.first_seq, state.last_seq + 1)]
    return [it.headers["ce-id"] for it in found if it.headers]


async def waiting(db: Database) -> int:
    async with db.connection() as conn:
        row = await (await conn.execute("select count(*) from outbox")).fetchone()
    assert row
    return int(row[0])


async def test_events_leave_in_their_order_and_once(db: Database, bus: Bus, nc: Client) -> None:
    accounts = [uuid4() for _ in range(5)]
    events = [event(accounts[n % 5], n) for n in range(1200)]
    await write(db, *events)
    await drain(db, bus)
    assert await waiting(db) == 0
    found = await stored(nc)
    assert len(found) == 1200
    for it in accounts:
        mine = [ident for ident in found if ident.startswith(it.hex[:8])]
        assert mine == [e.id for e in events if e.account_id == it]


async def test_what_an_earlier_try_stored_is_not_stored_again(
    db: Database, bus: Bus, nc: Client
) -> None:
    ana = uuid4()
    events = [event(ana, n) for n in range(10)]
    assert await bus.publish(events[:4]) == Ack(4)  # and then the relay died before its delete
    await write(db, *events)
    assert await relay.drain(db, bus, Metrics()) == 10
    assert await stored(nc) == [it.id for it in events]


async def test_a_slow_wire_gives_what_it_managed(
    db: Database, bus: Bus, nc: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay's transaction is not held open for as long as a whole batch would take."""
    ask = Bus._ask

    async def slowly(self: Bus, *rest: Any) -> Any:
        await asyncio.sleep(0.15)
        return await ask(self, *rest)

    monkeypatch.setattr(Bus, "_ask", slowly)
    monkeypatch.setattr("shared.bus.client.PATIENCE", 0.5)
    ana = uuid4()
    ack = await bus._publish_singly([event(ana, n) for n in range(20)])
    assert 0 < ack.stored == len(await stored(nc)) < 20


async def test_a_line_break_in_a_header_makes_no_second_header(
    db: Database, bus: Bus, nc: Client
) -> None:
    ana = uuid4()
    events = [event(ana, n) for n in range(3)]
    events[1].headers["ce-subject"] = "a\r\nce-userid: eve"
    await write(db, *events)
    await drain(db, bus)
    assert await stored(nc) == [it.id for it in events]
    found = await nc.jetstream().get_msg(stream.NAME, 2)
    assert found.headers
    assert "ce-userid" not in found.headers


@pytest.mark.parametrize("size", [600_000, 1_200_000])
async def test_an_event_that_is_too_large_makes_way_for_the_others(
    db: Database, bus: Bus, nc: Client, size: int
) -> None:
    """The stream takes 512 KiB, the server 1 MB: the client does not even send what is above that."""
    ana = uuid4()
    events = [event(ana, 0), event(ana, 1, b"x" * size), event(ana, 2)]
    await write(db, *events)
    await drain(db, bus)
    assert await stored(nc) == [events[0].id, events[2].id]
    async with db.connection() as conn:
        rows = await (await conn.execute("select kind, what from dead_letter")).fetchall()
    assert rows == [("event", events[1].id)]


async def test_a_full_stream_keeps_everything_in_the_outbox(
    db: Database, bus: Bus, nc: Client
) -> None:
    ana = uuid4()
    await write(db, *[event(ana, n, b"%06d" % n + uuid4().bytes * 20_000) for n in range(80)])
    with pytest.raises(Away):
        await drain(db, bus)
    assert await waiting(db) > 0
    kept: set[str] = set()
    while await waiting(db):  # somebody makes room, again and again
        with suppress(Away):
            await drain(db, bus)
        kept |= set(await stored(nc))
        await stream.ask(nc, f"STREAM.PURGE.{stream.NAME}")
    assert len(kept) == 80, "nothing was dropped silently"


async def test_one_relay_works_on_a_shard_at_a_time(db: Database, bus: Bus, nc: Client) -> None:
    ana = uuid4()
    await write(db, event(ana, 0))
    async with db.transaction() as conn:
        await outbox.lock_shard(conn, ana)  # as a deletion does, or another replica's relay
        assert await relay.drain(db, bus, Metrics()) == 0
    assert await relay.drain(db, bus, Metrics()) == 1


async def test_a_stream_that_differs_is_an_error_that_says_how(bus: Bus, nc: Client) -> None:
    config = (await stream.ask(nc, f"STREAM.INFO.{stream.NAME}"))["config"]
    await stream.ask(nc, f"STREAM.UPDATE.{stream.NAME}", {**config, "discard": "old"})
    with pytest.raises(ConfigError, match="discard is 'old', wanted 'new'"):
        await bus.provision(replicas=1, max_bytes=16 << 20)


async def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="NATS did not answer"):
        await Bus.connect("nats://127.0.0.1:1", "test", patience=0.5)


async def test_a_connection_that_is_lost_ends_the_wait_for_what_was_asked_over_it(
    bus: Bus, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.client.PATIENCE", 3600)
    async with proxy() as wire:
        far = await Bus.connect(wire.before(nats_url), "test")
        wire.break_("blackhole")
        asked = asyncio.create_task(far.publish([event(uuid4(), 1)]))
        await asyncio.sleep(0)
        wire.break_("reset")
        with pytest.raises(Away):
            await asked
        wire.break_("")
        await far.close()


async def test_an_atomic_batch_is_all_or_nothing(bus: Bus, nc: Client) -> None:
    ana = uuid4()
    first, second = event(ana, 1), event(ana, 2)
    twice = structs.replace(second, id=first.id, headers=first.headers)
    assert await bus.publish([first, twice]) == Ack(2), "the duplicate is acknowledged, not stored"
    assert await stored(nc) == [first.id]
