"""What is known of one user, asked of the tables. Every statement names the user."""

from collections.abc import Iterable
from html import escape
from typing import Any
from uuid import UUID

from msgspec import json

from services.context.answers_items import Event, Involved, Task, Telling
from services.context.answers_people import Handle, Person, Profile
from services.context.reading import searched
from shared.errors import NotFound
from shared.normalizer import Message
from shared.store.database import Connection, Database
from shared.store.sql import load

_SQL = load("ask", "services.context")
_MARKS = "\x02", "\x03"
_HEADLINE = f"StartSel={_MARKS[0]}, StopSel={_MARKS[1]}, MaxFragments=2, MaxWords=24, MinWords=8"
message = json.Decoder(Message).decode


async def rows(conn: Connection, name: str, **given: Any) -> list[Any]:
    """The rows of a statement; text is as PostgreSQL takes it."""
    plain = {
        key: value.replace("\0", " ") if isinstance(value, str) else value
        for key, value in given.items()
    }
    return await (await conn.execute(_SQL[name], plain)).fetchall()


async def keys(conn: Connection, user: str, person: UUID | None) -> list[UUID] | None:
    """Every key of a person; None for nobody in particular. Raises NotFound."""
    if person is None:
        return None
    found = [row[0] for row in await rows(conn, "whose", user=user, id=person)]
    if not found:
        raise NotFound
    return found


async def profile(conn: Connection, user: str, person: UUID) -> Profile:
    """Everything known of a person; raises NotFound."""
    known = await keys(conn, user, person)
    (row,) = await rows(conn, "person", user=user, id=person)
    return Profile(
        person=Person(*row),
        names=[it[0] for it in await rows(conn, "names", keys=known)],
        handles=[Handle(*it) for it in await rows(conn, "handles", keys=known)],
        roles=dict(await rows(conn, "roles", keys=known)),
    )


async def involved(
    conn: Connection, user: str, items: list[int], *roles: str
) -> dict[int, list[Involved]]:
    """Who has one of the roles in each of the items."""
    found: dict[int, list[Involved]] = {item: [] for item in items}
    for item, role, ident, name, called in await rows(
        conn, "involved", user=user, items=items, roles=list(roles)
    ):
        found[item].append(Involved(ident, name or called, role))
    return found


async def events(conn: Connection, user: str, found: Iterable[Any]) -> list[Event]:
    """Rows of the statement `events` as they are answered."""
    told = list(found)
    who = await involved(conn, user, [row[12] for row in told], "organizer", "attendee", "author")
    return [
        Event(
            id=row[2],
            title=row[5],
            start=row[6],
            end=row[7],
            all_day=row[8],
            cancelled=row[9],
            location=row[10],
            link=row[11],
            ical_uid=row[4],
            people=who[row[12]],
            told_by=[Telling(*it) for it in row[13]],
        )
        for row in told
    ]


async def tasks(conn: Connection, user: str, found: Iterable[Any]) -> list[Task]:
    """Rows of the statement `tasks` as they are answered."""
    told = list(found)
    who = await involved(conn, user, [row[11] for row in told], "author", "assignee", "reviewer")
    return [
        Task(
            id=row[1],
            rule=row[2],
            title=row[3],
            evidence=row[4],
            state=row[5],
            marked=row[6],
            due=row[7],
            at=row[0],
            source=row[8],
            message_id=row[9],
            type=row[10],
            people=who[row[11]],
        )
        for row in told
    ]


async def mark(conn: Connection, user: str, task: UUID, state: str) -> Task:
    """Write down what the user says of a task; `open` takes it back. Raises NotFound."""
    name = "unmark" if state == "open" else "mark"
    given = {"user": user, "task": task, "state": state}
    await conn.execute(_SQL[name], given)
    found = await rows(conn, "tasks", **_one_task(user, task))
    if not found:
        raise NotFound
    return (await tasks(conn, user, found))[0]


def _one_task(user: str, task: UUID) -> dict[str, object]:
    anything: dict[str, object] = dict.fromkeys(("state", "rule", "at", "id"))
    return {**anything, "user": user, "task": task, "limit": 1}


async def snippets(conn: Connection, query: str, found: list[Message]) -> list[str]:
    """Where the words stand in each Message, as HTML."""
    texts = [searched(it).translate({2: " ", 3: " "}) for it in found]
    told = await rows(conn, "snippets", q=query, texts=texts, options=_HEADLINE)
    return [
        escape(row[0]).replace(_MARKS[0], "<mark>").replace(_MARKS[1], "</mark>") for row in told
    ]


async def letters(db: Database) -> int:
    """How many messages were given up on."""
    async with db.connection() as conn:
        return int((await rows(conn, "letters"))[0][0])
