"""Walks: which sites there are, all issues of one, then what changed, and what a webhook told of."""

from typing import Any

import pytest
from msgspec import json

from services.jira import sync
from services.jira.heard import Looked
from services.jira.parts import FIELDS
from services.jira.provider import provider
from services.jira.sites import Turn
from services.jira.sync import ALL, OVERLAP, Walk
from shared.errors import ItemGone, RateLimited, Refused, Unavailable, Unreadable
from shared.sync.normalize import prepare
from shared.sync.pages import proves
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.jira.material import (
    CLOUD,
    HOST,
    NOW,
    OTHER,
    REST,
    SEARCH,
    SITE,
    SITES,
    Pages,
    answer,
    listing,
    looked,
    read,
    row,
    said,
    stream,
    walk,
    webhook,
)

pytestmark = pytest.mark.anyio


def ids(pages: Any) -> list[str]:
    return [it.rpartition(":")[2] for it in said(pages)]


def question(call: Call) -> Any:
    return json.decode(call.body)


async def test_14_two_sites_of_one_consent_are_walked_each_and_other_products_are_not() -> None:
    (page,) = await walk("sites", FakeApi({SITES: Answer(answer("sites"))}))
    assert [(it.id, it.name) for it in page.resources] == [(CLOUD, "acme"), (OTHER, "globex")]
    assert page.resources[0].routes == (f"site:{CLOUD}", f"site:{HOST}")
    assert page.resources[0].facts == {"url": f"https://{HOST}"}
    assert (page.cursor, page.records) == (Turn(), ())
    assert stream("sites").complete is True
    assert stream("issues").of == "sites"


async def test_a_consent_that_reaches_no_site_any_more_says_so() -> None:
    nothing: list[Any] = []
    for listed in (nothing, answer("sites")[2:]):
        with pytest.raises(Refused, match="connect again"):
            await walk("sites", FakeApi({SITES: Answer(listed)}))


async def test_a_first_walk_lists_everything_in_the_order_of_creation() -> None:
    pages = Pages([row(n) for n in range(1, 6)])
    found = await walk("issues", pages.api())
    assert ids(found) == ["1", "2", "3", "4", "5"]
    assert {it["jql"] for it in pages.asked} == {ALL}
    assert pages.asked[0]["fields"] == FIELDS, "without a list the search tells ids alone"
    assert pages.asked[0]["expand"] == "changelog"
    assert "nextPageToken" not in pages.asked[0]
    assert [it.cursor.token for it in found] == ["2", "4", ""]
    assert all(not it.cursor.mark for it in found[:-1]), "the mark moves at the end"
    assert found[-1].cursor == Walk(NOW), "it is when the walk began"
    assert stream("issues").complete is True


@pytest.mark.parametrize(
    ("ago", "minutes"), [(0, OVERLAP), (1, OVERLAP + 1), (60, OVERLAP + 1), (61, OVERLAP + 2)]
)
async def test_16_a_later_walk_asks_in_minutes_ago_whatever_the_time_zone(
    ago: int, minutes: int
) -> None:
    pages = Pages([row(1)])
    await walk("issues", pages.api(), Walk(NOW - ago))
    assert pages.asked[0]["jql"] == f"updated >= -{minutes}m ORDER BY updated ASC, id ASC"


async def test_16_a_clock_that_was_set_back_looks_back_the_overlap() -> None:
    pages = Pages([])
    (page,) = await walk("issues", pages.api(), Walk(NOW + 3600))
    assert f"-{OVERLAP}m " in pages.asked[0]["jql"]
    assert page.cursor == Walk(NOW)


async def test_the_overlap_is_longer_than_the_time_between_two_walks() -> None:
    assert stream("issues").every * 1.1 < OVERLAP * 60


async def test_all_pages_of_a_walk_have_one_question_however_long_it_takes() -> None:
    pages, clock = Pages([row(n) for n in range(1, 6)]), [NOW]

    def now() -> float:
        clock[0] += 3600.0
        return clock[0]

    found = await walk("issues", pages.api(), Walk(NOW), now=now)
    assert len({it["jql"] for it in pages.asked}) == 1
    assert found[-1].cursor == Walk(NOW + 3600), "what changed since is in the next walk"


async def test_a_walk_goes_on_where_it_was_interrupted_with_its_own_question() -> None:
    pages = Pages([row(n) for n in range(1, 6)])
    first = (await walk("issues", pages.api(), Walk(NOW - 600)))[0].cursor
    pages.asked.clear()
    rest = await walk("issues", pages.api(), first, now=lambda: NOW + 9999)
    assert ids(rest) == ["3", "4", "5"]
    assert pages.asked[0]["jql"] == sync.jql(first.back)
    assert rest[-1].cursor == Walk(NOW)


