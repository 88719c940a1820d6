"""The budget that replicas share, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.http.budget import PostgresBudget
from shared.store import rates
from shared.store.database import Connection, Database
from shared.types import Quota
from tests.fakes.budget_suite import BudgetSuite, Subject
from tests.fakes.simulated import until

pytestmark = pytest.mark.anyio


class TestPostgres(BudgetSuite):
    @pytest.fixture
    def it(self, db: Database) -> Subject:
        async def advance(seconds: float) -> None:
            async with db.connection() as conn:
                await conn.execute(
                    "update rate_bucket set at = at - make_interval(secs => %(s)s),"
                    " not_before = not_before - make_interval(secs => %(s)s),"
                    " whole_at = whole_at - make_interval(secs => %(s)s)",
                    {"s": seconds},
                )

        return Subject(PostgresBudget(db), advance)


async def test_two_replicas_spend_one_budget_exactly(db: Database, database_url: str) -> None:
    other = Database(database_url)
    await other.open()
    first, second = PostgresBudget(db), PostgresBudget(other)
    waits = await asyncio.gather(
        *(budget.take("a", Quota(50, 5000.0), interactive=True) for budget in (first, second) * 50)
    )
    await other.close()
    assert [spent.wait for spent in waits].count(0) == 50


async def test_two_first_calls_at_once_share_the_new_bucket(db: Database) -> None:
    async with second(db, Quota(1, 60.0)) as (conn, late):
        assert (await rates.take(conn, "a", Quota(1, 60.0))).wait == 0
    assert (await late()).wait > 50


async def test_a_pause_that_comes_while_a_call_asks_holds_for_it(db: Database) -> None:
    async with db.connection() as conn:
        await rates.take(conn, "a", Quota(50, 60.0))
    async with second(db, Quota(50, 60.0)) as (conn, late):
        await rates.pause(conn, "a", 30)
    assert (await late()).wait > 29


@asynccontextmanager
async def second(
    db: Database, quota: Quota
) -> AsyncIterator[tuple[Connection, Callable[[], Awaitable[rates.Taken]]]]:
    """A transaction that somebody else's `take` waits for, and what that comes to afterwards."""

    async def take() -> rates.Taken:
        async with db.connection() as conn:
            return await rates.take(conn, "a", quota)

    async def blocked() -> bool:
        async with db.connection() as conn:
            cursor = await conn.execute(
                "select from pg_stat_activity"
                " where wait_event_type = 'Lock' and datname = current_database()"
            )
            return await cursor.fetchone() is not None

    tasks: list[asyncio.Task[rates.Taken]] = []
    async with db.transaction() as conn:
        yield conn, lambda: tasks[0]
        tasks.append(asyncio.create_task(take()))
        await until(blocked)


async def test_a_pause_of_one_replica_stops_the_other(db: Database, database_url: str) -> None:
    other = Database(database_url)
    await other.open()
    await PostgresBudget(db).pause("a", 30)
    assert (await PostgresBudget(other).take("a", Quota(100, 1.0))).wait > 29
    await other.close()


async def test_nobody_waits_for_the_disk(db: Database) -> None:
    async with db.transaction() as conn:
        await rates.take(conn, "a", Quota(5, 1.0))
        row = await (await conn.execute("show synchronous_commit")).fetchone()
    assert row == ("off",)
    async with db.connection() as conn:
        row = await (await conn.execute("show synchronous_commit")).fetchone()
    assert row == ("on",)


async def test_buckets_that_nobody_used_for_a_day_are_forgotten(db: Database) -> None:
    budget = PostgresBudget(db)
    await budget.take("old", Quota(5, 1.0))
    await budget.take("new", Quota(5, 1.0))
    await budget.pause("held", 86_400 * 2)
    async with db.connection() as conn:
        await conn.execute("update rate_bucket set at = at - interval '2 days' where key <> 'new'")
        await rates.sweep(conn)
        rows = await (await conn.execute("select key from rate_bucket order by key")).fetchall()
    assert ("old",) not in rows
    assert ("new",) in rows
    assert ("held",) in rows
