"""What a caller says of an account itself: its own walks find it, and look at once."""

from collections.abc import AsyncIterator

import pytest

from shared.provider import Api
from shared.store import subscriptions, syncs
from shared.store.database import Database
from shared.types import Page, Resource
from tests.fakes.feed import Bench, Cursor, Notebook, provider

pytestmark = pytest.mark.anyio


async def test_a_walk_of_the_account_finds_what_was_said_of_it_and_looks_at_once(
    db: Database,
) -> None:
    seen: list[Resource] = []

    class Told(Notebook):
        async def shelf(self, api: Api, at: Cursor, resource: Resource) -> AsyncIterator[Page]:
            seen.append(resource)
            yield Page((), Cursor())

    bench = Bench(db, provider(Told(), shelf=True))
    ana = await bench.account()
    async with db.transaction() as conn:
        await syncs.ensure(conn, ana, [("books", "")], None)
        await syncs.tell(conn, ana, {"team:1": "Design", "team:2": ""})
    assert await bench.walk() == 1
    async with db.transaction() as conn:
        await syncs.tell(conn, ana, {"team:1": None, "team:3": "new"})
        assert await syncs.told(conn, ana) == {"team:2": "", "team:3": "new"}
    assert await bench.walk() == 1, "an hour early"
    assert [(it.id, dict(it.facts)) for it in seen] == [
        ("", {"team:1": "Design", "team:2": ""}),
        ("", {"team:2": "", "team:3": "new"}),
    ]


async def test_what_is_said_of_an_account_is_no_part_that_could_be_subscribed(db: Database) -> None:
    bench = Bench(db, provider(Notebook()))
    ana = await bench.account()
    async with db.transaction() as conn:
        assert await syncs.told(conn, ana) == {}
        await syncs.tell(conn, ana, {"team:1": ""})
        await subscriptions.want(conn, ana, [], ["hooks"], afresh=False)
    assert await bench.rows("select * from subscription") == []