async def test_a_stored_token_that_is_refused_begins_the_walk_anew_and_once() -> None:
    pages = Pages([row(1)])

    def refusing(call: Call) -> Any:
        return Refused() if "nextPageToken" in question(call) else pages(call)

    found = await walk("issues", FakeApi({SEARCH: refusing}), Walk(5.0, 6.0, 11, "old"))
    assert (ids(found), found[-1].cursor) == (["1"], Walk(NOW))
    with pytest.raises(Refused):
        await walk("issues", FakeApi({SEARCH: Refused()}), Walk(5.0, 6.0, 11, "old"))


async def test_a_token_that_was_just_given_and_is_refused_ends_the_walk() -> None:
    pages = Pages([row(n) for n in range(1, 6)])

    def refusing(call: Call) -> Any:
        return Refused() if "nextPageToken" in question(call) else pages(call)

    with pytest.raises(Refused):
        await walk("issues", FakeApi({SEARCH: refusing}))


@pytest.mark.parametrize("error", [RateLimited(retry_after=9), Unavailable(), ItemGone()])
async def test_patience_is_not_taken_for_a_token_that_is_over(error: Exception) -> None:
    api = FakeApi({SEARCH: error})
    with pytest.raises(type(error)):
        await walk("issues", api, Walk(5.0, 6.0, 11, "old"))
    assert len(api.asked) == 1


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"]])
async def test_15_pages_that_go_in_a_circle_end(tokens: list[str]) -> None:
    left = list(tokens)
    api = FakeApi({SEARCH: lambda _: {"issues": [row(1)], "nextPageToken": left.pop(0)}})
    with pytest.raises(Unavailable, match="circle"):
        await walk("issues", api)


async def test_15_a_page_may_be_short_or_empty_and_none_has_a_total() -> None:
    told = [
        {"issues": [], "nextPageToken": "a"},
        {"issues": [row(1)], "nextPageToken": "b", "isLast": False},
        {"issues": [row(2)], "nextPageToken": "c", "isLast": True},
    ]
    found = await walk("issues", FakeApi({SEARCH: lambda _: told.pop(0)}))
    assert (ids(found), told) == (["1", "2"], [])


@pytest.mark.parametrize("last", [{}, {"nextPageToken": None}, {"nextPageToken": ""}])
async def test_15_the_last_page_is_the_one_without_a_token(last: dict[str, Any]) -> None:
    (page,) = await walk("issues", listing(row(1), **last))
    assert page.cursor == Walk(NOW)


@pytest.mark.parametrize(
    "node",
    [
        None,
        7,
        [],
        {},
        {"id": 7, "key": "SUP-1"},
        {"id": "1"},
        {"id": "1", "key": "sup", "fields": {"created": "2026-01-01T09:00:00.123+0100"}},
        answer("issue.bare") | {"changelog": 7},
        answer("issue.bare") | {"fields": {"comment": 7}},
    ],
)
async def test_an_issue_of_an_unknown_shape_is_a_dead_letter_and_costs_no_other(node: Any) -> None:
    (page,) = await walk("issues", listing(node, row(2)))
    first, second = page.records
    with pytest.raises(Unreadable):
        prepare(provider)(first)
    assert said([Page((second,), page.cursor)])
    assert page.cursor == Walk(NOW)


@pytest.mark.parametrize("answered", [7, [], {"issues": 7}, {"issues": [], "nextPageToken": 7}])
async def test_a_page_of_an_unknown_shape_is_named(answered: Any) -> None:
    with pytest.raises(Unreadable):
        await walk("issues", FakeApi({SEARCH: Answer(answered)}))


LONG: dict[str, tuple[str, str, str]] = {
    "comment": ("comment", "comments", "comment:2001"),
    "worklog": ("worklog", "worklogs", "worklog:3000"),
    "changelog": ("changelog", "values", "issue_change:4000"),
}


def parts(name: str) -> tuple[Any, list[Any]]:
    """The recorded issue, and five of what stands on it."""
    its: dict[str, Any] = answer("issue.everything")
    holder = its if name == "changelog" else its["fields"]
    ((inner, rows),) = [(key, it) for key, it in holder[name].items() if isinstance(it, list)]
    many = [rows[0] | {"id": f"{rows[0]['id'][:-1]}{n}"} for n in range(5)]
    holder[name] = {inner: many[:2], "total": 5, "maxResults": 2, "startAt": 0}
    return its, many


