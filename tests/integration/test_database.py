"""The database may come late, go away and come back; whoever asks is told in time."""

import asyncio
import time

import psycopg
import pytest

from shared.errors import Away, ConfigError
from shared.store import database
from shared.store.database import Database
from shared.store.sql import document
from tests.fakes.proxy import Proxy, proxy

pytestmark = pytest.mark.anyio


async def test_a_database_that_comes_late_is_waited_for(database_url: str) -> None:
    async with proxy() as it:
        it.break_("reset")
        db = Database(it.before(database_url))
        opening = asyncio.create_task(db.open(10))
        await asyncio.sleep(1)
        assert not opening.done()
        it.break_("")
        assert await asyncio.wait_for(opening, 3)
        await db.close()


async def test_a_database_that_never_comes_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="PostgreSQL did not answer within 1 s"):
        await Database("postgresql://nobody@127.0.0.1:1/none").open(1)


async def test_a_server_that_refuses_us_is_quoted(database_url: str) -> None:
    with pytest.raises(
        ConfigError, match=r"refuses us: database .* does not exist; check POSTGRES"
    ):
        await Database(f"{database_url}x").open(0.1)


async def test_a_database_that_went_away_is_found_again_at_once(database_url: str) -> None:
    async with proxy() as it:
        db = Database(it.before(database_url), timeout=1.0)
        await db.open(5)
        it.break_("reset")
        began = time.monotonic()
        with pytest.raises(Away):
            await ask(db)
        assert time.monotonic() - began < 3
        assert not await db.alive(0.5)
        it.break_("")
        async with asyncio.timeout(3):
            while not await db.alive(1.0):
                await asyncio.sleep(0.1)
        await ask(db)
        await db.close()


async def test_one_failure_is_enough_to_find_all_that_died(database_url: str) -> None:
    async with proxy() as it:
        db = Database(it.before(database_url))
        await db.open(5)
        await asyncio.gather(*(slow(db) for _ in range(8)))  # eight connections in the pool
        it.break_("reset")
        it.break_("")  # a quick restart
        with pytest.raises(Away):
            await ask(db)
        await asyncio.sleep(0.5)
        for _ in range(20):
            await ask(db)
        await db.close()


async def test_a_wire_that_died_without_notice_is_given_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client hangs up; and the server lets go of the transaction that it left open."""
    monkeypatch.setattr(database, "SILENCE", 1.0)
    async with proxy() as it, asyncio.timeout(20):
        db, other = Database(it.before(database_url)), Database(database_url)
        await db.open(5)
        await other.open(5)
        with pytest.raises(Away):
            await cut_off(db, it)
        async with other.transaction() as conn:
            await conn.execute("select pg_advisory_xact_lock(1)")
        await ask(db)
        await db.close()
        await other.close()


async def test_a_statement_that_is_known_to_take_long_is_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SILENCE", 0.3)
    db = Database(database_url)
    await db.open(5)
    with pytest.raises(Away):
        async with db.transaction() as conn:
            await conn.execute("select pg_sleep(1)")
    async with db.transaction(patience=10) as conn:
        await conn.execute("select pg_sleep(1)")
    await db.close()


async def test_whether_a_frozen_database_lives_is_known_in_time(database_url: str) -> None:
    async with proxy() as it:
        db = Database(it.before(database_url))
        await db.open(5)
        assert await db.alive(5)
        it.break_("blackhole")
        async with asyncio.timeout(3):
            assert not await db.alive(0.2)
            assert not await db.alive(0.2)
        it.break_("")
        assert await db.alive(5)
        await db.close()


async def cut_off(db: Database, wire: Proxy) -> None:
    async with db.transaction() as conn:
        await conn.execute("select pg_advisory_xact_lock(1)")
        wire.break_("half-open")
        await conn.execute("select 1")


async def test_a_stop_in_the_middle_of_a_copy_is_quiet_and_keeps_nothing(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever it hits: the server may be waiting for the data of a copy that nobody will send."""
    async with db.connection() as conn:
        await conn.execute("create table copied (a text)")

    async def work(begun: asyncio.Event) -> None:
        async with db.transaction() as conn, conn.cursor() as cursor:
            begun.set()
            async with cursor.copy("copy copied from stdin") as copy:
                await copy.write_row(("lost",))
                await asyncio.Event().wait()

    for turns in range(12):
        begun = asyncio.Event()
        task = asyncio.create_task(work(begun))
        await begun.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [it.getMessage() for it in caplog.records if it.name.startswith("psycopg")] == []
    async with db.connection() as conn:
        assert await (await conn.execute("select a from copied")).fetchone() is None


async def slow(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute("select pg_sleep(0.2)")


async def ask(db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute("select 1")


ODD = ("a\0b", "a\ud800b", "\udfff\0", "\U0001f4a9\0")


async def test_text_that_no_column_holds_is_made_to_fit(db: Database) -> None:
    """As a value, in an array, copied, and in a document."""
    kept = ["a\ufffdb", "a\ufffdb", "\ufffd\ufffd", "\U0001f4a9\ufffd"]
    assert await told(db, "select %s::text[]", list(ODD)) == kept
    assert [await told(db, "select %s", it) for it in ODD] == kept
    assert [await told(db, "select %b::text", it) for it in ODD] == kept
    assert await told(db, "select %s::jsonb ->> 'a'", document({"a": "b\0c"})) == "b\ufffdc"
    async with db.transaction() as conn:
        await conn.execute("create temporary table t (a text)")
        async with (
            conn.cursor() as cursor,
            cursor.copy("copy t from stdin (format binary)") as copy,
        ):
            copy.set_types(["text"])
            for it in ODD:
                await copy.write_row((it,))
        assert [row[0] for row in await (await conn.execute("select a from t")).fetchall()] == kept


async def test_without_that_it_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TEXT", [])
    db = Database(database_url)
    await db.open(5)
    with pytest.raises(psycopg.DataError):
        await told(db, "select %s", ODD[0])
    await db.close()


async def told(db: Database, statement: str, value: object) -> object:
    async with db.connection() as conn:
        row = await (await conn.execute(statement.encode(), (value,))).fetchone()
    assert row
    return row[0]
