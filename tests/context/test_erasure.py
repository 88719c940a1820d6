"""What was said in an account is nowhere in the tables when the account, or the item, is gone."""

from typing import Any

import pytest

from services.context.applying import bury, handle
from shared.normalizer import Attachment, Message, Person, Recipient
from shared.store.database import Database
from tests.context.fold import AT, Told, heard

pytestmark = pytest.mark.anyio

CANARY = "canary7c1f"
PERSON = Person(id=f"U{CANARY}", name=f"Name {CANARY}", email=f"{CANARY}@acme.test")


def whole(ident: str, kind: str) -> Message:
    """A Message that says it in every field."""
    return Message(
        id=ident,
        source="gmail",
        type=kind,
        timestamp=AT,
        content=f"Could you send me {CANARY} by Friday?\n- [ ] {CANARY}\n",
        author=PERSON,
        title=f"About {CANARY}",
        url=f"https://acme.test/{CANARY}",
        thread_id=f"t{CANARY}",
        parent_id=f"p{CANARY}",
        recipients=(Recipient(PERSON.id, PERSON.name, PERSON.email, "attendee"),),
        mentions=(PERSON,),
        attachments=(Attachment(CANARY, CANARY),),
        metadata={
            "ical_uid": CANARY,
            "has_invite": "true",
            "start": "2026-11-23",
            "location": CANARY,
            "due": CANARY,
        },
    )


async def held(db: Database) -> dict[str, int]:
    """How many rows of each table hold the canary, whatever the column."""
    async with db.connection() as conn:
        tables = await (
            await conn.execute(
                "select table_name from information_schema.tables where table_schema = 'context'"
            )
        ).fetchall()
        found: dict[str, int] = {}
        for (table,) in tables:
            statement: Any = (
                f"select count(*) from context.{table} it where it::text ilike %s"
                f" or it::text like '%%' || encode(%s::bytea, 'hex') || '%%'"
            )
            row = await (await conn.execute(statement, (f"%{CANARY}%", CANARY.encode()))).fetchone()
            assert row
            found[table] = row[0]
        return {table: n for table, n in found.items() if n}


async def marked(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute(
            "insert into context.mark (id, item, user_id, state)"
            " select id, item, user_id, 'done' from context.task"
        )


async def test_nothing_of_an_account_that_was_deleted_is_left(db: Database) -> None:
    told = [heard(Told(whole(kind, kind), n)) for n, kind in enumerate(("email", "event", "issue"))]
    await handle(db, told)
    await marked(db)
    await bury(db, told[0], "odd")
    there = await held(db)
    assert there.keys() >= {"item", "identity", "person", "appearance", "task", "event"}
    await handle(db, [heard(Told(None, 9))])
    assert await held(db) == {}
    async with db.connection() as conn:
        for table in ("item", "mark", "link", "identity", "person", "dead_letter"):
            statement: Any = f"select count(*) from context.{table}"
            assert await (await conn.execute(statement)).fetchone() == (0,), table


async def test_of_an_item_that_was_deleted_its_id_is_left(db: Database) -> None:
    await handle(db, [heard(Told(whole("m1", "email"), 1))])
    await marked(db)
    gone = Message(id="m1", source="gmail", type="email", timestamp=AT, deleted=True)
    await handle(db, [heard(Told(gone, 2))])
    assert await held(db) == {}
    async with db.connection() as conn:
        assert await (await conn.execute("select count(*) from context.mark")).fetchone() == (0,)


async def test_nothing_of_a_message_is_in_the_log(
    db: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    await handle(db, [heard(Told(whole("m1", "email"), 1)), heard(Told(None, 2))])
    told = capfd.readouterr()
    assert CANARY not in told.out + told.err
