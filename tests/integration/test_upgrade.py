"""While a release is rolled out the old one works on the new one's tables, and no webhook is lost."""

import asyncio
import re
from pathlib import Path

import psycopg
import pytest

from shared.service.worker import tidy
from shared.store.database import Database
from shared.store.migrate import migrate, pending, shipped
from tests.fakes.feed import Bench, Note, Notebook, delivery, provider
from tests.fakes.service import Running, running

pytestmark = pytest.mark.anyio

TABLES = ("connected_account", "webhook_inbox", "webhook_seen", "outbox", "item", "sync_state")
NEXT = (
    "create table of_the_next_release (n integer);\n"
    + "".join(f"alter table {it} add column next_fact text not null default '';\n" for it in TABLES)
    + "create index of_the_next on item (account_id, next_fact);\n"
)
"""What a migration may do: add tables, columns that fill themselves, and indexes."""

BREAKS = re.compile(
    r"\b(drop\s+(table|column|constraint|type|function)|rename|truncate"
    r"|alter\s+column\s+\w+\s+(type|set\s+not\s+null)"
    r"|add\s+column\s+(?:(?!;|,|default)[^;,])*not\s+null(?![^;,]*default))",
    re.IGNORECASE,
)


@pytest.fixture
def following(tmp_path: Path) -> Path:
    """The migrations of the release after this one."""
    for it in shipped():
        (tmp_path / it.name).write_bytes(it.text)
    (tmp_path / "9000_next.sql").write_text(NEXT)
    return tmp_path


async def deliver(service: Running, numbers: range) -> None:
    for n in numbers:
        it = delivery(Note(f"n{n}", "told"), f"d{n}")
        answer = await service.http.post("/webhook", content=it.body, headers=it.headers)
        assert answer.status_code == 200


async def walked_again(service: Running, bench: Bench) -> None:
    """Wait for a walk that finds one note gone and one new."""
    done = "select 1 from sync_state where last_success_at is not null and lease_until < now()"
    async with asyncio.timeout(15):
        while not await bench.rows(done):
            await asyncio.sleep(0.02)
    await bench.due()
    service.hub.wake()
    kinds = [it.headers["ce-type"] for it in await service.events(112, "self.events.>")]
    assert sorted(kinds[110:]) == ["self.note.created", "self.note.deleted"]


async def test_the_old_release_works_on_the_next_ones_tables_and_loses_nothing_meanwhile(
    database_url: str, nats_url: str, following: Path
) -> None:
    book = Notebook([[Note(f"w{n}", "listed") for n in range(20)]])
    async with running(provider(book, complete=True), database_url, nats_url) as service:
        bench = Bench(service.hub.db, service.hub.provider)
        await bench.account("ana", "book:1")
        admin = Database(database_url, max_connections=1)
        await admin.open()
        async with asyncio.TaskGroup() as group:
            for first in range(0, 80, 20):
                group.create_task(deliver(service, range(first, first + 20)))
            assert await migrate(admin, following) == ["9000_next.sql"]
        await deliver(service, range(80, 90))
        kinds = [it.headers["ce-type"] for it in await service.events(110, "self.events.>")]
        assert kinds == ["self.note.created"] * 110
        book.pages = [[*book.pages[0][1:], Note("fresh", "listed")]]
        await walked_again(service, bench)
        await tidy(service.hub)
        assert await pending(admin) == []  # to the old release a newer database is complete
        await admin.close()


async def test_a_migration_gives_way_to_a_service_that_holds_what_it_needs(
    database_url: str, db: Database, following: Path
) -> None:
    service = await psycopg.AsyncConnection.connect(database_url)
    await service.execute("lock table sync_state in row exclusive mode")
    migrating = asyncio.create_task(migrate(db, following))
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as looking:
        waits = "select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock'"
        async with asyncio.timeout(15):
            while not await (await looking.execute(waits)).fetchall():
                await asyncio.sleep(0.01)
    await service.execute("select from connected_account")  # which the migration has locked by now
    await service.commit()
    await service.close()
    assert await migrating == ["9000_next.sql"]


def test_migrations_only_add() -> None:
    for it in shipped()[1:]:
        found = BREAKS.search(it.text.decode())
        assert not found, f"{it.name} breaks the release before: {found and found[0]}"


@pytest.mark.parametrize(
    "statement",
    [
        "drop table route",
        "alter table item drop column digest",
        "alter table item rename column digest to hash",
        "alter table item alter column digest type text",
        "alter table item alter column digest set not null",
        "alter table item add column n integer not null",
    ],
)
def test_what_would_break_the_release_before_is_recognized(statement: str) -> None:
    assert BREAKS.search(statement)
    assert not BREAKS.search(NEXT)


async def test_the_old_release_would_notice_a_migration_that_takes_away(
    database_url: str, nats_url: str
) -> None:
    async with running(provider(Notebook([[]])), database_url, nats_url) as service:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute("alter table webhook_inbox rename column body to content")
        it = delivery(Note("a"), "d")
        answer = await service.http.post("/webhook", content=it.body, headers=it.headers)
        assert answer.status_code == 503
