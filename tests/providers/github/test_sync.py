"""Walks over lists that move, that are long, and that did not change."""

from typing import Any

import pytest

from services.github.repositories import Pinned
from services.github.sync import PENDING, PULL, issues
from services.github.walks import Since
from shared.errors import ItemGone, RateLimited, Unreadable
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.github.material import (
    REPO,
    ROOT,
    Listing,
    answer,
    at,
    issue,
    said,
    walk,
)

pytestmark = pytest.mark.anyio
ISSUES, PULLS = "/repos/acme/api/issues", "/repos/acme/api/pulls"


def listing(path: str, rows: list[dict[str, Any]]) -> tuple[Listing, FakeApi]:
    it = Listing(path, rows)
    return it, FakeApi({("GET", path): it})


async def test_every_issue_is_listed_and_the_walk_ends() -> None:
    _, api = listing(ISSUES, [issue(n, at(n * 7)) for n in range(1, 351)])
    pages = await walk("issues", api)
    assert len(said(pages)) == 350
    assert len(api.asked) == 4
    assert pages[-1].cursor == Since(at(350 * 7))


@pytest.mark.parametrize("shared", [1, 40, 100, 101, 350])
async def test_resuming_from_any_page_gives_the_same_set(shared: int) -> None:
    """`shared` issues at a time carry one and the same second, as after an import."""
    rows = [issue(n, at(n // shared * 90)) for n in range(350)]
    _, api = listing(ISSUES, rows)
    pages = await walk("issues", api)
    for number, page in enumerate(pages):
        rest = await walk("issues", api, page.cursor)
        assert {**said(pages[: number + 1]), **said(rest)} == said(pages)
    assert len(said(pages)) == 350


@pytest.mark.parametrize(("name", "path"), [("issues", ISSUES), ("pulls", PULLS)])
async def test_fractions_of_a_second_and_offsets_are_times_like_any_other(
    name: str, path: str
) -> None:
    rows = [issue(n, at(n // 7).replace("Z", f".{n % 7}50+00:00")) for n in range(350)]
    it, api = listing(path, rows)
    pages = await walk(name, api)
    for number, page in enumerate(pages):
        rest = await walk(name, api, page.cursor)
        assert {**said(pages[: number + 1]), **said(rest)} == said(pages)
    assert len(said(pages)) == 350
    it.touch(3, at(9_000).replace("Z", ".125Z"))
    again = await walk(name, api, pages[-1].cursor)
    assert any(ident.endswith(":3") for ident in said(again))
    assert at(9_000) in (getattr(again[-1].cursor, mark, "") for mark in ("since", "mark"))


@pytest.mark.parametrize("stamp", ["2026-03-02", "2026-03-02T10:00:00", "yesterday", 7, None])
async def test_a_list_without_proper_times_is_unreadable_and_moves_no_cursor(stamp: Any) -> None:
    for name, path in (("issues", ISSUES), ("pulls", PULLS)):
        api = FakeApi({("GET", path): Answer([issue(1, stamp)])})
        with pytest.raises(Unreadable):
            await walk(name, api)


async def test_an_issue_that_changes_during_the_walk_costs_no_other() -> None:
    """With page numbers, touching a listed issue would move an unlisted one onto a page that is past."""
    it, api = listing(ISSUES, [issue(n, at(n * 7)) for n in range(1, 301)])
    seen: list[Page] = []
    async for page in issues(api, Since(), REPO):
        seen.append(page)
        it.touch(len(seen), at(80_000 + len(seen)))
    assert len(said(seen)) == 300


async def test_an_unchanged_list_costs_one_conditional_call_per_walk() -> None:
    _, api = listing(ISSUES, [issue(n, at(n * 7)) for n in range(1, 151)])
    first = await walk("issues", api)
    second = await walk("issues", api, first[-1].cursor)
    api.asked.clear()
    assert await walk("issues", api, second[-1].cursor) == []
    assert [call.etag != "" for call in api.asked] == [True]


async def test_an_empty_list_is_conditional_from_the_second_walk_on() -> None:
    _, api = listing(ISSUES, [])
    first = await walk("issues", api)
    assert await walk("issues", api, first[-1].cursor) == []


async def test_one_percent_changed_costs_few_calls() -> None:
    it, api = listing(ISSUES, [issue(n, at(n * 7)) for n in range(1, 2001)])
    pages = await walk("issues", api)
    for n in range(20):
        it.touch(n * 100 + 1, at(60_000 + n))
    api.asked.clear()
    changed = await walk("issues", api, pages[-1].cursor)
    assert len(api.asked) <= 2
    assert {f"555:issue:{n * 100 + 1}" for n in range(20)} <= set(said(changed))


async def test_7_a_pull_request_among_the_issues_is_counted_not_listed() -> None:
    _, api = listing(ISSUES, [issue(1, at(1)), issue(2, at(2), pull_request={"url": "x"})])
    (page,) = await walk("issues", api)
    assert page.excluded == {PULL: 1}
    assert set(said([page])) == {"555:issue:1"}


async def test_a_walk_of_pulls_stops_where_the_last_complete_one_began() -> None:
    it, api = listing(PULLS, [issue(n, at(n * 70)) for n in range(1, 451)])
    pages = await walk("pulls", api)
    assert len(said(pages)) == 450
    it.touch(3, at(40_000))
    api.asked.clear()
    again = await walk("pulls", api, pages[-1].cursor)
    assert len(api.asked) == 1
    assert "555:pull:3" in said(again)
    assert again[-1].cursor.mark == at(40_000)


async def test_the_mark_moves_only_when_the_walk_of_pulls_is_complete() -> None:
    _, api = listing(PULLS, [issue(n, at(n * 70)) for n in range(1, 251)])
    pages = await walk("pulls", api)
    assert [page.cursor.mark for page in pages] == ["", "", at(250 * 70)]
    assert all(page.cursor.next for page in pages[:-1])


async def test_a_walk_of_pulls_that_was_cut_short_goes_on_where_it_stopped() -> None:
    it, api = listing(PULLS, [issue(n, at(n * 70)) for n in range(1, 251)])
    pages = await walk("pulls", api)
    it.touch(200, at(50_000))
    rest = await walk("pulls", api, pages[0].cursor)
    assert len({**said(pages[:1]), **said(rest)}) == 250
    following = await walk("pulls", api, rest[-1].cursor)
    assert "555:pull:200" in said(following)


async def test_17_an_unchanged_list_of_pulls_does_not_advance_the_cursor() -> None:
    _, api = listing(PULLS, [issue(n, at(n)) for n in range(1, 51)])
    pages = await walk("pulls", api)
    assert await walk("pulls", api, pages[-1].cursor) == []


async def test_reviews_are_read_of_the_pull_requests_that_changed() -> None:
    its = answer("reviews")
    pending = {**its[0], "id": 81, "state": "PENDING"}
    pending.pop("submitted_at")
    it, api = listing(PULLS, [issue(n, at(n * 70)) for n in range(1, 31)])
    for n in range(1, 31):
        row = {**its[0], "id": n, "html_url": f"https://github.com/acme/api/pull/{n}#x"}
        api.answers["GET", f"{PULLS}/{n}/reviews"] = Answer([row, *([pending] if n == 7 else [])])
    api.answers["GET", f"{PULLS}/9/reviews"] = gone
    pages = await walk("reviews", api)
    assert set(said(pages)) == {f"555:review:{n}" for n in range(1, 31) if n != 9}
    assert sum(page.excluded.get(PENDING, 0) for page in pages) == 1
    it.touch(4, at(9_000))
    api.asked.clear()
    again = await walk("reviews", api, pages[-1].cursor)
    assert set(said(again)) == {"555:review:4", "555:review:30"}  # 30 lies within the overlap
    assert len(api.asked) == 3


COMMITS, REF = "/repos/acme/api/commits", "/repos/acme/api/git/ref/heads/main"


def sha(number: int) -> str:
    return f"{number:040x}"


class History:
    """A branch of commits numbered from 1; `base` is where a comparison can begin."""

    def __init__(self, head: int) -> None:
        self.head = head
        answers: Any = {("GET", REF): self.ref, ("GET", COMMITS): self.commits}
        self.api = FakeApi(answers)

    def ref(self, _: Call) -> Answer:
        return Answer({"object": {"sha": sha(self.head)}}, etag=f'"{self.head}"')

    def commit(self, number: int) -> dict[str, Any]:
        return {**answer("commits")[0], "sha": sha(number)}

    def commits(self, call: Call) -> Answer:
        newest, page = int(call.params["sha"], 16), int(call.params.get("page", "1"))
        numbers = range(newest, 0, -1)[(page - 1) * 100 : page * 100]
        following = f"{ROOT}{COMMITS}?sha={call.params['sha']}&page={page + 1}"
        return Answer(
            [self.commit(n) for n in numbers], next=following if newest > page * 100 else ""
        )

    def compare(self, base: int) -> None:
        def it(call: Call) -> Answer:
            page = int(call.params.get("page", "1"))
            numbers = range(base + 1, self.head + 1)[(page - 1) * 100 : page * 100]
            more = self.head - base > page * 100
            following = f"{ROOT}{path}?page={page + 1}" if more else ""
            body = {"status": "ahead", "commits": [self.commit(n) for n in numbers]}
            return Answer(body, next=following)

        path = f"/repos/acme/api/compare/{sha(base)}...{sha(self.head)}"
        self.api.answers["GET", path] = it


async def test_12_history_is_walked_below_a_fixed_commit_and_then_only_what_was_added() -> None:
    it = History(250)
    pages = await walk("commits", it.api)
    assert len(said(pages)) == 250
    assert pages[-1].cursor == Pinned(sha(250), etag='"250"')
    it.api.asked.clear()
    assert await walk("commits", it.api, pages[-1].cursor) == []
    assert len(it.api.asked) == 1
    it.head = 2550
    it.compare(250)
    added = await walk("commits", it.api, pages[-1].cursor)
    assert set(said(added)) == {f"555:commit:{sha(n)}" for n in range(251, 2551)}


async def test_a_walk_of_commits_goes_on_below_the_commit_it_began_with() -> None:
    it = History(250)
    pages = await walk("commits", it.api)
    it.head = 260
    rest = await walk("commits", it.api, pages[0].cursor)
    assert len({**said(pages[:1]), **said(rest)}) == 250
    assert rest[-1].cursor.head == sha(250)


async def test_after_a_force_push_the_whole_history_is_walked_again() -> None:
    it = History(120)
    it.api.answers["GET", f"/repos/acme/api/compare/{sha(999)}...{sha(120)}"] = gone
    assert len(said(await walk("commits", it.api, Pinned(sha(999))))) == 120


async def test_when_the_pinned_commit_is_gone_the_walk_begins_anew() -> None:
    it = History(20)
    it.api.answers["GET", "/lost"] = gone
    pages = await walk("commits", it.api, Pinned("", sha(1), f"{ROOT}/lost"))
    assert len(said(pages)) == 20


async def test_an_empty_repository_is_left_out() -> None:
    api = FakeApi({("GET", REF): gone})
    with pytest.raises(ItemGone):  # the hub ends the walk of one repository with a note
        await walk("commits", api)


async def test_releases_are_walked_whole_when_the_first_page_changed() -> None:
    path = "/repos/acme/api/releases"
    rows = [
        {**answer("releases")[0], "id": n, "number": n, "updated_at": at(n)} for n in range(150)
    ]
    it = Listing(path, rows)
    api = FakeApi({("GET", path): it})
    pages = await walk("releases", api)
    assert len(said(pages)) == 150
    assert await walk("releases", api, pages[-1].cursor) == []
    assert len(said([*pages[:1], *await walk("releases", api, pages[0].cursor)])) == 150


async def test_repositories_give_their_route_their_name_and_what_their_streams_need() -> None:
    api = FakeApi({("GET", "/user/repos"): Answer(answer("user-repos"))})
    (page,) = await walk("repositories", api, resource=Resource())
    facts = {"default_branch": "master", "has_issues": "true", "has_discussions": "false"}
    name, routes = "octocat/Hello-World", ("repo:1296269",)
    assert page.resources == (Resource("1296269", name, routes, facts),)
    assert set(said([page])) == {"1296269:repository"}


async def test_an_installation_lists_what_it_was_given() -> None:
    given = answer("installation-repositories")
    api = FakeApi(
        {("GET", "/user/repos"): gone, ("GET", "/installation/repositories"): Answer(given)}
    )
    (page,) = await walk("repositories", api, resource=Resource())
    assert page.total == given["total_count"]
    assert [it.id for it in page.resources] == ["1296269"]


async def test_the_walk_of_repositories_ends_where_it_began() -> None:
    path = "/user/repos"
    row = answer("user-repos")[0]
    rows = [{**row, "id": n, "number": n, "updated_at": at(n)} for n in range(1, 251)]
    pages = await walk("repositories", FakeApi({("GET", path): Listing(path, rows)}))
    assert sum(len(page.resources) for page in pages) == 250
    assert pages[-1].cursor == type(pages[-1].cursor)()
    assert pages[0].cursor.next


@pytest.mark.parametrize("name", ["issues", "comments", "pulls", "review_comments", "releases"])
async def test_a_limit_reached_in_the_middle_leaves_the_cursor_where_it_was(name: str) -> None:
    def limited(_: Call) -> Exception:
        return RateLimited(retry_after=60)

    paths = {
        "issues": ISSUES,
        "comments": f"{ISSUES}/comments",
        "pulls": PULLS,
        "review_comments": f"{PULLS}/comments",
        "releases": "/repos/acme/api/releases",
    }
    api = FakeApi({("GET", paths[name]): limited})
    with pytest.raises(RateLimited):
        await walk(name, api)
