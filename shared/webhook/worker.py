"""From the inbox to the outbox: read deliveries, find whose they are, publish, settle.

A group of deliveries is dealt with in one transaction. Where that fails, each is tried alone, so
that a poisonous one costs nobody else anything; after `MOST_TRIES` it becomes a dead letter.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

import structlog
from msgspec import Struct

from shared.errors import Away, UnsupportedEvent, WebhookError
from shared.normalizer import Version
from shared.provider import Provider
from shared.store import dead, inbox, ledger, routes, subscriptions, syncs
from shared.store import names as store_names
from shared.store.database import Connection, Database
from shared.store.inbox import Leased
from shared.sync import names
from shared.sync.normalize import Ignored, Normalize
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics
from shared.types import Names, Nudge, Record

log = structlog.get_logger()

GROUP = 100
"""Deliveries in one transaction."""

MOST_TRIES = 5


class Read(Struct):
    """What a delivery turned out to say, before anybody was asked whose it is."""

    row: Leased
    told: list[Record | Nudge | Names] = []
    items: list[tuple[Record, Version]] = []
    nudges: list[Nudge] = []
    names: list[Names] = []
    given_up: dead.Kind | None = None
    error: str = ""
    unsupported: str = ""
    traceparent: str = ""

    @property
    def keys(self) -> set[str]:
        """Everything that may say whose it is."""
        named = [record.routes for record, _ in self.items]
        named += [it.routes for it in self.nudges] + [it.routes for it in self.names]
        return {key for keys in named for key in keys}


class InboxWorker:
    """Works through one provider's inbox."""

    def __init__(
        self,
        *,
        db: Database,
        provider: Provider,
        normalize: Normalize,
        metrics: Metrics,
        published: Callable[[], None],
        nudged: Callable[[], None],
    ) -> None:
        self._db = db
        self._provider = provider
        self._normalize = normalize
        self._metrics = metrics
        self._published = published
        self._nudged = nudged

    async def step(self) -> int:
        """Deal with one group; return how many deliveries that were, 0 when none is due."""
        async with self._db.connection() as conn:
            rows = await inbox.lease(conn, self._provider.name, GROUP)
        if not rows:
            return 0
        for turn in _turns([read(self._provider, row) for row in rows]):
            try:
                await self._deal(turn)
            except Away:
                raise
            except Exception as error:
                log.warning("a group of deliveries failed; each is tried alone", error=repr(error))
                for it in turn:
                    await self._alone(it.row)
        return len(rows)

    async def _alone(self, row: Leased) -> None:
        try:
            await self._deal([read(self._provider, row)])
        except Away:
            raise
        except Exception as error:
            log.exception(
                "a delivery failed",
                provider=self._provider.name,
                delivery=row.delivery_id,
                attempt=row.attempts,
                trace_id=traces.trace_id(row.traceparent),
            )
            text = f"{type(error).__name__}: {error}"
            async with self._db.transaction() as conn:
                if row.attempts >= MOST_TRIES:
                    await self._bury(conn, row, "webhook", text)
                    await inbox.settle(conn, [row])
                else:
                    pause = min(300.0, 2.0**row.attempts) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
                    await inbox.postpone(conn, row, text, pause)

    async def _deal(self, found: Sequence[Read]) -> None:
        reads = [self._read(it) for it in await self._told(found)]
        fresh, nudged = 0, False
        async with self._db.transaction() as conn:
            keys = {key for it in reads for key in it.keys}
            claimed, others = (
                await routes.owners(conn, self._provider.name, keys) if keys else ({}, set())
            )
            owners = [_owners(it.keys, claimed, others) for it in reads]
            users = await ledger.lock_accounts(conn, {a for owned in owners for a in owned})
            settled: list[Leased] = []
            items: list[ledger.Item] = []
            for it, owned in zip(reads, owners, strict=True):
                if it.given_up:
                    await self._bury(conn, it.row, it.given_up, it.error)
                elif it.keys and not owned:
                    await inbox.park(conn, it.row, sorted(it.keys))
                    continue
                settled.append(it.row)
                items += _items(it, claimed, others, users)
                for told in it.names:
                    accounts = _owners(told.routes, claimed, others) & set(users)
                    await store_names.put(conn, accounts, told.names)
                for nudge in it.nudges:
                    accounts = _owners(nudge.routes, claimed, others)
                    await _look(conn, nudge, sorted(accounts), set(users))
                    nudged = True
            if items:
                fresh = await ledger.publish(conn, users, items)
            if await inbox.settle(conn, settled) != len(settled):
                raise syncs.LeaseLost
        for it in reads:
            if it.given_up == "unsupported":
                self._metrics.unsupported(self._provider.name, it.unsupported)
        if fresh:
            self._published()
        if nudged:
            self._nudged()

    async def _told(self, found: Sequence[Read]) -> Sequence[Read]:
        """What deliveries say, with the names of what they mention."""
        records = [it for one in found for it in one.told if isinstance(it, Record)]
        named = iter(
            await names.on_records(self._db, self._provider.name, self._provider.directory, records)
        )
        for one in found:
            one.told = [next(named) if isinstance(it, Record) else it for it in one.told]
        return found

    def _read(self, it: Read) -> Read:
        about = {"provider": self._provider.name, "delivery": it.row.delivery_id}
        with traces.resume("normalize", about, it.row.traceparent) as span:
            found = understand(self._normalize, it)
            found.traceparent = traces.inject() if span else it.row.traceparent
        return found

    async def _bury(self, conn: Connection, row: Leased, kind: dead.Kind, error: str) -> None:
        self._metrics.dead_letters.labels(self._provider.name, kind).inc()
        await dead.put(
            conn,
            kind,
            self._provider.name,
            what=row.delivery_id,
            headers=dead.envelope(row.delivery),
            body=row.delivery.body,
            error=error,
            attempts=row.attempts,
        )


