"""What the tables must say, folded from the stream in another way than the service does it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct, json

from services.context.reading import Closed, Item, read
from shared.bus.tail import Heard
from shared.normalizer import Message
from shared.normalizer.cloudevents import of_message
from shared.store.database import Database

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
_SPACE = UUID("6f1b3c52-0a54-4a55-9f0b-5a3c9d5f6a11")


class Told(Struct, frozen=True):
    """One event of the stream, in the words of a test."""

    message: Message | None
    sequence: int = 0
    account: str = "one"
    user: str = "ana"


def account(name: str) -> UUID:
    """The same for the same name."""
    return uuid5(_SPACE, name)


def heard(it: Told) -> Heard:
    """The event as a reader is given it; without a message, the account was deleted."""
    ident = account(it.account)
    if it.message is None:
        body = {"what": "deleted", "account_id": str(ident), "user_id": it.user, "reason": "asked"}
        headers = {"ce-userid": it.user, "ce-accountid": str(ident), "ce-id": f"gone-{ident}"}
        return Heard("", it.sequence, AT, headers, json.encode(body))
    change = "deleted" if it.message.deleted else "updated"
    event = of_message(
        it.message,
        account_id=ident,
        user_id=it.user,
        version=str(it.sequence),
        change=change,  # type: ignore[arg-type]  # one of the two
    )
    headers = event.headers | {"ce-sequence": f"{it.sequence:020d}"}
    return Heard(event.subject, it.sequence, AT, headers, event.payload)


def fold(events: Iterable[Heard]) -> dict[str, Any]:
    """The tables, by what identifies a row to a person."""
    told = [read(it.headers, it.payload) for it in events]
    closed = {it.account_id for it in told if isinstance(it, Closed)}
    newest: dict[tuple[UUID, str, str], Item] = {}
    for it in told:
        if isinstance(it, Item) and it.account_id not in closed:
            before = newest.get(it.key)
            newest[it.key] = it if before is None or it.sequence > before.sequence else before
    alive = {key: it for key, it in newest.items() if not it.deleted}
    return {
        "items": {key: (it.sequence, it.deleted) for key, it in newest.items()},
        "seen": sorted(
            (str(key), one.role, str(one.key.of(it.user_id)))
            for key, it in alive.items()
            for one in it.seen
        ),
        "tasks": sorted(
            (str(task.id(it.user_id, *it.key)), task.state)
            for it in alive.values()
            for task in it.tasks
        ),
        "events": sorted(str(it.event.series) for it in alive.values() if it.event),
        "people": people(alive.values()),
    }


def people(items: Iterable[Item]) -> dict[frozenset[UUID], tuple[Any, ...]]:
    """Groups of keys, found by walking from key to key, with what is said of each."""
    neighbours: dict[UUID, set[UUID]] = defaultdict(set)
    facts: dict[UUID, list[tuple[datetime, str, bool, bool]]] = defaultdict(list)
    for it in items:
        for one in it.seen:
            key = one.key.of(it.user_id)
            other = one.alias.of(it.user_id) if one.alias else key
            neighbours[key].add(other)
            neighbours[other].add(key)
            facts[key].append((it.at, one.name, one.automated, one.own))
    found = {}
    left = set(neighbours)
    while left:
        group, border = set(), {min(left)}
        while border:
            group |= border
            border = {other for key in border for other in neighbours[key]} - group
        left -= group
        said = [fact for key in group for fact in facts[key]]
        named = [(at, name) for at, name, _, _ in said if name]
        found[frozenset(group)] = (
            min(group),
            max(named)[1] if named else "",
            min(at for at, *_ in said),
            max(at for at, *_ in said),
            any(automated for _, _, automated, _ in said),
            any(own for *_, own in said),
        )
    return found


async def tables(db: Database) -> dict[str, Any]:
    """The same, as it is stored."""
    items = await _rows(
        db, "select account_id, source, message_id, sequence, deleted from context.item"
    )
    seen = await _rows(
        db,
        "select i.account_id, i.source, i.message_id, a.role, a.key"
        " from context.appearance a join context.item i on i.id = a.item",
    )
    keys = await _rows(db, "select person, key from context.identity")
    groups: Mapping[UUID, set[UUID]] = defaultdict(set)
    for person, key in keys:
        groups[person].add(key)
    told = await _rows(
        db, "select id, name, first_seen, last_seen, automated, own from context.person"
    )
    assert {row[0] for row in told} == set(groups), "people and their keys do not fit"
    links = await _rows(db, "select key, alias, n from context.link")
    counted = await _rows(
        db,
        "select key, alias, count(*) from context.appearance where alias is not null group by 1, 2",
    )
    assert sorted(links) == sorted(counted), "the links are not those of the appearances"
    return {
        "items": {tuple(row[:3]): tuple(row[3:]) for row in items},
        "seen": sorted((str(tuple(row[:3])), row[3], str(row[4])) for row in seen),
        "tasks": sorted(
            (str(row[0]), row[1]) for row in await _rows(db, "select id, state from context.task")
        ),
        "events": sorted(
            str(row[0]) for row in await _rows(db, "select series from context.event")
        ),
        "people": {frozenset(groups[row[0]]): tuple(row) for row in told},
    }


async def _rows(db: Database, statement: Any) -> list[Any]:
    async with db.connection() as conn:
        return await (await conn.execute(statement)).fetchall()
