"""Slack: channels walked to Messages in the stream, and an event from its arrival to a consumer."""

import asyncio
import cProfile
import os
import time
from statistics import quantiles
from uuid import UUID

import httpx
from msgspec import json, structs
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.slack.provider import provider as slack
from shared.service.hub import Hub
from shared.store import names, runs, syncs
from shared.store.database import Connection, Database
from shared.types import Resource
from tests.load.figures import Path, Row, middle
from tests.load.processes import Costs, server
from tests.load.profiles import top
from tests.load.sender import SECRET
from tests.load.syncing import PATIENCE, service
from tests.load.workspace import CHANNELS, PEOPLE, message
from tests.load.world import Size, World, account, database, empty, fresh_stream, stored
from tests.providers.slack.sign import STAMP, sign

TOLD = "self.events.message.slack"
UNMETERED = structs.replace(slack, quotas={})
"""Slack without its limits, with which this would take minutes."""
STREAMS = tuple(it for it in slack.streams if it.name == "messages")
EVENTS = 200
"""Events a second."""


async def measure(world: World, size: Size) -> Path:
    """Several accounts, one after another, the last one profiled; then events."""
    each = size.issues // 20
    many = each * CHANNELS
    pids = {"service": os.getpid(), "PostgreSQL": world.postgres, "NATS": world.nats}
    seconds = list[float]()
    async with database(world) as db:
        await empty(db, "connected_account", "outbox", "item")
        with server("workspace", many=each) as (pid, port):
            async with fresh_stream(world) as nc, service(world, port, UNMETERED) as hub:
                for number in range(size.rounds):
                    used = Costs(pids | {"Slack": pid})
                    seconds.append(await _walk(db, nc, hub, f"user{number}", many))
                    costs = used.per(many)
                with cProfile.Profile() as profiler:
                    await _walk(db, nc, hub, "profiled", many)
        await empty(db, "connected_account", "outbox", "item")
        async with fresh_stream(world) as nc:
            late = await _latencies(world, db, nc, min(size.webhooks, 10 * EVENTS))
        await empty(db, "connected_account", "outbox", "item", "webhook_inbox", "webhook_seen")
    rate, p95 = middle([many / it for it in seconds]), quantiles(late, n=20)[18]
    what = f"{many:,} messages of {CHANNELS} channels listed, named, in the stream"
    rows = [
        Row("chat", what, rate, "Messages/s", "", ">= 4,000", rate >= 4000),
        Row("chat", f"event to consumer at {EVENTS}/s, p95", p95, "ms", "", "< 100", p95 < 100),
    ]
    return Path("chat", rows, costs, top(profiler))


async def _walk(db: Database, nc: Client, hub: Hub, user_id: str, many: int) -> float:
    """Seconds from the moment that a run is asked for to the last Message in the stream."""
    ident = await account(db, user_id, provider=slack)
    began = time.perf_counter()
    async with db.transaction() as conn:
        await _ask(conn, ident)
    hub.wake()
    async with asyncio.timeout(PATIENCE):
        while await stored(nc, f"{TOLD}.{user_id}") < many:
            await asyncio.sleep(0.05)
    return time.perf_counter() - began


async def _ask(conn: Connection, ident: UUID) -> None:
    """A run over the messages of every channel, of people whose names are known."""
    await names.put(conn, [ident], PEOPLE)
    found = syncs.Unit(
        account_id=ident,
        stream="channels",
        resource=Resource(),
        lane="live",
        cursor=None,
        walk=None,
        walking=False,
        run_id=None,
        gen=0,
        error_count=0,
    )
    rooms = [Resource(f"C{n:03}", f"room {n}", facts={"type": "channel"}) for n in range(CHANNELS)]
    await syncs.put_resources(conn, slack.name, found, rooms, streams=["messages"], walk=None)
    await runs.start_run(
        conn, streams=STREAMS, account_id=ident, mode="incremental", stream="messages"
    )


async def _latencies(world: World, db: Database, nc: Client, many: int) -> list[float]:
    """Milliseconds from the moment that an event is sent to the Message at a subscriber."""
    ident = await account(db, "ana", "channel:C001", provider=slack)
    async with db.transaction() as conn:
        await names.put(conn, [ident], PEOPLE)
    sent, late, whole = dict[str, float](), list[float](), asyncio.Event()

    async def heard(it: Msg) -> None:
        late.append(1000 * (time.perf_counter() - sent[json.decode(it.data)["id"]]))
        if len(late) == many:
            whole.set()

    await nc.subscribe(f"{TOLD}.ana", cb=heard)
    engines = {"postgres_url": world.postgres_url, "nats_url": world.nats_url}
    with server("service", provider="slack", work=True, **engines) as (_, port):
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
            asyncio.timeout(PATIENCE),
            asyncio.TaskGroup() as tasks,
        ):
            began = time.perf_counter()
            for number in range(many):
                await asyncio.sleep(began + number / EVENTS - time.perf_counter())
                tasks.create_task(_tell(client, sent, number))
            await whole.wait()
    return late


async def _tell(client: httpx.AsyncClient, sent: dict[str, float], number: int) -> None:
    """One signed event."""
    row = message(number)
    event = {**row, "channel": "C001", "channel_type": "channel"}
    envelope = {"type": "event_callback", "team_id": "T01", "event": event}
    body = json.encode({**envelope, "event_id": f"Ev{number:08}"})
    facts = {"content-type": "application/json", STAMP: str(int(time.time()))}
    headers = sign(SECRET.encode(), body, facts)
    sent[f"C001:{row['ts']}"] = time.perf_counter()
    answer = await client.post("/webhook", content=body, headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(f"an event was not taken: {answer.status_code}")