def _turns(found: Sequence[Read]) -> list[Sequence[Read]]:
    """Deliveries in their order, apart where what follows is to have the names that were told."""
    named = [any(isinstance(one, Names) for one in it.told) for it in found]
    cuts = [n for n, (was, now) in enumerate(pairwise(named), 1) if was and not now]
    return [found[begin:end] for begin, end in pairwise((0, *cuts, len(found)))]


def read(provider: Provider, row: Leased) -> Read:
    """Read one delivery; what cannot be understood is named, never raised."""
    assert provider.webhook is not None
    try:
        return Read(row, told=list(provider.webhook.read(row.delivery)))
    except (UnsupportedEvent, WebhookError) as error:
        return _given_up(row, error)


def understand(normalize: Normalize, it: Read) -> Read:
    """Sort and normalize what a delivery says; what cannot be is named, never raised."""
    try:
        for one in it.told:
            if isinstance(one, Nudge):
                it.nudges.append(one)
            elif isinstance(one, Names):
                it.names.append(one)
            elif not isinstance(version := normalize(one), Ignored):
                it.items.append((one, version))
    except (UnsupportedEvent, WebhookError) as error:
        return _given_up(it.row, error)
    return it


def _given_up(row: Leased, error: UnsupportedEvent | WebhookError) -> Read:
    if isinstance(error, UnsupportedEvent):
        return Read(row, given_up="unsupported", error=str(error), unsupported=error.kind)
    return Read(row, given_up="webhook", error=str(error))


async def _look(conn: Connection, nudge: Nudge, accounts: Sequence[UUID], there: set[UUID]) -> None:
    """Let what a nudge names be walked, and looked after; `there` may have new resources."""
    if nudge.facts:
        await syncs.found(conn, [it for it in accounts if it in there], nudge)
    await syncs.nudge(conn, accounts, nudge.stream, nudge.resource)
    if nudge.subscription:
        await subscriptions.hurry(conn, accounts, nudge.subscription)


def _owners(keys: Iterable[str], claimed: Mapping[str, set[UUID]], others: set[UUID]) -> set[UUID]:
    """Every account that claims one of the keys, else those that take what nobody claims."""
    named = [claimed[key] for key in keys if key in claimed]
    return set().union(*named) if named else others


def _items(
    it: Read,
    claimed: Mapping[str, set[UUID]],
    others: set[UUID],
    users: Mapping[UUID, str],
) -> list[ledger.Item]:
    return [
        ledger.Item(account_id, version, traceparent=it.traceparent, delivery_id=it.row.delivery_id)
        for record, version in it.items
        for account_id in sorted(_owners(record.routes, claimed, others))
        if account_id in users
    ]
