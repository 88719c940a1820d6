"""The item ledger: which version of an item is new, and the outbox rows of those that are.

Everything here runs inside a caller's transaction, which also settles what the items came from: a
cursor never moves, and a delivery is never settled, without its outbox rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, json

from shared.normalizer import Message, Version
from shared.normalizer.cloudevents import Event, of_message
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("ledger")
_STAGED = ["uuid", "text", "text", "text", "text", "bytea", "int2", "text", "text", "uuid"]
_OUTBOX = ["int2", "uuid", "text", "text", "bytea", "bytea"]

_DELETED = 2

Key = tuple[UUID, str, str]


class Item(Struct, frozen=True):
    """One version of one item of one account.

    `stream`, `resource` and `walk` say which walk listed it; they are empty for a webhook's, which
    `delivery_id` names.
    """

    account_id: UUID
    version: Version
    stream: str = ""
    resource: str = ""
    walk: UUID | None = None
    traceparent: str = ""
    delivery_id: str = ""

    @property
    def key(self) -> Key:
        """What the ledger knows the item by."""
        return (self.account_id, self.version.message.source, self.version.message.id)


async def lock_accounts(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Lock accounts for publishing; return the user of each that may publish.

    An account that is being deleted, was revoked or is switched off is missing from the answer.
    """
    cursor = await conn.execute(_SQL.lock_accounts, {"ids": sorted(set(ids))})
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def publish(conn: Connection, users: dict[UUID, str], items: Sequence[Item]) -> int:
    """Write the outbox rows of every item that is new to the ledger; return how many were.

    `users` comes from `lock_accounts` in the same transaction. Several versions of one item are
    taken one after another, each published if it is newer than the one before.
    """
    await conn.execute(_SQL.stage)
    published = 0
    for number, layer in enumerate(_layers(items)):
        if number:
            await conn.execute(_SQL.clear_staged)
        published += await _publish_layer(conn, users, layer)
    return published


async def _publish_layer(conn: Connection, users: dict[UUID, str], items: Sequence[Item]) -> int:
    async with conn.cursor() as cursor:
        async with cursor.copy(_SQL.copy_staged) as copy:
            copy.set_types(_STAGED)
            for it in items:
                message = it.version.message
                await copy.write_row(
                    (
                        it.account_id,
                        message.source,
                        message.id,
                        message.type,
                        it.version.revision,
                        it.version.digest,
                        _DELETED if message.deleted else 0,
                        it.stream,
                        it.resource,
                        it.walk,
                    )
                )
        await cursor.execute(_SQL.apply)
        fresh = {(row[0], row[1], row[2]): (row[3], row[4]) for row in await cursor.fetchall()}
        if any(it.walk for it in items):
            # Planned anew each time: a plan from when the table was small would read all of it.
            await cursor.execute(_SQL.mark_walk, prepare=False)
    events = [
        _event(it, users[it.account_id], life=life, first=first)
        for it in items
        if it.key in fresh
        for life, first in (fresh[it.key],)
    ]
    await write(conn, events)
    return len(events)


async def sweep(
    conn: Connection,
    users: dict[UUID, str],
    *,
    account_id: UUID,
    source: str,
    stream: str,
    resource: str,
    walk: UUID,
    at: datetime,
) -> int:
    """Publish a deletion for every item that the complete walk did not list; return how many.

    `at`, the moment the absence was found, is the tombstones' timestamp: nobody knows a better one.
    """
    cursor = await conn.execute(
        _SQL.sweep,
        {
            "account_id": account_id,
            "source": source,
            "stream": stream,
            "resource": resource,
            "walk": walk,
        },
    )
    events = [
        of_message(
            Message(id=ident, source=source, type=kind, timestamp=at, deleted=True),
            account_id=account_id,
            user_id=users[account_id],
            version=f"{stated}.gone.{life}",
            change="deleted",
        )
        for ident, kind, stated, life in await cursor.fetchall()
    ]
    await write(conn, events)
    return len(events)


async def write(conn: Connection, events: Iterable[Event]) -> None:
    """Append events to the outbox in the order given."""
    async with conn.cursor() as cursor, cursor.copy(_SQL.copy_outbox) as copy:
        copy.set_types(_OUTBOX)
        for event in events:
            await copy.write_row(
                (
                    event.shard,
                    event.account_id,
                    event.subject,
                    event.id,
                    json.encode(event.headers),
                    event.payload,
                )
            )


def _event(it: Item, user_id: str, *, life: int, first: bool) -> Event:
    version, deleted = it.version, it.version.message.deleted
    return of_message(
        version.message,
        account_id=it.account_id,
        user_id=user_id,
        version=f"{version.revision}.{'gone' if deleted else version.digest.hex()}.{life}",
        change="deleted" if deleted else "created" if first else "updated",
        body=version.body,
        traceparent=it.traceparent,
        delivery_id=it.delivery_id,
    )


def _layers(items: Sequence[Item]) -> list[list[Item]]:
    """Split so that an item stands at most once in each part, its versions in the order given.

    A version that follows itself is left out: pages overlap, and it would never be new.
    """
    layers: list[list[Item]] = []
    versions: dict[Key, list[tuple[str, bytes]]] = {}
    for it in items:
        before, version = versions.setdefault(it.key, []), (it.version.revision, it.version.digest)
        if before and before[-1] == version:
            continue
        if len(before) == len(layers):
            layers.append([])
        layers[len(before)].append(it)
        before.append(version)
    return layers
