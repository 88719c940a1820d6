"""Walks: all there is in an order that nothing moves, then what changed, and marks that never pass anything."""

from typing import Any

import pytest

from services.linear import queries
from services.linear.people import Walk as Everybody
from services.linear.provider import provider
from services.linear.sync import Turn, Walk, earlier
from shared.errors import ItemGone, RateLimited, Refused, Unavailable, Unreadable
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.linear.material import (
    ADA,
    ENG,
    LEE,
    OPS,
    Listing,
    answer,
    said,
    stream,
    walk,
)

pytestmark = pytest.mark.anyio

WALKS = ["issues", "comments", "projects", "project_updates", "attachments", "documents"]


def row(number: int, changed: str = "", **more: Any) -> dict[str, Any]:
    made = f"2026-01-01T00:{number:02}:00.000Z"
    return {
        "id": f"i-{number:02}",
        "identifier": f"ENG-{number}",
        "title": f"Issue {number}",
        "createdAt": made,
        "updatedAt": changed or made,
        **more,
    }


def at(minute: int, second: int = 0) -> str:
    return f"2026-01-02T00:{minute:02}:{second:02}.000Z"


def ids(pages: list[Page]) -> list[str]:
    return [it.removeprefix("issue:") for it in said(pages)]


async def test_a_first_walk_lists_everything_in_the_order_of_creation() -> None:
    listing = Listing([row(number, at(10 - number)) for number in range(5)])
    api = listing.api()
    pages = await walk("issues", api)
    assert ids(pages) == ["i-04", "i-03", "i-02", "i-01", "i-00"]
    assert pages[-1].cursor == Walk(at(10)), "the newest change there was when it began"
    assert [page.cursor.after for page in pages] == ["i-03", "i-01", ""]
    assert all(not page.cursor.mark for page in pages[:-1]), "the mark moves at the end"


async def test_what_changes_during_a_first_walk_is_neither_lost_nor_deleted() -> None:
    listing = Listing([row(number, at(number)) for number in range(6)])
    its, found = stream("issues"), []
    async for page in its.pages(listing.api(), Walk(), Resource()):
        found.append(page)
        listing.rows[0]["updatedAt"] = at(30)  # the oldest one, which is listed last
        listing.rows[5]["updatedAt"] = at(31)  # the newest one, which was listed first
    assert sorted(ids(found)) == [f"i-{number:02}" for number in range(6)]
    mark = found[-1].cursor
    assert mark == Walk(at(5))
    again = await walk("issues", listing.api(), mark)
    assert {"i-00", "i-05"} <= set(ids(again))


async def test_a_later_walk_asks_for_what_changed_a_minute_before_the_mark() -> None:
    listing = Listing([row(number, at(number)) for number in range(6)])
    api = listing.api()
    pages = await walk("issues", api, Walk(at(4)))
    assert ids(pages) == ["i-05", "i-04", "i-03"]
    assert api.asked[0].body["since"] == at(3)
    assert pages[-1].cursor == Walk(at(5))


async def test_a_later_walk_of_many_pages_moves_its_mark_at_the_end() -> None:
    listing = Listing([row(number, at(number)) for number in range(7)])
    pages = await walk("issues", listing.api(), Walk(at(1)))
    assert [page.cursor.mark for page in pages] == [at(1), at(1), at(1), at(6)]
    assert {page.cursor.began for page in pages[:-1]} == {at(6)}


async def test_a_walk_goes_on_where_it_was_interrupted() -> None:
    listing = Listing([row(number) for number in range(5)])
    api = listing.api()
    first = (await walk("issues", api))[0].cursor
    rest = await walk("issues", listing.api(), first)
    assert ids(rest) == ["i-02", "i-01", "i-00"]
    assert rest[-1].cursor.mark == first.began


async def test_where_nothing_changed_the_mark_stays() -> None:
    listing = Listing([row(1)])
    assert (await walk("issues", listing.api(), Walk(at(9))))[-1].cursor == Walk(at(9))


async def test_an_empty_workspace_is_walked_whole_again() -> None:
    (page,) = await walk("issues", Listing([]).api())
    assert (page.records, page.cursor) == ((), Walk())


async def test_a_stored_cursor_whose_entity_is_gone_begins_the_walk_anew() -> None:
    listing = Listing([row(number) for number in range(3)])

    def gone(call: Call) -> Answer:
        if call.body["after"] == "i-99":
            raise ItemGone
        return listing.answer(queries.everything("issues"), call)

    api = FakeApi({("GRAPHQL", "*"): gone})
    pages = await walk("issues", api, Walk("", at(9), "i-99"))
    assert ids(pages) == ["i-02", "i-01", "i-00"]
    assert pages[-1].cursor == Walk(at(9))


