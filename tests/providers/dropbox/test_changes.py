"""What a page of changes means: deletions that tell a path, moves, replacements, what comes back."""

from typing import Any

import pytest
from msgspec.structs import replace

from services.dropbox.batch import outermost
from services.dropbox.looking import LATER, LOOKED_UP, MOVED
from services.dropbox.sync import DUE, MOST, Walk
from shared.errors import Refused, Unavailable
from tests.providers.dropbox import material as its
from tests.providers.dropbox.material import SEEN, Dropbox, after, deleted, file, said

pytestmark = pytest.mark.anyio


def gone(pages: Any) -> list[tuple[str, bool]]:
    return [(it.id, it.deleted) for it in said(pages)]


async def test_a_deleted_file_is_known_by_the_history_of_its_path() -> None:
    api = Dropbox()
    api.was = {"/a/old.txt": ["id:1", "id:0"]}
    (only,) = await after(api, deleted("/A/old.txt"))
    (tomb,) = said([only])
    assert (tomb.id, tomb.deleted, tomb.timestamp.isoformat()) == (
        "id:1",
        True,
        "2026-11-22T11:00:00+00:00",
    )
    assert only.records[0].revision == SEEN, "newer than anything that was told of it"
    assert only.cursor.gone == ("id:1",)
    assert only.cursor.count == ""


async def test_7_what_was_in_a_folder_that_is_gone_is_found_by_a_count() -> None:
    api = Dropbox()
    (only,) = await after(api, deleted("/A"), deleted("/A/b"), deleted("/A/b/c.txt"))
    assert (only.records, only.excluded, only.cursor.count) == ((), {LATER: 1}, DUE)
    assert api.called(its.REVISIONS) == 1, "what lies below is not asked for"


async def test_7_files_of_the_same_page_go_with_their_folder() -> None:
    rows = [file("id:1", "/A/x.pdf"), file("id:2", "/Ab.pdf"), deleted("/A")]
    (only,) = await after(Dropbox(), *rows)
    assert sorted(gone([only])) == [("id:1", True), ("id:2", False)]


async def test_8_a_move_keeps_the_file_and_tells_no_deletion() -> None:
    api = Dropbox()
    api.was = {"/old.pdf": ["id:1"]}
    (only,) = await after(api, deleted("/old.pdf"), file("id:1", "/New/new.pdf"))
    (moved,) = said([only])
    assert (moved.id, moved.deleted, moved.title) == ("id:1", False, "new.pdf")
    assert moved.metadata["path"] == "/New/new.pdf"
    assert only.excluded == {MOVED: 1}


async def test_8_a_move_that_is_told_on_two_pages_tells_no_deletion_either() -> None:
    api = Dropbox()
    api.was, api.there = {"/old.pdf": ["id:1"]}, {"id:1"}
    (only,) = await after(api, deleted("/old.pdf"))
    assert (only.records, only.excluded) == ((), {MOVED: 1})


async def test_9_a_new_file_at_the_path_of_a_deleted_one_is_another_file() -> None:
    api = Dropbox()
    api.was = {"/a.pdf": ["id:2", "id:1"]}
    (only,) = await after(api, deleted("/a.pdf"), file("id:2", "/a.pdf"))
    assert gone([only]) == [("id:1", True), ("id:2", False)]


async def test_9_a_file_that_is_deleted_and_saved_again_with_its_id_stays() -> None:
    api = Dropbox()
    api.was = {"/a.pdf": ["id:1"]}
    (only,) = await after(api, deleted("/a.pdf"), file("id:1", "/a.pdf"))
    assert gone([only]) == [("id:1", False)]


async def test_10_a_file_takes_the_place_of_a_folder_and_of_what_was_in_it() -> None:
    rows = [file("id:1", "/A/x.pdf"), file("id:2", "/B/y.pdf"), file("id:3", "/A")]
    (only,) = await after(Dropbox(), *rows)
    assert gone([only]) == [("id:1", True), ("id:2", False), ("id:3", False)]


async def test_10_a_folder_leaves_what_is_in_it() -> None:
    (only,) = await after(Dropbox(), file("id:1", "/A/x.pdf"), its.folder("/A"))
    assert gone([only]) == [("id:1", False)]


async def test_each_file_counts_as_it_was_told_last() -> None:
    rows = [file("id:1", "/a.pdf"), file("id:2"), file("id:1", "/b.pdf")]
    (only,) = await after(Dropbox(), *rows)
    assert [(it.id, it.title) for it in said([only])] == [("id:2", "2.pdf"), ("id:1", "b.pdf")]


