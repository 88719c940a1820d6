"""One replica of a service, for the chaos tests; `machines.replica` starts it.

Leases and patience with what does not answer are cut to seconds, because a test waits for them. `CHAOS_SABOTAGE`
takes a protection out, so that the tests can show that they would notice.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from msgspec import json, structs

from shared.bus import stream
from shared.bus.client import Ack, Bus
from shared.config import load
from shared.http import gate
from shared.normalizer.cloudevents import Event
from shared.provider import Stream as Declared
from shared.service import relay
from shared.service.fleet import serve
from shared.store import database, inbox, syncs
from shared.store.syncs import Unit
from shared.sync.engine import SyncWorker
from shared.telemetry import logs
from shared.types import Page
from shared.webhook.writer import Writer
from tests.chaos.machines import ROOT
from tests.chaos.provider import provider

WINDOW = 0.3
"""Seconds that a sabotaged step takes longer, so that a kill meets it."""

FEW = 10
"""Events that a sabotaged relay publishes at once, so that a kill meets the moment after a commit."""


def cursor_first() -> None:
    """Move the cursor in a transaction of its own, before what it passes is in the outbox."""
    commit = SyncWorker._commit

    async def wrong(
        self: Any, unit: Unit, stream: Declared, group: Sequence[Page], *rest: Any
    ) -> bool:
        async with self._db.transaction() as conn:
            await syncs.advance(conn, unit, json.encode(group[-1].cursor), rest[-1])
        await asyncio.sleep(WINDOW)
        return await commit(self, unit, stream, group, *rest)

    SyncWorker._commit = wrong  # type: ignore[method-assign,assignment] # that is the sabotage


def no_message_id() -> None:
    """Publish without what lets the stream refuse a repetition."""
    publish = Bus.publish

    async def wrong(self: Bus, events: Sequence[Event]) -> Ack:
        bare = {"Nats-Msg-Id"}
        told = [
            structs.replace(it, headers={k: v for k, v in it.headers.items() if k not in bare})
            for it in events
        ]
        ack = await publish(self, told)
        await asyncio.sleep(WINDOW)
        return ack

    Bus.publish = wrong  # type: ignore[method-assign] # that is the sabotage


def core_publish() -> None:
    """Publish as plain NATS does: no acknowledgement, and so no word of what was not stored."""
    vars(relay)["LARGEST_BATCH"] = FEW

    async def wrong(self: Any, events: Sequence[Event]) -> Ack:
        for it in events:
            await self._nc.publish(it.subject, it.payload, headers=it.headers)
        await asyncio.sleep(WINDOW / 30)
        return Ack(len(events))

    Bus.publish = wrong  # type: ignore[method-assign] # that is the sabotage


def persist_async() -> None:
    """Let the stream acknowledge what is not on disk; atomic batches exclude it, so they go too."""
    vars(relay)["LARGEST_BATCH"] = FEW
    stream.FIXED[stream.NAME] |= {"persist_mode": "async", "allow_atomic": False}
    stream._compare = lambda *_: None


def answer_first() -> None:
    """Answer a delivery before it is on disk."""
    put = Writer.put
    kept = set()

    async def later(self: Writer, row: Any) -> None:
        await asyncio.sleep(WINDOW)
        await put(self, row)

    async def wrong(self: Writer, row: Any) -> None:
        task = asyncio.create_task(later(self, row))
        kept.add(task)
        task.add_done_callback(lambda it: it.cancelled() or it.exception())

    Writer.put = wrong  # type: ignore[method-assign] # that is the sabotage


SABOTAGE = {
    "cursor first": cursor_first,
    "no message id": no_message_id,
    "core publish": core_publish,
    "persist async": persist_async,
    "answer first": answer_first,
}


def main(port: int) -> None:
    """Serve until killed."""
    inbox.LEASE = syncs.LEASE = gate.OPEN = 2.0
    # It has to outlast what the relay waits for within a transaction, however busy the machine is.
    database.SILENCE = float(os.environ.get("CHAOS_SILENCE", database.SILENCE))
    if sabotage := os.environ.get("CHAOS_SABOTAGE"):
        SABOTAGE[sabotage]()
    logs.configure("warning", json=True)
    settings = load(provider, os.environ, port=port, path=ROOT / "tests/chaos/config.yaml")
    serve([(provider, settings)], "127.0.0.1", port, mounted=False)
