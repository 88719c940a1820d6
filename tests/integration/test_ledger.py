"""The ledger publishes each version of an item once, in order, whichever door it came through."""

from uuid import UUID

import pytest

from shared.normalizer import version
from shared.store import ledger
from shared.store.database import Database
from tests.fakes.feed import Bench, Note, Notebook, minute, note, provider

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db, provider(Notebook()))


async def test_a_version_is_published_once_for_ever(bench: Bench) -> None:
    ana = await bench.account()
    assert [await bench.put(ana, Note("a", "hello")) for _ in range(3)] == [1, 0, 0]


async def test_a_later_version_is_an_update_and_an_earlier_one_is_dropped(bench: Bench) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "second", minute=5))
    await bench.put(ana, Note("a", "first", minute=1))
    await bench.put(ana, Note("a", "third", minute=9))
    assert await bench.published() == [("created", "a", "second"), ("updated", "a", "third")]


async def test_two_contents_under_one_revision_are_both_published(bench: Bench) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "one", minute=1))
    await bench.put(ana, Note("a", "two", minute=1))
    assert [it[2] for it in await bench.published()] == ["one", "two"]


async def test_versions_in_one_page_leave_in_their_order(bench: Bench) -> None:
    ana = await bench.account()
    page = [
        Note("a", "1", 1),
        Note("b", "x", 1),
        Note("a", "2", 2),
        Note("a", "1", 1),
        Note("a", "3", 3),
    ]
    assert await bench.put(ana, *page) == 4
    assert [it[2] for it in await bench.published() if it[1] == "a"] == ["1", "2", "3"]


async def test_a_page_leaves_in_the_order_it_was_listed(bench: Bench) -> None:
    ana = await bench.account()
    ids = [f"{n * 7919 % 1000:04}" for n in range(300)]
    await bench.put(ana, *(Note(it) for it in ids))
    assert [it[1] for it in await bench.published()] == ids


async def test_a_deletion_says_nothing_private_and_ends_the_item(bench: Bench) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "private", minute=1))
    await bench.put(ana, Note("a", "private", minute=2, removed=True))
    await bench.put(ana, Note("a", "private", minute=2))  # a delivery that was late
    await bench.put(ana, Note("a", "private", minute=3, removed=True))
    assert await bench.published() == [("created", "a", "private"), ("deleted", "a", "")]


async def test_an_item_comes_back_when_it_is_newer_than_its_deletion(bench: Bench) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "x", minute=1))
    await bench.put(ana, Note("a", "x", minute=2, removed=True))
    await bench.put(ana, Note("a", "x", minute=3))
    assert [it[0] for it in await bench.published()] == ["created", "deleted", "updated"]


async def test_a_deletion_that_overtakes_the_creation_wins(bench: Bench) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "x", minute=2, removed=True))
    await bench.put(ana, Note("a", "x", minute=1))
    assert [it[0] for it in await bench.published()] == ["deleted"]


async def test_users_have_items_of_their_own(bench: Bench) -> None:
    ana, ben = await bench.account("ana"), await bench.account("ben")
    await bench.put(ana, Note("a"))
    await bench.put(ben, Note("a"))
    rows = await bench.rows("select subject, event_id from outbox order by id")
    assert [it[0] for it in rows] == ["self.events.note.feed.ana", "self.events.note.feed.ben"]
    assert rows[0][1] != rows[1][1]


@pytest.mark.parametrize(
    "change", ["status = 'deleting'", "status = 'revoked'", "sync_enabled = false"]
)
async def test_an_account_that_is_closed_publishes_nothing(bench: Bench, change: str) -> None:
    ana = await bench.account()
    await bench.rows(f"update connected_account set {change}")
    assert await bench.put(ana, Note("a")) == 0
    assert await bench.published() == []


async def test_nothing_of_a_transaction_that_fails_remains(bench: Bench) -> None:
    ana = await bench.account()
    with pytest.raises(ZeroDivisionError):
        await fail(bench, ana)
    assert await bench.published() == []
    assert await bench.put(ana, Note("a")) == 1, "the ledger did not remember it either"


async def fail(bench: Bench, account_id: UUID) -> None:
    async with bench.db.transaction() as conn:
        users = await ledger.lock_accounts(conn, [account_id])
        await ledger.publish(conn, users, [ledger.Item(account_id, version(note(Note("a"))))])
        raise ZeroDivisionError


async def test_the_event_id_depends_on_nothing_but_the_version(bench: Bench, db: Database) -> None:
    ana = await bench.account()
    await bench.put(ana, Note("a", "x", minute=1))
    first = await bench.rows("select event_id from outbox")
    await bench.rows("delete from outbox")
    await bench.rows("delete from item")
    await bench.put(ana, Note("a", "x", minute=1))
    assert await bench.rows("select event_id from outbox") == first
    assert version(note(Note("a", "x", 1))).revision == minute(1).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_items_are_found_by_their_key_even_by_a_plan_made_for_an_empty_table(
    bench: Bench,
) -> None:
    async with bench.db.transaction() as conn:
        await conn.execute(ledger._SQL.stage)
        cursor = await conn.execute(b"explain " + ledger._SQL.apply.encode())
        plan = [row[0] for row in await cursor.fetchall()]
    assert any("item_pkey" in line for line in plan)
    assert not any("Seq Scan on item" in line for line in plan), plan