async def test_a_file_that_came_and_went_and_came_is_there() -> None:
    api = Dropbox()
    api.was = {"/a.pdf": ["id:1"]}
    (only,) = await after(api, file("id:1", "/a.pdf"), deleted("/a.pdf"), file("id:1", "/c.pdf"))
    assert gone([only]) == [("id:1", False)]


async def test_what_comes_back_is_newer_than_its_deletion_and_the_rest_as_old_as_it_is() -> None:
    (only,) = await after(Dropbox(), file("id:1"), file("id:2"), gone=("id:1", "id:9"))
    assert [it.revision for it in only.records] == [SEEN, ""]
    assert only.cursor.gone == ("id:9",)


async def test_only_so_many_deletions_are_remembered() -> None:
    known = tuple(f"id:g{n}" for n in range(MOST))
    api = Dropbox()
    api.was = {"/a.pdf": ["id:1"]}
    (only,) = await after(api, deleted("/a.pdf"), gone=known)
    assert only.cursor.gone == (*known[1:], "id:1")


async def test_many_deletions_are_not_looked_up_one_by_one() -> None:
    api = Dropbox()
    paths = [deleted(f"/{n}.pdf") for n in range(LOOKED_UP + 1)]
    (only,) = await after(api, *paths)
    assert (only.excluded, only.cursor.count) == ({LATER: LOOKED_UP + 1}, DUE)
    assert api.called(its.REVISIONS) == 0


async def test_a_path_whose_history_cannot_be_read_is_left_to_the_count() -> None:
    answers: list[Any] = [Refused(), {"is_deleted": True, "entries": []}]
    for no in answers:
        api = Dropbox()
        api.answers["POST", its.REVISIONS] = no
        (only,) = await after(api, deleted("/a.pdf"))
        assert (only.records, only.cursor.count) == ((), DUE)


async def test_a_deletion_that_cannot_be_looked_up_now_is_looked_up_later() -> None:
    api = Dropbox()
    api.answers["POST", its.REVISIONS] = Unavailable()
    with pytest.raises(Unavailable):
        await after(api, deleted("/a.pdf"))


async def test_a_count_that_is_due_waits_until_the_changes_are_read() -> None:
    api = Dropbox({"c1": its.page(deleted("/A"), cursor="c2", more=True)})
    api.pages["c2"] = its.page(file("id:1"), cursor="c3")
    first, last = await its.walk(api, Walk("c1", counted=its.COUNTED))
    assert (first.cursor.count, last.cursor.count, last.cursor.place) == (DUE, DUE, "c3")


async def test_18_what_is_not_mounted_has_no_path_and_is_told_all_the_same() -> None:
    rows = [its.recorded(f"file/{it}")["file"] for it in ("unmounted", "unmounted_null")]
    (only,) = await after(
        Dropbox(), rows[0], {**rows[1], "id": "id:2"}, {**deleted("/x"), "path_lower": None}
    )
    assert [it.id for it in said([only])] == [rows[0]["id"], "id:2"]
    assert all("path" not in it.metadata for it in said([only]))
    assert only.cursor.count == ""


async def test_19_a_kind_that_nobody_knows_is_counted_and_the_rest_is_told() -> None:
    (only,) = await after(Dropbox(), {".tag": "dream", "name": "x", "id": "id:7"}, file("id:1"))
    assert gone([only]) == [("id:1", False)]
    assert sum(only.excluded.values()) == 1


async def test_26_paths_are_compared_as_dropbox_folds_them_and_names_are_told_as_they_are() -> None:
    composed, apart = "/\u00dcbung.pdf", "/U\u0308bung.pdf"
    api = Dropbox()
    api.was = {composed.lower(): ["id:1"]}
    renamed = file("id:1", apart, path_lower=composed.lower())
    (only,) = await after(api, deleted(composed), renamed)
    (message,) = said([only])
    assert (message.title, message.deleted) == (apart[1:], False)


async def test_26_a_rename_of_case_alone_is_the_same_file() -> None:
    (only,) = await after(Dropbox(), file("id:1", "/readme.pdf"), file("id:1", "/README.pdf"))
    assert [it.title for it in said([only])] == ["README.pdf"]


def test_only_the_outermost_paths_are_looked_up() -> None:
    assert outermost(["/a/b", "/a", "/ab", "/c/d/e", "/c/d/e/f/g"]) == ["/a", "/ab", "/c/d/e"]
    assert outermost([]) == []


async def test_a_file_told_twice_is_the_same_version() -> None:
    first, second = [await after(Dropbox(), file("id:1")) for _ in range(2)]
    assert said(first) == said(second)
    assert replace(first[0].records[0], revision="") == second[0].records[0]
