"""Walks: what is followed, what is in it, and what becomes of what is not there any more."""

from typing import Any

import pytest
from msgspec import structs

from services.figma.dialect import Hidden
from services.figma.reading import AUTOSAVE, Since
from services.figma.sync import UNSEEN, Walk, proves
from shared.errors import ItemGone, RateLimited, Unreadable
from shared.provider import Api
from shared.types import Page, Resource
from tests.fakes.api import Call, FakeApi
from tests.providers.figma.material import FILE, KEY, figma, messages, recorded, said, stream, walk

pytestmark = pytest.mark.anyio

PART = Resource(FILE, "Checkout")
META = f"/v1/files/{KEY}/meta"
COMMENTS = f"GET /v1/files/{KEY}/comments"
VERSIONS = f"GET /v1/files/{KEY}/versions"


def listed(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": f"The {key}", "last_modified": "2026-02-01T10:00:00Z", **more}


def team(**more: Any) -> FakeApi:
    """A team of a folder, in which are two files and another folder with one more."""
    return figma(
        {
            "GET /v2/teams/1/folders": {
                "name": "Design",
                "folders": [{"id": "41", "name": "Shop"}],
            },
            "GET /v2/folders/41/files": {"name": "Shop", "files": [listed("A1"), listed("B2")]},
            "GET /v2/folders/41/folders": {
                "name": "Shop",
                "folders": [{"id": "42", "name": "Old", "parent_folder_id": "41"}],
            },
            "GET /v2/folders/42/files": {"name": "Old", "files": [listed("C3")]},
            "GET /v2/folders/42/folders": {"name": "Old", "folders": []},
            f"GET {META}": recorded("file.design").answers[f"GET {META}"],
            **more,
        }
    )


def following(*places: str) -> Resource:
    return Resource(facts=dict.fromkeys(places, ""))


def resources(pages: list[Page]) -> dict[str, Resource]:
    return {it.id: it for page in pages for it in page.resources}


async def test_18_nothing_is_asked_for_before_somebody_names_a_place() -> None:
    api = FakeApi({})
    pages = await walk("files", api, Resource())
    assert (resources(pages), api.asked) == ({}, [])


async def test_a_team_is_walked_down_to_the_files_of_folders_in_folders() -> None:
    found = resources(await walk("files", team(), following("team:1")))
    assert [*found] == ["team:1", "file:A1", "file:B2", "file:C3"]
    assert found["team:1"].routes == ("team:1",)
    assert found["file:C3"] == Resource(
        "file:C3", "The C3", ("file:C3",), {"touched": "2026-02-01T10:00:00Z", "via": "team:1"}
    )


async def test_a_file_that_is_followed_twice_is_walked_once_with_the_team() -> None:
    api = team()
    found = await walk("files", api, following("file:A1", "folder:41", "team:1", FILE))
    kept = resources(found)
    assert sorted(kept) == sorted(["team:1", "folder:41", "file:A1", "file:B2", "file:C3", FILE])
    assert kept["file:A1"].facts["via"] == "team:1"
    assert "via" not in kept[FILE].facts, "nobody else tells of it"
    assert sum(it.id == "file:A1" for page in found for it in page.resources) == 1


async def test_22_a_branch_is_a_file_of_its_own() -> None:
    rows = {"name": "Shop", "files": [listed("A1", branches=[listed("Br1")])]}
    api = team(**{"GET /v2/folders/41/files": rows})
    found = resources(await walk("files", api, following("folder:41")))
    assert found["file:Br1"].name == "The Br1"
    asked = next(it for it in api.asked if it.path.endswith("41/files"))
    assert asked.params == {"branch_data": "true"}


async def test_what_may_not_be_seen_claims_nothing_and_stops_nobody_else() -> None:
    api = team(**{"GET /v2/teams/2/folders": Hidden("no"), "GET /v1/files/Gone1/meta": ItemGone()})
    pages = await walk("files", api, following("team:2", "file:Gone1", "team:1"))
    assert {*resources(pages)} == {"team:1", "file:A1", "file:B2", "file:C3"}
    assert sum(page.excluded.get(UNSEEN, 0) for page in pages) == 2


async def test_folders_in_folders_are_not_had_by_everybody() -> None:
    api = team(**{"GET /v2/folders/41/folders": ItemGone()})
    assert "file:B2" in resources(await walk("files", api, following("folder:41")))


async def test_a_walk_goes_on_where_it_was_cut() -> None:
    whole = await walk("files", team(), following("team:1"))
    for number, page in enumerate(whole[:-1], 1):
        rest = await walk("files", team(), following("team:1"), page.cursor)
        assert resources(rest) == resources(whole[number:])
        assert rest[-1].cursor == whole[-1].cursor
    ends = [proves(it.cursor) for it in whole]
    assert ends == [*[False] * (len(whole) - 1), True]
    assert proves(Walk()), "and the first one begins like any other"


async def test_a_limit_in_the_middle_keeps_what_was_seen() -> None:
    api = team(**{"GET /v2/folders/42/files": RateLimited(retry_after=9)})
    seen: list[Page] = []
    with pytest.raises(RateLimited):
        await _gather(api, seen)
    rest = await walk("files", team(), following("team:1"), seen[-1].cursor)
    assert {*resources(seen), *resources(rest)} == {"team:1", "file:A1", "file:B2", "file:C3"}
    assert rest[-1].cursor == Walk({key: f"The {key}" for key in ("A1", "B2", "C3")})


async def _gather(api: Api, seen: list[Page]) -> None:
    async for page in stream("files").pages(api, Walk(), following("team:1")):
        seen.append(page)


async def test_what_is_listed_no_more_is_looked_at_twice_more_and_then_forgotten() -> None:
    known = Walk({"A1": "The A1", "Z9": "The Z9"})
    pages = await walk("files", team(), following("team:1"), known)
    assert resources(pages)["file:Z9"].facts == {"missing": "once"}
    again = await walk("files", team(), following("team:1"), pages[-1].cursor)
    assert resources(again)["file:Z9"].facts == {"missing": "still"}
    last = await walk("files", team(), following("team:1"), again[-1].cursor)
    assert "file:Z9" not in resources(last)
    assert resources(last)["file:A1"].facts["via"] == "team:1"


async def test_facts_that_name_no_place_are_not_walked() -> None:
    api = FakeApi({})
    assert resources(await walk("files", api, following("team:x", "file:../me", "note"))) == {}


async def test_19_a_file_that_is_gone_proves_the_absence_of_all_that_was_on_it() -> None:
    api = figma({f"GET {META}": ItemGone(), COMMENTS: ItemGone(), VERSIONS: ItemGone()})
    for name in ("file", "comments", "versions"):
        pages = await walk(name, api, PART)
        assert [it.records for it in pages] == [()]
        assert stream(name).complete is True
    (page,) = await walk("versions", api, PART, Since("7"))
    assert page.cursor == Since(), "the next walk is one that proves"


async def test_what_may_only_not_be_seen_proves_no_absence() -> None:
    api = figma({f"GET {META}": Hidden(), COMMENTS: Hidden(), VERSIONS: Hidden()})
    for name in ("file", "comments", "versions"):
        with pytest.raises(Hidden):
            await walk(name, api, PART)


@pytest.mark.parametrize("name", ["file", "comments", "versions"])
async def test_a_team_has_nothing_to_read_by_itself(name: str) -> None:
    assert await walk(name, FakeApi({}), Resource("team:1")) == []


async def test_8_a_comment_is_at_a_layer_at_a_point_or_nowhere() -> None:
    it = recorded("comments.pins")
    nodes = [one.metadata.get("node_id") for one in said(await walk("comments", it.api, PART))]
    assert nodes == [None, "12:34", None, "I12:34;5:6", None]


async def test_9_ids_are_the_same_as_numbers_and_as_text() -> None:
    numbers = recorded("comments.numeric")
    (row,) = numbers.answers[COMMENTS]["comments"]
    user = {**row["user"], "id": str(row["user"]["id"])}
    text = {**row, "id": "17", "parent_id": "16", "order_id": "3", "user": user}
    api = figma({COMMENTS: {"comments": [text]}})
    assert said(await walk("comments", api, PART)) == said(
        await walk("comments", numbers.api, PART)
    )


async def test_a_comment_of_another_shape_is_kept_and_the_others_are_told() -> None:
    api = figma({COMMENTS: {"comments": [{"id": {}}, *_rows("comments.resolved")]}})
    (page,) = await walk("comments", api, PART)
    assert len(page.records) == 3
    assert len(messages(page.records[1:])) == 2
    with pytest.raises(Unreadable):
        messages(page.records[:1])


def _rows(name: str) -> Any:
    return recorded(name).answers[COMMENTS]["comments"]


async def test_a_namesake_is_meant_by_name_alone() -> None:
    it = recorded("comments.namesakes")
    (first, _) = said(await walk("comments", it.api, PART))
    assert [(one.id, one.name) for one in first.mentions] == [("", "Lee")]


async def test_11_a_version_that_nobody_named_is_counted_and_not_told() -> None:
    it = recorded("versions.autosaves")
    (page,) = await walk("versions", it.api, PART)
    assert page.excluded == {AUTOSAVE: 2}
    assert [one.title for one in said([page])] == ["Kept"]


class Versions:
    """A file of so many versions, in pages of fifty, newest first."""

    def __init__(self, count: int) -> None:
        self.rows = [self.row(n) for n in range(count, 0, -1)]
        self.api = figma({VERSIONS: self.page})

    def row(self, number: int) -> dict[str, Any]:
        at = "2026-01-01T10:00:00Z"
        return {"id": str(number), "created_at": at, "label": f"v{number}", "user": None}

    def page(self, call: Call) -> Any:
        before = int(call.params.get("before", 10**9))
        left = [it for it in self.rows if int(it["id"]) < before]
        page, more = left[:50], left[50:]
        following = f"https://api.figma.com{call.path}?page_size=50&before={page[-1]['id']}"
        return {"versions": page, "pagination": {"next_page": following} if more else {}}


async def test_versions_are_walked_to_the_first_and_then_down_to_the_newest_known() -> None:
    its = Versions(120)
    pages = await walk("versions", its.api, PART)
    assert len(said(pages)) == 120
    assert pages[-1].cursor == Since("120")
    its.rows.insert(0, its.row(121))
    its.api.asked.clear()
    again = await walk("versions", its.api, PART, pages[-1].cursor)
    assert len(its.api.asked) == 1
    assert said(again)[0].title == "v121"
    assert again[-1].cursor == Since("121")


async def test_a_version_that_is_named_later_is_found_by_the_next_walk() -> None:
    its = Versions(60)
    its.rows[5]["label"] = None
    before = await walk("versions", its.api, PART)
    its.rows[5]["label"] = "Named at last"
    again = said(await walk("versions", its.api, PART, before[-1].cursor))
    assert "Named at last" in [it.title for it in again]


async def test_a_walk_over_versions_goes_on_where_it_was_cut() -> None:
    its = Versions(120)
    pages = await walk("versions", its.api, PART)
    rest = await walk("versions", its.api, PART, pages[0].cursor)
    assert said(rest) == said(pages[1:])
    assert rest[-1].cursor == pages[-1].cursor


async def test_a_file_without_versions_keeps_its_mark() -> None:
    (page,) = await walk("versions", recorded("versions.none").api, PART, Since("7"))
    assert page.cursor == Since("7")


@pytest.mark.parametrize(
    "change", [{"name": None}, {"last_touched_at": "soon"}, {"creator": "Ada"}]
)
async def test_a_file_of_another_shape_is_unreadable(change: dict[str, Any]) -> None:
    it = recorded("file.design")
    row = it.answers[f"GET {META}"]["file"]
    api = figma({f"GET {META}": {"file": {**row, **change}}})
    (page,) = await walk("file", api, PART)
    with pytest.raises(Unreadable):
        messages(page.records)
    with pytest.raises(Unreadable):
        await walk("files", api, following(FILE))


async def test_a_resolved_comment_is_another_version_of_the_same() -> None:
    (row, _) = _rows("comments.resolved")
    rows = [{**row, "resolved_at": None}, row]
    told = [
        said(await walk("comments", figma({COMMENTS: {"comments": [it]}}), PART)) for it in rows
    ]
    (before,), (after,) = told
    assert structs.replace(after, metadata=before.metadata) == before
    assert after.metadata["resolved"] == "true"
