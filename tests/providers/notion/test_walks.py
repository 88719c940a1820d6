"""Walks: what is found, what is read again, and what is proven to be gone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import json

from services.notion import content, rows, sync, tree
from services.notion.dialect import Lacking
from services.notion.people import mentioned
from shared.errors import ItemGone, Refused, Unreadable
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.notion.material import NOW, recorded, said, walk

pytestmark = pytest.mark.anyio

TABLE = "50c10000-0000-4000-8000-000000000001"


def stamp(seconds_ago: float) -> str:
    at = datetime.fromtimestamp(NOW - seconds_ago, UTC).replace(second=0)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def ident(number: int, kind: str = "1f0a0000") -> str:
    return f"{kind}-0000-4000-8000-{number:012x}"


def head(number: int, edited: str, kind: str = "page", created: str = "") -> dict[str, Any]:
    return {
        "object": kind,
        "id": ident(number),
        "last_edited_time": edited,
        "created_time": created or edited,
    }


def listing(heads: list[Any], cursor: str | None = None) -> dict[str, Any]:
    return {"results": heads, "next_cursor": cursor, "has_more": cursor is not None}


def searching(*pages: dict[str, Any]) -> FakeApi:
    """A search that gives these pages, one after the other."""

    def answer(call: Call) -> Answer:
        cursor = json.decode(call.body).get("start_cursor")
        cursors = [None, *(it["next_cursor"] for it in pages)]
        if cursor not in cursors:
            raise Refused
        return Answer(pages[cursors.index(cursor)])

    return FakeApi({("POST", "/search"): answer})


def facts(pages: list[Page]) -> dict[str, dict[str, str]]:
    return {it.id: dict(it.facts) for page in pages for it in page.resources}


async def test_the_first_search_goes_to_the_end_and_the_next_one_to_the_mark() -> None:
    first = listing([head(1, stamp(3600)), head(2, stamp(7000), "data_source")], "c1")
    old = listing([head(3, stamp(9_000_000)), {"object": "page", "id": ident(4)}])
    pages = await walk("search", searching(first, old), Resource())
    assert [page.cursor for page in pages] == [
        sync.Walk("", stamp(3600), "c1"),
        sync.Walk(stamp(3600)),
    ]
    assert facts(pages)[ident(2)] == {"type": "data_source", "edited": stamp(7000)}
    assert facts(pages)[ident(4)] == {"type": "page", "edited": ""}, "shown by its id alone"
    again = searching(listing([head(5, stamp(60)), head(1, stamp(9000))], "c1"), old)
    (page,) = await walk("search", again, Resource(), pages[-1].cursor)
    assert page.cursor == sync.Walk(stamp(60))
    assert len(again.asked) == 1, "what is older than the overlap was seen"


async def test_what_the_index_shows_late_is_found_within_the_overlap() -> None:
    late = listing([head(1, stamp(60)), head(2, stamp(1800))], "c1")
    rest = listing([head(3, stamp(3000)), head(4, stamp(9000))])
    pages = await walk("search", searching(late, rest), Resource(), sync.Walk(stamp(0)))
    assert set(facts(pages)) == {ident(1), ident(2), ident(3), ident(4)}


async def test_the_mark_moves_when_a_search_is_complete() -> None:
    first = listing([head(1, stamp(60))], "c1")
    (page, _) = await walk(
        "search", searching(first, listing([])), Resource(), sync.Walk("2026-01-01T00:00:00.000Z")
    )
    assert page.cursor == sync.Walk("2026-01-01T00:00:00.000Z", stamp(60), "c1")


async def test_a_search_whose_cursor_is_not_known_any_more_begins_anew() -> None:
    api = searching(listing([head(1, stamp(600))]))
    (page,) = await walk("search", api, Resource(), sync.Walk("", stamp(600), "stale"))
    assert page.cursor == sync.Walk(stamp(600))
    assert len(api.asked) == 2


async def test_an_unknown_shape_of_a_list_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await walk("search", searching({"results": {}, "next_cursor": None}), Resource())
    with pytest.raises(Unreadable):
        await walk("search", searching(listing([{"id": 1}])), Resource())


@pytest.mark.parametrize(
    "odd", ["", "soon", "2026-13-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z"]
)
async def test_a_mark_that_is_no_time_means_from_the_beginning(odd: str) -> None:
    assert sync.earlier(odd, sync.OVERLAP) == ""
    api = searching(listing([head(1, odd)]))
    assert facts(await walk("search", api, Resource(), sync.Walk(odd)))[ident(1)]["edited"] in (
        "",
        odd,
    )


async def test_people_of_an_unknown_shape_are_unreadable() -> None:
    for odd in (1, {"id": 1}, {"name": "x"}):
        api = FakeApi({("GET", "/users"): Answer(listing([odd]))})
        with pytest.raises(Unreadable):
            await walk("people", api, Resource())


async def test_13_an_edit_within_the_minute_that_was_told_makes_a_page_due_once_more() -> None:
    edited = stamp(0)
    api = searching(listing([head(1, edited)]))
    (fresh,) = await walk("search", api, Resource())
    (later,) = await walk("search", api, Resource(), fresh.cursor, now=NOW + 300)
    (settled,) = await walk("search", api, Resource(), later.cursor, now=NOW + 600)
    versions = [facts([page])[ident(1)]["edited"] for page in (fresh, later, settled)]
    assert versions == [f"{edited}~", edited, edited]


async def test_4_the_state_that_is_read_counts_however_events_came() -> None:
    it = recorded("page_plain")
    first = said(await walk("content", it.api, it.walked))
    assert first == said(await walk("content", it.api, it.walked))
    assert first[0].updated_at == datetime(2026, 1, 5, 8, 12, tzinfo=UTC)


async def test_9_a_first_404_proves_nothing_and_a_second_one_later_does() -> None:
    it = recorded("page_plain")
    page = f"/pages/{it.walked.id}"
    api = FakeApi({("GET", page): ItemGone()})
    seen: list[Page] = []

    async def step(at: Any, now: float) -> bool:
        """Whether the walk ended as one that proves what it did not list to be gone."""
        seen.clear()
        try:
            async for one in content.content(api, at, it.walked, lambda: now):
                seen.append(one)
        except ItemGone:
            return False
        return content.proves(at)

    assert not await step(rows.Walk(), NOW)
    assert not await step(seen[-1].cursor, NOW + 60)
    assert seen[-1].cursor == rows.Walk(missing=NOW), "the first time is kept"
    assert await step(seen[-1].cursor, NOW + 3600)
    assert [one.records for one in seen] == [()]
    whole = it.api
    api = whole
    assert await step(seen[-1].cursor, NOW + 7200), "it is shared again"
    assert seen[-1].cursor == rows.Walk()
    assert seen[-1].records


async def test_a_capability_that_is_lacking_proves_nothing_ever() -> None:
    it = recorded("page_plain")
    api = FakeApi({("GET", f"/pages/{it.walked.id}"): Lacking()})
    with pytest.raises(Lacking):
        await walk("content", api, it.walked, rows.Walk(missing=1.0))


@pytest.mark.parametrize("name", ["page_trash", "page_archived", "data_source_trash"])
async def test_what_is_in_the_trash_is_a_whole_walk_that_lists_nothing(name: str) -> None:
    it = recorded(name)
    (page,) = await walk("content", it.api, it.walked)
    assert (page.records, page.resources, page.cursor) == ((), (), rows.Walk())
    assert content.proves(rows.Walk())


async def test_11_a_database_brings_all_of_its_data_sources() -> None:
    it = recorded("database_two_sources")
    found = facts(await walk("content", it.api, it.walked))
    told = {"type": "data_source", "database": "2026-01-05T08:12:00.000Z"}
    assert found == {ident(1, "50c10000"): told, ident(2, "50c10000"): told}
    body = it.answers[f"GET /databases/{it.walked.id}"]
    body["in_trash"] = True
    assert facts(await walk("content", it.api, it.walked)) != found, "so that they are read again"


async def test_a_page_brings_the_pages_and_databases_that_stand_in_it() -> None:
    it = recorded("page_links")
    assert [one["type"] for one in facts(await walk("content", it.api, it.walked)).values()] == [
        "page",
        "database",
    ]


async def test_a_table_brings_its_rows_and_goes_on_from_its_mark() -> None:
    it = recorded("data_source")
    api = it.api
    pages = await walk("content", api, it.walked)
    assert [len(page.records) for page in pages] == [1, 0]
    assert [content.proves(page.cursor) for page in pages] == [False, True]
    assert facts(pages)[ident(2)] == {"type": "page", "edited": "2026-01-05T08:14:00.000Z"}
    assert pages[-1].cursor == rows.Walk("2026-01-05T08:14:00.000Z")
    await walk("content", api, it.walked, pages[-1].cursor)
    asked = json.decode(next(call for call in reversed(api.asked) if call.method == "POST").body)
    first = json.decode(next(call for call in api.asked if call.method == "POST").body)
    assert "filter" not in first
    assert first["sorts"] == [{"timestamp": "created_time", "direction": "ascending"}]
    since = {"on_or_after": "2026-01-05T08:12:00.000Z"}
    assert asked["filter"] == {"timestamp": "last_edited_time", "last_edited_time": since}


async def test_a_table_in_the_middle_goes_on_with_its_cursor_and_tells_itself_once() -> None:
    it = recorded("data_source")
    (page,) = await walk("content", it.api, it.walked, rows.Walk("", "x", "c1"))
    assert page.records == ()


async def test_tables_within_a_wiki_are_found_as_tables() -> None:
    it = recorded("data_source_wiki")
    found = facts(await walk("content", it.api, it.walked))
    assert [one["type"] for one in found.values()] == ["page", "data_source", "page"]


async def test_12_after_ten_thousand_rows_the_list_goes_on_from_the_last() -> None:
    cut = {
        "request_status": {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    }
    early, late = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
    answers = [
        listing([head(1, late, created=early), head(2, early, created=late)]) | cut,
        listing([head(2, early, created=late), head(3, early, created=late)]) | cut,
    ]

    def query(call: Call) -> Answer:
        wish = json.decode(call.body)
        again = wish.get("filter", {}).get("created_time") == {"on_or_after": late}
        return Answer(answers[again])

    source = recorded("data_source").answers[f"GET /data_sources/{TABLE}"]
    api = FakeApi(
        {
            ("GET", f"/data_sources/{TABLE}"): Answer(source),
            ("POST", f"/data_sources/{TABLE}/query"): query,
        }
    )
    pages = await walk("content", api, Resource(TABLE, facts={"type": "data_source"}))
    assert [page.cursor for page in pages] == [rows.Walk("", late, "", late), rows.Walk(late)]
    assert set(facts(pages)) == {ident(1), ident(2), ident(3)}
    both = rows.wish(rows.Walk(late, since=early))["filter"]["and"]
    assert [it["timestamp"] for it in both] == ["last_edited_time", "created_time"]


async def test_14_what_lies_deep_and_on_later_pages_is_read_too() -> None:
    it = recorded("page_deep")
    (told,) = said(await walk("content", it.api, it.walked))
    assert "          - level 6" in told.content
    assert "level 3, second page" in told.content
    copy = recorded("page_synced_copy")
    (told,) = said(await walk("content", copy.api, copy.walked))
    assert told.content == "From the original\n\nafter", "where the original is not shared, nothing"


async def test_blocks_that_hold_themselves_end(monkeypatch: pytest.MonkeyPatch) -> None:
    it = recorded("page_synced_copy")
    row = it.answers[f"GET /blocks/{it.walked.id}/children"]["results"][0]
    answers = {("GET", f"/blocks/{it.walked.id}/children"): Answer(listing([row]))}
    inner = row["synced_block"]["synced_from"]["block_id"]
    inner = ident(int(inner[-12:], 16), "b10c0000")
    answers["GET", f"/blocks/{inner}/children"] = Answer(listing([row]))
    found = await tree.tree(FakeApi(answers), it.walked.id)
    assert found.calls == 2
    assert not found.cut
    monkeypatch.setattr(tree, "DEEPEST", 1)
    assert (await tree.tree(FakeApi(answers), it.walked.id)).cut


async def test_a_page_that_costs_too_much_is_told_as_far_as_it_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tree, "MOST", 3)
    it = recorded("page_deep")
    (told,) = said(await walk("content", it.api, it.walked))
    assert told.metadata["cut"] == "true"
    assert told.content.endswith("level 3")


async def test_20_open_comments_are_listed_and_a_resolved_one_is_missing() -> None:
    it = recorded("page_comments")
    before = said(await walk("content", it.api, it.walked))
    it.answers["GET /comments"]["results"].pop(0)
    after = said(await walk("content", it.api, it.walked))
    assert len(before) == len(after) + 1
    assert content.proves(rows.Walk()), "the sweep makes a tombstone of it"
    block = recorded("discussion")
    told = said(await walk("content", block.api, block.walked))
    assert {one.metadata["parent_type"] for one in told} == {"block_id"}
    assert {one.parent_id for one in told} == {ident(1)}, "the page all the same"


async def test_19_ids_are_told_in_one_form() -> None:
    it = recorded("page_ids_without_dashes")
    pages = await walk("content", it.api, it.walked)
    (told,) = said(pages)
    assert told.id == ident(1)
    assert told.parent_id == ident(99)
    assert list(facts(pages)) == [ident(5)]


async def test_people_are_named_and_nobody_is_where_that_may_not_be_seen() -> None:
    ana = {"object": "user", "id": ident(1, "05e10000"), "name": "Ana A", "type": "person"}
    nameless = {"object": "user", "id": ident(2, "05e10000"), "name": None, "type": "bot"}
    pages = {"": listing([ana], "c1"), "c1": listing([nameless])}

    def users(call: Call) -> Answer:
        return Answer(pages[call.params.get("start_cursor", "")])

    found = await walk("people", FakeApi({("GET", "/users"): users}), Resource())
    assert [dict(page.names) for page in found] == [{ident(1, "05e10000"): "Ana A"}, {}]
    assert found[-1].cursor.next == ""
    assert await walk("people", FakeApi({("GET", "/users"): Lacking()}), Resource()) == []


async def test_21_somebody_who_is_an_id_alone_gets_the_name_that_is_known() -> None:
    it = recorded("page_by_an_agent")
    pages = await walk("content", it.api, it.walked)
    agent = ident(11, "05e10000")
    (unknown,), (known,) = said(pages), said(pages, {agent: "Agent"})
    assert unknown.author
    assert (unknown.author.id, unknown.author.name) == (agent, "")
    assert known.author
    assert known.author.name == "Agent"


def test_people_are_found_in_either_order_of_members() -> None:
    one, two = ident(1, "05e10000"), ident(2, "05e10000")
    text = f'{{"a": {{"object": "user", "id": "{one}"}}, "b": {{"id":"{two}","object":"user"}}}}'
    assert mentioned(text.encode()) == {one, two}
