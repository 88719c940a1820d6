"""Messages into tables: one transaction a batch, after which the newest versions are what is known.

Whatever the order, the repetitions and the crashes, the same newest versions give the same tables.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.context import identity
from services.context.people import Key
from services.context.reading import Closed, Item, read
from shared.bus.tail import Heard
from shared.store.database import Connection, Database
from shared.store.sql import load

_SQL = load("apply", "services.context")
_STAGED = ["text", "uuid", "text", "text", "int8", "bool", "text", "timestamptz", "text", "text", "bytea", "text"]  # fmt: skip
_SEEN = ["int8", "text", "uuid", "uuid", "text", "timestamptz", "bool", "bool", "bool"]
_TASKS = ["uuid", "int8", "text", "timestamptz", "text", "text", "text", "text", "text"]
_EVENTS = ["int8", "text", "uuid", "text", "text", "text", "text", "timestamptz", "timestamptz", "text", "text", "bool", "bool", "text", "text"]  # fmt: skip


class _People:
    """How appearances changed in a transaction."""

    def __init__(self) -> None:
        self.added: dict[UUID, tuple[str, Key]] = {}
        self.removed: set[UUID] = set()
        self.links: Counter[identity.Pair] = Counter()

    def take_out(self, rows: Iterable[tuple[UUID, UUID | None, int]]) -> None:
        """Rows of key, alias and how often."""
        for key, alias, n in rows:
            self.removed.add(key)
            if alias is not None:
                self.removed.add(alias)
                self.links[key, alias] -= n


async def handle(db: Database, heard: Sequence[Heard]) -> None:
    """Take in a batch, all or nothing; raises Unreadable for a message that makes no sense, Away."""
    told = [it for one in heard if (it := read(one.headers, one.payload)) is not None]
    if not told:
        return
    async with db.transaction() as conn:
        await conn.execute(_SQL.lock_users, {"users": sorted({it.user_id for it in told})})
        people = _People()
        await _close(conn, sorted({it.account_id for it in told if isinstance(it, Closed)}), people)
        await _take(conn, [it for it in told if isinstance(it, Item)], people)
        await identity.settle(conn, people.added, people.removed, people.links)


async def bury(db: Database, it: Heard, reason: str) -> None:
    """Write down a message that was given up on: where it is and why, and nothing that is in it."""
    facts = {
        "sequence": it.sequence,
        "event_id": it.headers.get("ce-id", "").replace("\0", "")[:100],
        "account_id": it.headers.get("ce-accountid", "").replace("\0", "")[:100],
        "reason": reason.replace("\0", "")[:500],
    }
    async with db.connection() as conn:
        await conn.execute(_SQL.bury, facts)


async def forget(db: Database) -> int:
    """Drop what protects from late messages, when none can come any more."""
    async with db.connection() as conn:
        return (await conn.execute(_SQL.forget)).rowcount


async def _close(conn: Connection, accounts: list[UUID], people: _People) -> None:
    if accounts:
        await conn.execute(_SQL.close, {"accounts": accounts})
        people.take_out(await _rows(conn, "unsee_accounts", accounts=accounts))
        await conn.execute(_SQL.drop_accounts, {"accounts": accounts})
        await conn.execute(_SQL.drop_letters, {"accounts": [str(it) for it in accounts]})


async def _take(conn: Connection, items: list[Item], people: _People) -> None:
    accounts = sorted({it.account_id for it in items})
    closed = {row[0] for row in await _rows(conn, "closed", accounts=accounts)}
    newest: dict[tuple[UUID, str, str], Item] = {}
    for it in items:
        if it.account_id not in closed and (
            it.key not in newest or newest[it.key].sequence < it.sequence
        ):
            newest[it.key] = it
    if not newest:
        return
    await conn.execute(_SQL.stage)
    await _copy(conn, "copy_staged", _STAGED, map(_row, newest.values()))
    found = await _rows(conn, "apply")
    fresh = {row[0]: newest[row[1], row[2], row[3]] for row in found}
    if changed := [row[0] for row in found if row[4]]:
        people.take_out(await _rows(conn, "unsee", items=changed))
        await conn.execute(_SQL.drop_tasks, {"items": changed})
        await conn.execute(_SQL.drop_events, {"items": changed})
        gone = [ident for ident in changed if fresh[ident].deleted]
        await conn.execute(_SQL.drop_marks, {"items": gone})
    await _derive(conn, fresh, people)


async def _derive(conn: Connection, fresh: dict[int, Item], people: _People) -> None:
    """Write what the items say."""
    seen, tasks, events = [], [], []
    for ident, it in fresh.items():
        for one in it.seen:
            key = one.key.of(it.user_id)
            alias = one.alias.of(it.user_id) if one.alias else None
            people.added[key] = it.user_id, one.key
            if one.alias and alias:
                people.added[alias] = it.user_id, one.alias
                people.links[key, alias] += 1
            seen.append(
                (ident, one.role, key, alias, one.name, it.at, one.automated, one.counted, one.own)
            )
        for task in it.tasks:
            task_id = task.id(it.user_id, it.account_id, it.source, it.message_id)
            about = (task.rule, task.title, task.evidence, task.state, task.due)
            tasks.append((task_id, ident, it.user_id, it.at, *about))
        if e := it.event:
            when = (e.starts, e.ends, e.start, e.end, e.all_day, e.cancelled)
            what = (e.series, e.precedence, e.kind, e.uid, e.title)
            events.append((ident, it.user_id, *what, *when, e.location, e.link))
    await _copy(conn, "copy_seen", _SEEN, seen)
    await _copy(conn, "copy_tasks", _TASKS, tasks)
    await _copy(conn, "copy_events", _EVENTS, events)


def _row(it: Item) -> tuple[object, ...]:
    about = (it.user_id, it.account_id, it.source, it.message_id, it.sequence, it.deleted)
    return (*about, it.type, it.at, it.thread_id, it.parent_id, it.body, it.words)


async def _rows(conn: Connection, name: str, **given: object) -> list[Any]:
    return await (await conn.execute(_SQL[name], given or None)).fetchall()


async def _copy(
    conn: Connection, name: str, types: list[str], rows: Iterable[tuple[object, ...]]
) -> None:
    async with conn.cursor() as cursor, cursor.copy(_SQL[name]) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)
