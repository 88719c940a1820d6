"""Walks over lists that move, that are long, and that end in odd ways."""

from typing import Any

import pytest

from services.gitlab.history import Pinned
from services.gitlab.sync import SYSTEM, issues
from services.gitlab.walks import Since
from shared.errors import ItemGone, RateLimited, Unreadable
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.gitlab.material import (
    AT,
    FACTS,
    PROJECT,
    ROOT,
    Listing,
    answer,
    at,
    issue,
    said,
    stream,
    walk,
)

pytestmark = pytest.mark.anyio
ISSUES, MRS = f"{AT}/issues", f"{AT}/merge_requests"


def listing(path: str, rows: list[dict[str, Any]]) -> tuple[Listing, FakeApi]:
    it = Listing(path, rows)
    return it, FakeApi({("GET", path): it})


def second(stamp: str) -> str:
    return stamp[:19] + "Z"


@pytest.mark.parametrize(("name", "path"), [("issues", ISSUES), ("merge_requests", MRS)])
async def test_everything_is_listed_and_the_walk_ends(name: str, path: str) -> None:
    _, api = listing(path, [issue(n, at(n * 7)) for n in range(1, 351)])
    pages = await walk(name, api)
    assert len(said(pages)) == 350
    assert len(api.asked) == 4
    assert pages[-1].cursor == Since(second(at(350 * 7)))


