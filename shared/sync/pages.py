"""From pages of records to what the ledger takes, with every listed record accounted for."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, json

from shared.errors import Unreadable, UnsupportedEvent
from shared.provider import Provider, Stream
from shared.store import dead, ledger, names, routes, syncs
from shared.store.database import Connection
from shared.store.syncs import Unit
from shared.sync.normalize import Ignored, Normalize
from shared.telemetry import traces
from shared.types import Page, Record

TURN = 0.005
"""Seconds of normalizing after which others get their turn."""

UNREADABLE = "unreadable, kept as a dead letter"
UNSUPPORTED = "of an unsupported kind, kept as a dead letter"


class Found(Struct):
    """Pages sorted: items for the ledger, exclusions by reason, and what could not be understood.

    `listed` counts everything that stood on them, `expected` is what the provider says there will be.
    """

    items: list[ledger.Item]
    excluded: Counter[str]
    letters: list[tuple[Record, str, dead.Kind]]
    listed: int
    expected: int | None

    @property
    def unsupported(self) -> list[str]:
        """The kinds that nobody declared."""
        return [record.kind for record, _, kind in self.letters if kind == "unsupported"]


class Origin(Struct, frozen=True):
    """What a dead record needs beside its payload to be tried again."""

    kind: str
    revision: str
    removed: bool


def proves(stream: Stream, cursor: Any) -> bool:
    """Whether what the walk from this cursor does not list is not there any more."""
    if callable(stream.complete):
        return stream.complete(cursor)
    return stream.complete and cursor == stream.cursor()


async def read(normalize: Normalize, unit: Unit, group: Sequence[Page], walk: UUID | None) -> Found:
    """Normalize every record; what fails is set aside with its reason, never raised.

    Webhooks get their turn in between: a page of mails takes tens of milliseconds.
    """
    excluded = sum((Counter(page.excluded) for page in group), Counter[str]())
    totals = [page.total for page in group if page.total is not None]
    found = Found(
        items=[],
        excluded=excluded,
        letters=[],
        listed=sum(len(page.records) for page in group) + excluded.total(),
        expected=sum(totals) if totals else None,
    )
    trace, since = traces.inject(), time.perf_counter()
    for record in (it for page in group for it in page.records):
        if time.perf_counter() - since > TURN:
            await asyncio.sleep(0)
            since = time.perf_counter()
        try:
            version = normalize(record)
        except UnsupportedEvent as error:
            found.letters.append((record, str(error), "unsupported"))
            found.excluded[UNSUPPORTED] += 1
        except Unreadable as error:
            found.letters.append((record, str(error), "record"))
            found.excluded[UNREADABLE] += 1
        else:
            if isinstance(version, Ignored):
                found.excluded[version.reason] += 1
                continue
            found.items.append(
                ledger.Item(unit.account_id, version, unit.stream, unit.resource.id, walk, trace)
            )
    return found


async def discover(
    conn: Connection, provider: Provider, unit: Unit, group: Sequence[Page], walk: UUID | None
) -> None:
    """Keep the names, routes and resources that stand on pages; a resource begins walks of its own."""
    mine = [it for it in provider.streams if it.per_resource and it.of in ("", unit.stream)]
    for page in group:
        if page.routes is not None:
            origin = f"{unit.stream}:{unit.resource.id}"
            await routes.set_routes(conn, provider.name, unit.account_id, {origin: page.routes})
        await names.put(conn, [unit.account_id], page.names)
        if page.resources:
            await syncs.put_resources(
                conn,
                provider.name,
                unit,
                page.resources,
                streams=[it.name for it in mine],
                walk=walk,
            )


async def bury(conn: Connection, provider: str, unit: Unit, found: Found) -> None:
    """Keep what could not be understood, in the transaction that moves the cursor past it."""
    for record, error, kind in found.letters:
        await dead.put(
            conn,
            kind,
            provider,
            what=record.kind,
            headers=json.encode(Origin(record.kind, record.revision, record.removed)),
            body=bytes(record.payload),
            error=error,
            account_id=unit.account_id,
        )
