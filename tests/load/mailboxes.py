"""Mailboxes walked from the played Gmail to Messages in the stream, at first and when little changed."""

import asyncio
import cProfile
import os
import time
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import httpx
from msgspec import Struct, structs
from nats.aio.client import Client

from services.google.provider import provider as google
from shared.service.hub import Hub
from shared.simulation import CONTROL
from shared.store import runs
from shared.store.database import Database
from tests.load.figures import Path, Row, middle
from tests.load.mails import CHANGE
from tests.load.processes import Costs, resident, server
from tests.load.profiles import top
from tests.load.syncing import PATIENCE, service
from tests.load.world import Size, World, account, database, empty, fresh_stream, stored

MAILBOXES = 20
MAILS = "self.events.email.gmail.>"
UNMETERED = structs.replace(google, quotas={}, charges=None, subscriptions=())
"""Google without its limits, with which this would take an hour."""
STREAMS = tuple(it for it in google.streams if it.name == "messages")


class Walks(Struct, frozen=True):
    """What walks of all mailboxes need."""

    db: Database
    nc: Client
    hub: Hub

    async def accounts(self, prefix: str) -> list[UUID]:
        """As many accounts as there are mailboxes."""
        return [await account(self.db, f"{prefix}{n}", provider=google) for n in range(MAILBOXES)]

    async def walk(
        self, idents: Sequence[UUID], mode: Literal["full", "incremental"], many: int
    ) -> float:
        """Seconds from the moment that the runs are asked for to the last Message in the stream."""
        before, began = await stored(self.nc, MAILS), time.perf_counter()
        for ident in idents:
            async with self.db.transaction() as conn:
                await runs.start_run(conn, streams=STREAMS, account_id=ident, mode=mode)
        self.hub.wake()
        async with asyncio.timeout(PATIENCE):
            while await stored(self.nc, MAILS) < before + many:
                await asyncio.sleep(0.05)
        return time.perf_counter() - began


async def measure(world: World, size: Size) -> Path:
    """All mailboxes at once, several times, and once more profiled; then one percent of each changes."""
    pids = {"service": os.getpid(), "PostgreSQL": world.postgres, "NATS": world.nats}
    mails = size.issues // MAILBOXES
    many, changed = mails * MAILBOXES, max(1, mails // 100)
    seconds, held = list[float](), list[float]()
    async with database(world) as db:
        await empty(db, "connected_account", "outbox", "item")
        with server("gmail", mails=mails) as (pid, port):
            async with fresh_stream(world) as nc, service(world, port, UNMETERED) as hub:
                its = Walks(db, nc, hub)
                for number in range(size.rounds):
                    idents = await its.accounts(f"r{number}x")
                    used = Costs(pids | {"Google": pid})
                    seconds.append(await its.walk(idents, "full", many))
                    costs = used.per(many)
                    held.append(resident(os.getpid()))
                with cProfile.Profile() as profiler:
                    idents = await its.accounts("profiled")
                    await its.walk(idents, "full", many)
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as gmail:
                    await gmail.post(f"{CONTROL}/story/{CHANGE}")
                    before = await _calls(gmail)
                    await its.walk(idents, "incremental", changed * MAILBOXES)
                    calls = (await _calls(gmail) - before) / MAILBOXES
        await empty(db, "connected_account", "outbox", "item")
    rate, more = middle([many / it for it in seconds]), held[-1] - held[0]
    what = f"{many:,} mails of {MAILBOXES} accounts listed, read, in the stream"
    again = f"memory after {size.rounds - 1} more such walks, of {held[0]:.0f} MB"
    few = f"an account with {changed} of {mails:,} mails changed"
    rows = [
        Row("mail", what, rate, "Messages/s", "", ">= 1,500", rate >= 1500),
        Row("mail", again, max(more, 0.1), "MB more", "", "< 20", more < 20),
        Row("mail", few, calls, "calls", "", f"<= {1 + changed}", calls <= 1 + changed),
    ]
    return Path("mail", rows, costs, top(profiler))


async def _calls(simulated: httpx.AsyncClient) -> int:
    return int((await simulated.get(CONTROL)).json()["calls"])