@pytest.mark.parametrize("shared", [1, 100, 101, 350])
async def test_resuming_from_any_page_gives_the_same_set(shared: int) -> None:
    """`shared` issues at a time carry one and the same second, as after a change of many at once."""
    _, api = listing(ISSUES, [issue(n, at(n // shared * 90)) for n in range(1, 351)])
    pages = await walk("issues", api)
    for number, page in enumerate(pages):
        rest = await walk("issues", api, page.cursor)
        assert {**said(pages[: number + 1]), **said(rest)} == said(pages)
    assert len(said(pages)) == 350


async def test_an_issue_that_changes_during_the_walk_costs_no_other() -> None:
    """With page numbers, touching a listed issue would move an unlisted one onto a page that is past."""
    it, api = listing(ISSUES, [issue(n, at(n * 7)) for n in range(1, 301)])
    seen: list[Page] = []
    async for page in issues(api, Since(), PROJECT):
        seen.append(page)
        it.touch(len(seen), at(80_000 + len(seen)))
    assert len(said(seen)) == 300


async def test_24_a_moment_is_asked_for_without_a_plus() -> None:
    _, api = listing(ISSUES, [issue(1, "2026-03-02T10:00:00.125+02:00")])
    pages = await walk("issues", api)
    await walk("issues", api, pages[-1].cursor)
    assert api.asked[-1].params["updated_after"] == "2026-03-02T07:59:00Z"
    assert not any("+" in it for call in api.asked for it in call.params.values())


async def test_a_list_without_proper_times_is_unreadable_and_moves_no_cursor() -> None:
    for stamp in ("2026-03-02", "yesterday", 7):
        api = FakeApi({("GET", ISSUES): Answer([issue(1, at(1)) | {"updated_at": stamp}])})
        with pytest.raises(Unreadable):
            await walk("issues", api)


async def test_18_the_last_page_has_neither_a_link_nor_a_total() -> None:
    api = FakeApi({("GET", "/api/v4/projects"): Answer(answer("projects"))})
    (page,) = await walk("projects", api, resource=Resource())
    assert (page.total, page.cursor) == (None, stream("projects").cursor())


async def test_projects_are_listed_by_keyset_to_the_end() -> None:
    following = f"{ROOT}/api/v4/projects?pagination=keyset&id_after=42"

    def paged(call: Call) -> Answer:
        rows = answer("projects")
        return Answer(rows[1:]) if "id_after" in call.params else Answer(rows[:1], next=following)

    api = FakeApi({("GET", "/api/v4/projects"): paged})
    pages = await walk("projects", api, resource=Resource())
    assert [it.id for page in pages for it in page.resources] == ["42", "44", "45"]
    assert (api.asked[0].params["pagination"], api.asked[0].params["membership"]) == (
        "keyset",
        "true",
    )


async def test_a_project_s_routes_are_for_those_who_may_see_as_much() -> None:
    api = FakeApi({("GET", "/api/v4/projects"): Answer(answer("projects"))})
    (page,) = await walk("projects", api, resource=Resource())
    member, guest, public = page.resources
    every = ("project:gitlab.com:42", "code:gitlab.com:42", "group:gitlab.com:77")
    assert (member.routes, member.facts) == (every, FACTS)
    assert guest.routes == ("project:gitlab.com:44", "group:gitlab.com:77")
    assert public.routes == ("project:gitlab.com:45", "code:gitlab.com:45")
    assert guest.facts["access"] == "10"


async def test_whoever_is_a_member_by_a_group_that_is_not_named_reads_by_walks_alone() -> None:
    row = answer("project") | {"permissions": None}
    api = FakeApi({("GET", "/api/v4/projects"): Answer([row])})
    (page,) = await walk("projects", api, resource=Resource())
    assert page.resources[0].routes == ("project:gitlab.com:42", "group:gitlab.com:77")


async def test_19_a_project_that_moved_is_asked_for_by_its_number() -> None:
    moved = Resource("42", "else/where", PROJECT.routes, PROJECT.facts)
    for name in ("issues", "merge_requests", "releases"):
        api = FakeApi({("GET", f"{AT}/{name}"): Answer([])})
        await walk(name, api, resource=moved)
        assert [call.path for call in api.asked] == [f"{AT}/{name}"]


def talk(*remarks: int, system: int = 0) -> list[dict[str, Any]]:
    note = answer("issue-discussions")[0]["notes"][0]
    threads = [{"id": f"{n:040x}", "notes": [{**note, "id": n}]} for n in remarks]
    return [*threads, {"id": "5", "notes": [{**note, "id": 9000, "system": True}] * system}]


async def test_remarks_are_read_of_what_changed_and_has_some() -> None:
    rows = [issue(n, at(n * 70), user_notes_count=n % 2) for n in range(1, 31)]
    it, api = listing(ISSUES, rows)
    for n in range(1, 31, 2):
        api.answers["GET", f"{ISSUES}/{n}/discussions"] = Answer(talk(n, system=2))
    api.answers["GET", f"{ISSUES}/9/discussions"] = gone
    pages = await walk("issue_notes", api)
    assert set(said(pages)) == {f"gitlab.com:42:note:{n}" for n in range(1, 31, 2) if n != 9}
    assert sum(page.excluded.get(SYSTEM, 0) for page in pages) == 28
    it.touch(5, at(9_000))
    api.asked.clear()
    again = await walk("issue_notes", api, pages[-1].cursor)
    assert set(said(again)) == {"gitlab.com:42:note:5"}
    assert len(api.asked) == 2


async def test_a_remark_that_was_made_while_its_issue_was_out_of_sight_is_not_missed() -> None:
    """Every remark of an issue that changed is listed: some may be older than the walk's place."""
    it, api = listing(ISSUES, [issue(1, at(100), user_notes_count=1)])
    api.answers["GET", f"{ISSUES}/1/discussions"] = Answer(talk(1, 2, 3))
    it.touch(1, at(50_000))
    pages = await walk("issue_notes", api, Since(second(at(49_000))))
    assert len(said(pages)) == 3


async def test_long_discussions_are_read_to_their_end() -> None:
    _, api = listing(ISSUES, [issue(1, at(1), user_notes_count=150)])
    path = f"{ISSUES}/1/discussions"

    def paged(call: Call) -> Answer:
        if call.params.get("page") == "2":
            return Answer(talk(*range(101, 151)))
        return Answer(talk(*range(1, 101)), next=f"{ROOT}{path}?page=2")

    api.answers["GET", path] = paged
    assert len(said(await walk("issue_notes", api))) == 150


async def test_names_of_authors_are_told_for_webhooks_that_give_numbers() -> None:
    api = FakeApi(
        {
            ("GET", ISSUES): Answer(answer("issues")),
            ("GET", f"{ISSUES}/5/discussions"): Answer(answer("issue-discussions")),
        }
    )
    for name in ("issues", "issue_notes"):
        (page,) = await walk(name, api)
        assert page.names["9"] == "apark"


COMMITS, BRANCH = f"{AT}/repository/commits", f"{AT}/repository/branches/main"


def sha(number: int) -> str:
    return f"{number:040x}"


class History:
    """A branch of commits numbered from 1; what is below `lost` GitLab does not know any more."""

    def __init__(self, head: int, lost: int = 0) -> None:
        self.head, self.lost = head, lost
        answers: Any = {("GET", BRANCH): self.branch, ("GET", COMMITS): self.commits}
        self.api = FakeApi(answers)

    def branch(self, _: Call) -> Answer:
        return Answer({"name": "main", "commit": {"id": sha(self.head)}})

    def commits(self, call: Call) -> Answer:
        base, _, head = call.params["ref_name"].rpartition("..")
        below = int(base, 16) if base else 0
        page = int(call.params.get("page", "1"))
        if base and below <= self.lost:
            return Answer([])
        numbers = range(int(head, 16), below, -1)
        part = numbers[(page - 1) * 100 : page * 100]
        following = f"{ROOT}{COMMITS}?ref_name={call.params['ref_name']}&page={page + 1}"
        rows = [{**answer("commits")[0], "id": sha(n)} for n in part]
        return Answer(rows, next=following if len(numbers) > page * 100 else "")


async def test_history_is_walked_below_a_fixed_commit_and_then_only_what_was_added() -> None:
    it = History(250)
    pages = await walk("commits", it.api)
    assert len(said(pages)) == 250
    assert pages[-1].cursor == Pinned(sha(250))
    it.api.asked.clear()
    assert await walk("commits", it.api, pages[-1].cursor) == []
    assert len(it.api.asked) == 1
    it.head = 450
    added = await walk("commits", it.api, pages[-1].cursor)
    assert set(said(added)) == {f"gitlab.com:42:commit:{sha(n)}" for n in range(251, 451)}


async def test_9_commits_of_a_push_that_no_webhook_told_are_found() -> None:
    it = History(10)
    pages = await walk("commits", it.api)
    it.head = 12
    assert len(said(await walk("commits", it.api, pages[-1].cursor))) == 2


async def test_a_walk_of_commits_goes_on_below_the_commit_it_began_with() -> None:
    it = History(250)
    pages = await walk("commits", it.api)
    it.head = 260
    rest = await walk("commits", it.api, pages[0].cursor)
    assert len({**said(pages[:1]), **said(rest)}) == 250
    assert rest[-1].cursor.head == sha(250)


@pytest.mark.parametrize("lost", [ItemGone, None])
async def test_after_a_force_push_the_whole_history_is_walked_again(lost: Any) -> None:
    """Whether GitLab says that it does not know where we were, or that nothing was added."""
    it = History(120, lost=999 if lost is None else 0)
    if lost:
        whole = it.commits
        it.api.answers["GET", COMMITS] = lambda call: (
            gone(call) if ".." in call.params["ref_name"] else whole(call)
        )
    assert len(said(await walk("commits", it.api, Pinned(sha(999))))) == 120


async def test_when_the_pinned_page_is_gone_the_walk_begins_anew() -> None:
    it = History(20)
    it.api.answers["GET", "/lost"] = gone
    pages = await walk("commits", it.api, Pinned("", sha(1), f"{ROOT}/lost"))
    assert len(said(pages)) == 20


async def test_an_empty_project_has_no_commits() -> None:
    empty = Resource("42", "acme/api", (), {**FACTS, "default_branch": ""})
    assert await walk("commits", FakeApi({}), resource=empty) == []


async def test_a_branch_s_name_is_one_segment_of_the_path() -> None:
    odd = Resource("42", "acme/api", (), {**FACTS, "default_branch": "release/1.0 #"})
    path = f"{AT}/repository/branches/release%2F1.0%20%23"
    api = FakeApi({("GET", path): gone})
    with pytest.raises(ItemGone):
        await walk("commits", api, resource=odd)


async def test_pipelines_are_asked_for_one_by_one_as_they_change() -> None:
    path = f"{AT}/pipelines"
    rows = [
        answer("pipelines")[0] | {"id": n, "iid": n, "updated_at": at(n * 70)} for n in range(1, 31)
    ]
    it, api = listing(path, rows)
    for row in rows:
        whole = answer("pipeline") | {"id": row["id"]}
        api.answers["GET", f"{path}/{row['id']}"] = Answer(whole)
    api.answers["GET", f"{path}/7"] = gone
    pages = await walk("pipelines", api)
    assert len(said(pages)) == 29
    it.touch(3, at(9_000))
    again = await walk("pipelines", api, pages[-1].cursor)
    assert set(said(again)) == {"gitlab.com:42:pipeline:3", "gitlab.com:42:pipeline:30"}


async def test_a_merge_request_s_pipeline_says_which_it_belongs_to() -> None:
    path, whole = f"{AT}/pipelines", answer("pipeline") | {"ref": "refs/merge-requests/3/head"}
    api = FakeApi(
        {("GET", path): Answer(answer("pipelines")), ("GET", f"{path}/31"): Answer(whole)}
    )
    (message,) = said(await walk("pipelines", api)).values()
    assert b'"merge_request_iid":"3"' in message


async def test_releases_are_walked_whole_every_time() -> None:
    path = f"{AT}/releases"

    def paged(call: Call) -> Answer:
        page = int(call.params.get("page", "1"))
        rows = [answer("releases")[0] | {"tag_name": f"v{page}.{n}"} for n in range(100)]
        return Answer(rows, next=f"{ROOT}{path}?page={page + 1}" if page < 3 else "")

    api = FakeApi({("GET", path): paged})
    pages = await walk("releases", api)
    assert len(said(pages)) == 300
    assert pages[-1].cursor == stream("releases").cursor()
    assert pages[0].cursor.next


@pytest.mark.parametrize("name", ["issues", "issue_notes", "merge_requests", "pipelines"])
async def test_a_limit_reached_in_the_middle_leaves_the_cursor_where_it_was(name: str) -> None:
    path = {"issue_notes": ISSUES}.get(name, f"{AT}/{name}")

    def limited(_: Call) -> Exception:
        return RateLimited(retry_after=60)

    api = FakeApi({("GET", path): limited})
    with pytest.raises(RateLimited):
        await walk(name, api)


def test_what_walks_prove_and_need_is_declared() -> None:
    proving = {"projects", "issues", "issue_notes", "merge_requests", "merge_request_notes"}
    for name in proving | {"pipelines", "releases"}:
        assert stream(name).complete is True
    assert stream("commits").complete is False
    assert all(stream(name).scopes == {"api", "read_api"} for name in proving)
