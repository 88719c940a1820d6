"""The first listing, the cursor, texts and names, and what Dropbox forgets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.dropbox.batch import FOLDER, UNKNOWN
from services.dropbox.calls import LIST
from services.dropbox.dialect import Forgotten
from services.dropbox.provider import provider
from services.dropbox.sync import A_DAY, DUE, KNOWN, PER_COUNT, PER_PAGE, Walk, files, proves
from shared.errors import RateLimited, Refused, Unavailable, Unreadable
from shared.normalizer import Person
from shared.types import Page, Resource
from tests.fakes.api import Call
from tests.providers.dropbox import material as its
from tests.providers.dropbox.material import ANA, COUNTED, NOW, Dropbox, file, page, said, walk

pytestmark = pytest.mark.anyio


async def test_everything_is_listed_once_from_the_root_down() -> None:
    api = Dropbox({"": page(its.folder("/A"), file("id:1"), cursor="c1", more=True)})
    api.pages["c1"] = page(file("id:2"), {".tag": "hologram", "name": "x"}, cursor="c2")
    first, last = await walk(api)
    assert [it.id for it in said([first, last])] == ["id:1", "id:2"]
    assert (first.excluded, last.excluded) == ({FOLDER: 1}, {UNKNOWN: 1})
    assert (first.cursor, last.cursor) == (Walk(next="c1"), Walk("c2", counted=NOW.timestamp()))
    asked = its.arg(api.asked[0])
    assert (asked["path"], asked["recursive"], asked["include_deleted"]) == ("", True, False)
    assert (asked["limit"], asked["include_non_downloadable_files"]) == (PER_PAGE, True)


async def test_4_two_notices_at_once_are_one_walk_more() -> None:
    """The hub walks once for any number of nudges; a walk that finds nothing new says nothing."""
    api = Dropbox({"c1": page(cursor="c1")})
    assert await walk(api, Walk("c1", counted=COUNTED)) == []
    assert its.STREAM.complete is proves


async def test_5_a_cursor_that_was_forgotten_lists_everything_anew_and_proves_what_is_gone() -> (
    None
):
    api = Dropbox({"c1": Forgotten(), "": page(file("id:2"), cursor="n1")})
    (only,) = await walk(api, Walk("c1", counted=COUNTED, gone=("id:9",)))
    assert only == Page((), Walk(gone=("id:9",)))
    assert proves(only.cursor), "what is not listed now is deleted"
    (anew,) = await walk(api, only.cursor)
    assert anew.cursor == Walk("n1", counted=NOW.timestamp(), gone=("id:9",))


async def test_a_listing_whose_next_page_was_forgotten_begins_anew_and_only_once() -> None:
    api = Dropbox({"n1": Forgotten(), "": page(file("id:1"), cursor="c1")})
    (only,) = await walk(api, Walk(next="n1"))
    assert only.cursor.place == "c1"
    api.pages[""] = Forgotten()
    with pytest.raises(Forgotten):
        await walk(api, Walk(next="n1"))
    with pytest.raises(Forgotten):
        await walk(api)
    api.pages[""] = page(file("id:1"), cursor="n1", more=True)
    with pytest.raises(Forgotten):
        await walk(api, Walk(next="n1"))


async def test_6_an_empty_page_is_not_the_end() -> None:
    api = Dropbox({"": its.recorded("api/list_folder.empty")})
    api.pages["AAFempty"] = page(file("id:1"), cursor="c2")
    assert [it.id for it in said(await walk(api))] == ["id:1"]
    api.pages["c2"] = page(cursor="c3", more=True)
    api.pages["c3"] = page(file("id:2"), cursor="c4")
    empty, full = await walk(api, Walk("c2", counted=COUNTED))
    assert (empty.records, empty.cursor.place) == ((), "c3")
    assert [it.id for it in said([full])] == ["id:2"]


async def test_11_the_cursor_moves_with_its_page_and_a_page_that_broke_off_is_asked_for_again() -> (
    None
):
    api = Dropbox({"c1": page(file("id:1"), cursor="c2", more=True), "c2": Unavailable()})
    pages = files(api, Walk("c1", counted=COUNTED), Resource(), lambda: NOW)
    first = await anext(pages)
    with pytest.raises(Unavailable):
        await anext(pages)
    assert first.cursor.place == "c2"
    api.pages["c2"] = page(file("id:2"), cursor="c3")
    (rest,) = await walk(api, first.cursor)
    assert [it.id for it in said([rest])] == ["id:2"]


async def test_a_slower_pace_and_a_missing_scope_end_the_walk_as_what_they_are() -> None:
    for error in (RateLimited(retry_after=15), Refused()):
        with pytest.raises(type(error)):
            await walk(Dropbox({"c1": error}), Walk("c1", counted=COUNTED))


async def test_a_page_of_another_shape_is_unreadable() -> None:
    odds: list[Any] = [{"entries": [], "has_more": False}, [], page({"name": "no tag"})]
    for odd in odds:
        with pytest.raises(Unreadable):
            await walk(Dropbox({"": odd}))


async def test_small_texts_are_read_by_their_revision() -> None:
    note, large = (
        file("id:1", "/a.md", size=5),
        file("id:2", "/b.md", size=100_001, rev="abcdef012"),
    )
    api = Dropbox({"": page(note, large, file("id:3", "/c.bin"))})
    api.texts = {f"rev:{note['rev']}": b"# Hi\r\n"}
    assert [it.content for it in said(await walk(api))] == ["# Hi", "", ""]
    assert api.called("/2/files/download") == 1


async def test_who_changed_a_file_is_named_where_that_may_be_asked() -> None:
    row = its.recorded("file/shared")["file"]
    api = Dropbox({"": page(row, {**row, "id": "id:2", "path_lower": "/b"}, file("id:3"))})
    (only,) = await walk(api)
    assert only.names == {ANA: "Ana Ames"}
    (asked,) = [it for it in api.asked if "get_account" in it.path]
    assert its.arg(asked) == {"account_ids": [ANA]}
    assert provider.directory
    shared = only.records[0]
    assert [*provider.directory.ids(shared)] == [ANA]
    named = provider.directory.put(shared, {ANA: "Ana Ames"})
    (message,) = its.told([named])
    assert message.author == Person(ANA, "Ana Ames")
    answers: list[Any] = [Refused(), []]
    for no in answers:
        api.answers["POST", "/2/users/get_account_batch"] = _always(no)
        (only,) = await walk(api)
        assert (only.names, len(only.records)) == ({}, 3)


async def test_once_a_day_everything_is_counted() -> None:
    api = Dropbox({"c1": page(cursor="c2")})
    (only,) = await walk(api, Walk("c1", counted=NOW.timestamp() - A_DAY - 1))
    assert only.cursor.count == DUE
    assert proves(only.cursor)


async def test_a_count_tells_nothing_that_is_known_and_leaves_the_place_alone() -> None:
    rows = [file("id:1", "/a.md", size=5), its.folder("/A"), its.deleted("/x")]
    api = Dropbox({"": page(*rows, cursor="n1", more=True), "n1": page(file("id:2"), cursor="n2")})
    first, last = await walk(api, Walk("c1", count=DUE, counted=COUNTED, gone=("id:2",)))
    assert its.arg(api.asked[0])["limit"] == PER_COUNT
    assert [it.revision for it in (*first.records, *last.records)] == [KNOWN, KNOWN]
    assert api.called("/2/files/download") == 0
    assert first.cursor == Walk("c1", count="n1", counted=COUNTED, gone=("id:2",))
    assert last.cursor == Walk("c1", counted=NOW.timestamp(), gone=("id:2",))
    assert not proves(first.cursor)
    assert not proves(last.cursor)


async def test_a_count_that_was_forgotten_begins_anew_in_the_same_walk() -> None:
    api = Dropbox({"n1": Forgotten(), "": page(file("id:1"), cursor="n2")})
    (only,) = await walk(api, Walk("c1", count="n1", counted=COUNTED))
    assert [it.revision for it in only.records] == [KNOWN]
    assert only.cursor == Walk("c1", counted=NOW.timestamp())
    api.pages[""] = Forgotten()
    with pytest.raises(Forgotten):
        await walk(api, Walk("c1", count="n1", counted=COUNTED))


async def test_the_root_is_asked_for_and_never_a_slash() -> None:
    asked: list[str] = []

    def root(call: Call) -> Any:
        asked.append(its.arg(call)["path"])
        return page(cursor="c1")

    api = Dropbox()
    api.answers["POST", LIST] = root
    await walk(api, now=lambda: NOW + timedelta(days=1))
    assert asked == [""]


def _always(answer: Any) -> Callable[[Call], Any]:
    return lambda _: answer
