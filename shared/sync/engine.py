"""Walks: page by page through a provider's history, each with its cursor in one transaction.

A walk is leased, so that one worker does it; fenced, so that one thought dead publishes nothing; and
cut into slices, so that a large account keeps no small one waiting. It always goes on from its cursor.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from msgspec import json

from shared.errors import Away, HubError
from shared.provider import Api, Provider, Stream
from shared.store import ledger, runs, syncs
from shared.store.database import Database
from shared.store.syncs import LeaseLost, Unit
from shared.sync import names, obstacles, pages, subscriptions
from shared.sync.ahead import Reading
from shared.sync.normalize import Normalize
from shared.sync.pages import Found
from shared.sync.verdict import AFTER_REFUSAL, Ending, tell, verdict
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics
from shared.types import Page

log = structlog.get_logger()

SLICE = 10.0
"""Seconds that one walk may go on before others get a turn."""
PER_ACCOUNT = 4
"""Walks of one account at once, in one process."""


class SyncWorker:
    """Does one provider's walks."""

    def __init__(
        self,
        *,
        db: Database,
        provider: Provider,
        normalize: Normalize,
        api_for: Callable[[UUID], Api],
        metrics: Metrics,
        published: Callable[[], None],
        owner: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._provider = provider
        self._streams = {it.name: it for it in provider.streams}
        self._normalize = normalize
        self._named = partial(names.on_pages, db, provider.directory)
        self._api_for = api_for
        self._metrics = metrics
        self._published = published
        self._owner = owner
        self._clock = clock
        self._busy: Counter[UUID] = Counter()
        self._served: set[UUID] = set()

    async def lease(self) -> Unit | None:
        """Take the next walk; accounts served since the last round wait for the others."""
        full = {account for account, n in self._busy.items() if n >= PER_ACCOUNT}
        async with self._db.connection() as conn:
            unit = await syncs.lease(
                conn, self._provider.name, self._owner, [*(self._served | full)]
            )
            if unit is None and self._served - full:
                self._served.clear()
                unit = await syncs.lease(conn, self._provider.name, self._owner, [*full])
        if unit is not None:
            self._busy[unit.account_id] += 1
            self._served.add(unit.account_id)
        return unit

    async def run(self, unit: Unit) -> None:
        """Do one slice of a leased walk; raises Away when the database does not answer."""
        about = {"provider": self._provider.name, **unit.about}
        with structlog.contextvars.bound_contextvars(**about), traces.root("walk", about):
            await self._hold(unit)

    async def _hold(self, unit: Unit) -> None:
        keeper = asyncio.create_task(self._keep(unit, asyncio.current_task()))
        try:
            await self._slice(unit)
        except LeaseLost:
            log.info("a walk was taken over")
        except asyncio.CancelledError:
            if not keeper.done():  # the process stops
                await self._give_back(unit)
                raise
            _uncancel()
        finally:
            keeper.cancel()
            self._busy -= Counter({unit.account_id: 1})

    async def _keep(self, unit: Unit, walker: "asyncio.Task[Any] | None") -> None:
        """Hold the lease while a page is slow; when it is lost, stop the walk."""
        while True:
            await asyncio.sleep(syncs.LEASE / 3)
            try:
                async with self._db.connection() as conn:
                    await syncs.keep(conn, unit)
            except LeaseLost:
                assert walker is not None
                walker.cancel()
                return
            except Away:
                continue

    async def _slice(self, unit: Unit) -> None:
        stream = self._streams.get(unit.stream)
        if stream is None:  # an older or newer version of the code declares it
            await self._end(unit, "paused", AFTER_REFUSAL, "no such stream in this version")
            return
        try:
            ending, seconds, note = await self._walk(unit, stream)
        except LeaseLost:
            raise
        except Exception as error:
            ending, seconds, note = verdict(error, unit)
            if isinstance(error, Away):
                raise
            unforeseen = not isinstance(error, HubError)
            log.info("a walk stopped", error=note, again_in=round(seconds), exc_info=unforeseen)
        await self._end(unit, ending, seconds, note)

    async def _walk(self, unit: Unit, stream: Stream) -> tuple[Ending, float, str]:
        if reason := obstacles.lacking(stream.scopes, unit.scopes):
            return "done", AFTER_REFUSAL, reason  # only this stream; the account's others go on
        if unit.cursor is None and stream.after and await self._too_early(unit, stream.after):
            return "paused", 1.0, ""
        began = self._clock()
        cursor = json.decode(unit.cursor, type=stream.cursor) if unit.cursor else stream.cursor()
        walk = unit.fresh if not unit.walking and pages.proves(stream, cursor) else unit.walk
        reading = Reading(
            stream.pages(self._api_for(unit.account_id), cursor, unit.resource),
            until=lambda: self._clock() - began >= SLICE,
        )
        async with aclosing(reading.groups()) as groups:
            async for group in groups:
                named = await self._named(unit.account_id, group)
                found = await pages.read(self._normalize, unit, named, walk)
                walk = None if found.letters else walk  # what nobody understood is not gone
                if not await self._commit(unit, stream, group, found, walk):
                    return "failed", AFTER_REFUSAL, "the account is switched off"
        if reading.cut:
            return "paused", 0.0, ""
        if walk is not None:
            await self._sweep(unit, stream, walk)
        return "done", stream.every * random.uniform(0.9, 1.1), ""  # noqa: S311 - jitter

    async def _too_early(self, unit: Unit, before: str) -> bool:
        async with self._db.connection() as conn:
            return not await syncs.attempted(conn, unit.account_id, before)

    async def _commit(
        self, unit: Unit, stream: Stream, group: Sequence[Page], found: Found, walk: UUID | None
    ) -> bool:
        """Publish pages and move the cursor past them; False when the account must not publish."""
        async with self._db.transaction() as conn:
            users = await ledger.lock_accounts(conn, [unit.account_id])
            if not users:
                return False
            published = await ledger.publish(conn, users, found.items) if found.items else 0
            await pages.bury(conn, self._provider.name, unit, found)
            await pages.discover(conn, self._provider, unit, group, walk)
            await syncs.advance(conn, unit, json.encode(group[-1].cursor), walk, pages=len(group))
            if unit.run_id:
                await runs.count(
                    conn,
                    unit.run_id,
                    pages=len(group),
                    listed=found.listed,
                    published=published,
                    unchanged=len(found.items) - published,
                    excluded=found.excluded,
                    expected=found.expected,
                )
        for kind in found.unsupported:
            self._metrics.unsupported(self._provider.name, kind)
        counted = self._metrics.sync_items.labels
        counted(self._provider.name, stream.name, "published").inc(published)
        counted(self._provider.name, stream.name, "unchanged").inc(len(found.items) - published)
        if published:
            self._published()
        return True

    async def _sweep(self, unit: Unit, stream: Stream, walk: UUID) -> None:
        """What the complete walk did not list is gone: items, and resources with their walks."""
        async with self._db.transaction() as conn:
            users = await ledger.lock_accounts(conn, [unit.account_id])
            if not users:
                return
            await syncs.keep(conn, unit)
            gone = await ledger.sweep(
                conn,
                users,
                account_id=unit.account_id,
                source=stream.source,
                stream=unit.stream,
                resource=unit.resource.id,
                walk=walk,
                at=datetime.now(UTC),
            )
            if not unit.resource.id:  # a part says nothing of what the other parts hold
                await syncs.drop_resources(conn, unit, walk)
        if gone:
            self._published()

    async def _end(self, unit: Unit, ending: Ending, seconds: float, note: str) -> None:
        async with self._db.transaction() as conn:
            # The account first, as everywhere: two transactions never wait for each other.
            users = await ledger.lock_accounts(conn, [unit.account_id])
            if ending == "done":
                await syncs.finish(conn, unit, seconds=seconds, note=note)
                if not unit.resource.id:  # its resources are known now
                    await subscriptions.ensure(conn, self._provider, unit.account_id)
            else:
                await syncs.release(conn, unit, seconds=seconds, error=note, failed=bool(note))
            await tell(conn, self._provider, unit, ending, note)
            if unit.run_id and ending != "paused":
                error = note if ending != "done" else ""
                await runs.unit_done(conn, self._provider, unit, users=users, error=error)
        if ending != "paused":
            self._published()

    async def _give_back(self, unit: Unit) -> None:
        """The process stops: let another one go on at once instead of when the lease runs out."""
        with suppress(Away):
            async with self._db.connection() as conn:
                await syncs.release(conn, unit, seconds=0.0)


def _uncancel() -> None:
    """The cancellation was ours and ends here."""
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()