@pytest.mark.parametrize("name", LONG)
async def test_what_the_search_cuts_short_is_read_to_its_end(name: str) -> None:
    path, inner, ident = LONG[name]
    its, many = parts(name)

    def listed(call: Call) -> Any:
        start = int(call.params["startAt"])
        return {inner: many[start : start + 3], "total": 5, "startAt": start}

    api = listing(its)
    api.answers["GET", f"{REST}/issue/10042/{path}"] = listed
    found = said(await walk("issues", api))
    assert sum(f":{ident}" in it for it in found) == 5
    assert len(api.asked) == 3


@pytest.mark.parametrize("name", LONG)
async def test_a_list_that_ends_early_or_with_its_issue_ends_there(name: str) -> None:
    path, inner, _ = LONG[name]
    its, many = parts(name)
    where = ("GET", f"{REST}/issue/10042/{path}")
    for ending in (gone, {"0": {inner: many, "total": 9}, "5": {inner: [], "total": 9}}):
        api = listing(its)
        api.answers[where] = (
            gone if callable(ending) else lambda it, told=ending: told[it.params["startAt"]]
        )
        assert f"{CLOUD}:issue:10042" in said(await walk("issues", api))
        assert len(api.asked) <= 3


async def test_what_the_search_tells_whole_costs_one_call() -> None:
    api = listing(answer("issue.everything"), answer("issue.worklogs"))
    assert len(said(await walk("issues", api))) == 8
    assert len(api.asked) == 1


def hearing(**answers: Any) -> FakeApi:
    found: dict[tuple[str, str], Any] = {SITES: Answer(answer("sites"))}
    for path, it in answers.items():
        found["GET", f"{REST}/issue/10042{path.replace('_', '/')}"] = it
    return FakeApi(found)


async def heard(name: str, api: FakeApi) -> dict[str, Any]:
    *_, nudge = read(webhook(name))
    (page,) = await walk("heard", api, resource=looked(nudge))
    return said([page])


async def test_what_was_told_of_is_read_with_all_that_stands_on_it() -> None:
    api = hearing(**{"": Answer(answer("issue.everything"))})
    found = await heard("comment_created", api)
    assert [it.split(":", 1)[1] for it in found] == [
        "issue:10042",
        "comment:20011",
        "worklog:30001",
        "issue_change:40001",
    ]
    assert api.asked[-1].params == {"fields": ",".join(FIELDS), "expand": "changelog"}


async def test_both_doors_tell_the_same() -> None:
    issue = answer("issue.everything")
    looked_at = await heard("issue_created", hearing(**{"": Answer(issue)}))
    assert looked_at == said(await walk("issues", listing(issue)))


async def test_whoever_does_not_see_an_issue_hears_nothing_of_it() -> None:
    assert await heard("issue_updated.status", hearing(**{"": gone})) == {}


@pytest.mark.parametrize(
    ("name", "path", "ident"),
    [
        ("issue_deleted", "", "issue:10042"),
        ("comment_deleted", "_comment_20011", "comment:20011"),
        ("worklog_deleted", "_worklog_30001", "worklog:30001"),
    ],
)
async def test_18_what_is_said_to_be_gone_is_a_deletion_only_if_it_is(
    name: str, path: str, ident: str
) -> None:
    ((key, message),) = (await heard(name, hearing(**{path: gone}))).items()
    assert (key, message.deleted, message.content) == (f"{CLOUD}:{ident}", True, "")
    assert message.timestamp.timestamp() == NOW
    assert await heard(name, hearing(**{path: Answer({"id": "20011"})})) == {}
    for error in (Unavailable(), RateLimited(retry_after=1)):
        with pytest.raises(type(error)):
            await heard(name, hearing(**{path: error}))


async def test_a_site_that_is_not_reached_any_more_is_not_looked_at() -> None:
    facts = {"site": "elsewhere.atlassian.net", "issue": "1"}
    api = hearing()
    (page,) = await walk("heard", api, resource=Resource("x", facts=facts))
    assert page.records == ()
    assert len(api.asked) == 1


def test_what_a_look_does_not_find_any_more_is_gone() -> None:
    assert proves(stream("heard"), Looked())


async def test_a_site_is_asked_through_the_gateway_by_its_own_id() -> None:
    other = Resource(OTHER, "globex", facts={"url": "https://globex.atlassian.net"})
    path = f"/ex/jira/{OTHER}/rest/api/3/search/jql"
    api = FakeApi({("POST", path): Answer({"issues": [answer("issue.bare")]})})
    (message,) = said(await walk("issues", api, resource=other)).values()
    assert message.id == f"{OTHER}:issue:10043"
    assert message.url == "https://globex.atlassian.net/browse/SUP-43"
    assert SITE.id != OTHER


async def test_what_is_no_webhooks_hint_is_nothing_to_look_at() -> None:
    (page,) = await walk("heard", FakeApi({SITES: Answer(answer("sites"))}), resource=SITE)
    assert page.records == ()