@pytest.mark.parametrize("error", [Refused(), ItemGone()])
async def test_a_cursor_that_was_just_given_and_is_refused_ends_the_walk(error: Exception) -> None:
    listing = Listing([row(number) for number in range(3)])

    def refusing(call: Call) -> Any:
        whole = queries.everything("issues")
        return error if call.body["after"] else listing.answer(whole, call)

    with pytest.raises(type(error)):
        await walk("issues", FakeApi({("GRAPHQL", "*"): refusing}))


async def test_a_first_page_that_is_refused_is_not_asked_for_again() -> None:
    api = FakeApi({("GRAPHQL", "*"): Refused()})
    with pytest.raises(Refused):
        await walk("issues", api)
    assert len(api.asked) == 1


@pytest.mark.parametrize("error", [RateLimited(retry_after=9), Unavailable()])
async def test_patience_is_not_taken_for_a_cursor_that_is_gone(error: Exception) -> None:
    api = FakeApi({("GRAPHQL", "*"): error})
    with pytest.raises(type(error)):
        await walk("issues", api, Walk("", at(9), "i-99"))
    assert len(api.asked) == 1


async def test_archived_issues_are_listed_and_those_in_the_trash_are_deletions() -> None:
    archived = row(1, archivedAt=at(1))
    trashed = row(2, archivedAt=at(1), trashed=True)
    found = said(await walk("issues", Listing([archived, trashed]).api()))
    assert found["issue:i-01"].metadata["archived"] == "true"
    assert not found["issue:i-01"].deleted
    assert found["issue:i-02"].deleted
    for name in queries.FIELDS:
        assert queries.everything(name).count("includeArchived: true") == 2
        assert "includeArchived: true" in queries.changes(name)


async def test_reactions_come_with_what_they_stand_at_and_go_with_it() -> None:
    mark = {"id": "r-1", "emoji": "eyes", "createdAt": at(1), "updatedAt": at(1), "user": None}
    node = row(1, reactions=[mark])
    found = said(await walk("issues", Listing([node]).api()))
    assert found["reaction:r-1"].parent_id == "issue:i-01"
    node["trashed"] = True
    assert said(await walk("issues", Listing([node]).api()))["reaction:r-1"].deleted


@pytest.mark.parametrize("name", WALKS)
def test_a_full_walk_proves_what_is_gone(name: str) -> None:
    assert stream(name).complete is True
    assert stream(name).after == "people"


async def test_where_there_are_no_initiatives_nothing_is_walked_and_nothing_is_deleted() -> None:
    api = FakeApi({("GRAPHQL", "*"): ItemGone()})
    assert await walk("initiative_updates", api) == []
    assert stream("initiative_updates").complete is False
    with pytest.raises(ItemGone):
        await walk("documents", api)


@pytest.mark.parametrize(
    "node",
    [
        None,
        7,
        [],
        {"id": 7},
        {"id": "x", "updatedAt": 7},
        {"id": "x", "updatedAt": at(1), "trashed": "no"},
        {"id": "x", "updatedAt": at(1), "reactions": 7},
    ],
)
async def test_an_entity_of_an_unknown_shape_is_named(node: Any) -> None:
    listed = {"found": {"nodes": [node], "pageInfo": {}}}
    with pytest.raises(Unreadable):
        await walk("issues", FakeApi({("GRAPHQL", "*"): Answer(listed)}))


async def test_teams_are_what_the_member_may_see_and_where_deliveries_lead() -> None:
    api = FakeApi({("GRAPHQL", "*"): answer("teams")})
    (page,) = await walk("teams", api)
    assert [(it.id, it.routes) for it in page.resources] == [
        (ENG, (f"team:{ENG}",)),
        (OPS, (f"team:{OPS}",)),
    ]
    assert [it.facts["visibility"] for it in page.resources] == ["public", "private"]
    assert page.cursor == Turn()
    assert stream("teams").complete is True


async def test_everybody_is_known_by_id_and_by_handle() -> None:
    (page,) = await walk("people", FakeApi({("GRAPHQL", "*"): answer("users")}))
    assert set(page.names) == {ADA, LEE, "@ada", "@lee"}
    assert page.cursor == Everybody()


@pytest.mark.parametrize(("name", "rows"), [("teams", "teams"), ("people", "users")])
async def test_lists_of_several_pages_are_read_to_the_end(name: str, rows: str) -> None:
    first, last = answer(rows), answer(rows)
    first[rows]["pageInfo"] = {"hasNextPage": True, "endCursor": "c1"}
    api = FakeApi({("GRAPHQL", "*"): lambda call: first if not call.body["after"] else last})
    pages = await walk(name, api)
    assert [call.body["after"] for call in api.asked] == [None, "c1"]
    assert [page.cursor.after for page in pages] == ["c1", ""]


def test_the_time_to_look_back_to_has_linears_own_form() -> None:
    assert earlier("2026-01-01T00:00:30.123Z") == "2025-12-31T23:59:30.123Z"


def test_every_walk_has_its_stream() -> None:
    assert len(queries.FIELDS) + 2 == len(provider.streams)
