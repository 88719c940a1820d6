"""Walks over a vault: what changed is told once, what moved keeps its story, what is gone is certain."""

import unicodedata
from itertools import count

import pytest

from services.obsidian import sync
from services.obsidian.models import Row, Stat
from services.obsidian.provider import provider
from services.obsidian.telling import Walk
from shared.errors import Impossible, ItemGone, Unavailable, Unreadable
from shared.sync.normalize import prepare
from shared.types import Resource
from tests.fakes.api import Answer, Call
from tests.providers.obsidian.material import NOW, Vault, end, records, said, vault, versions, walk

pytestmark = pytest.mark.anyio

LATER = NOW + 3_600.0
OLD = 1_767_600_000_000.0


def small(**texts: str) -> Vault:
    """A vault of a few notes, settled long ago."""
    it = Vault({})
    for name, text in (texts or {"a": "Alpha", "b": "Beta", "c": "Gamma"}).items():
        it.write(f"{name}.md", text, OLD)
    return it


def news(pages: list) -> list[tuple[str, bool]]:  # type: ignore[type-arg]  # of pages
    return [(it.message.id, it.message.deleted) for it in versions(pages)]


async def test_the_first_walk_tells_everything_as_of_its_own_time() -> None:
    pages = await walk(small().api)
    assert news(pages) == [("note:a.md", False), ("note:b.md", False), ("note:c.md", False)]
    assert {it.revision for it in records(pages)} == {"2026-01-05T08:00:00.000000Z"}
    assert end(pages).thorough == NOW


async def test_what_did_not_change_is_not_even_read() -> None:
    it = small()
    at = end(await walk(it.api))
    it.asked.clear()
    assert await walk(it.api, at, LATER) == []
    assert it.asked == []


async def test_15_an_atomic_save_is_one_change() -> None:
    it = small()
    at = end(await walk(it.api))
    saved = it.notes.pop("a.md")
    api = it.api
    looks = count()

    def stats(_: Call) -> Answer:
        if next(looks):
            it.write("a.md", "Alpha, changed", OLD + 5)
        return Answer([Row(one.path, one.stat) for one in it.notes.values()])

    api.answers["POST", "/search/"] = stats
    assert saved
    pages = await walk(api, at, LATER)
    assert not [one for one in said(pages) if one.deleted]
    at = end(pages) if pages else at
    assert news(await walk(it.api, at, LATER)) == [("note:a.md", False)]


async def test_16_a_renamed_note_says_what_it_was() -> None:
    it = small()
    at = end(await walk(it.api))
    it.move("a.md", "Folder/New name.md")
    pages = await walk(it.api, at, LATER)
    assert news(pages) == [("note:Folder/New%20name.md", False), ("note:a.md", True)]
    assert said(pages)[0].metadata["old_path"] == "a.md"
    assert await walk(it.api, end(pages), LATER) == []


async def test_16b_a_note_with_an_id_of_its_own_stays_the_same_item() -> None:
    it = small(a="---\nid: z1\n---\nAlpha", b="Beta")
    at = end(await walk(it.api))
    it.move("a.md", "Folder/a.md")
    pages = await walk(it.api, at, LATER)
    assert news(pages) == [("id:z1", False)]
    assert said(pages)[0].metadata["path"] == "Folder/a.md"
    assert said(pages)[0].metadata["old_path"] == "a.md"


async def test_17_renamed_and_edited_at_once_is_another_note_unless_it_has_an_id() -> None:
    it = small(a="Alpha", b="---\nid: z1\n---\nBeta")
    at = end(await walk(it.api))
    it.move("a.md", "x.md")
    it.write("x.md", "Alpha, edited", OLD + 9)
    it.move("b.md", "y.md")
    it.write("y.md", "---\nid: z1\n---\nBeta, edited", OLD + 9)
    pages = await walk(it.api, at, LATER)
    assert news(pages) == [("note:x.md", False), ("id:z1", False), ("note:a.md", True)]
    assert [one.metadata.get("old_path") for one in said(pages)][:2] == [None, "b.md"]


async def test_of_two_equal_notes_that_moved_each_came_from_one() -> None:
    it = small(a="Same", b="Same", c="x")
    at = end(await walk(it.api))
    it.move("a.md", "F/a.md")
    it.move("b.md", "F/b.md")
    pages = await walk(it.api, at, LATER)
    moved = {one.metadata["path"]: one.metadata["old_path"] for one in said(pages)[:2]}
    assert moved == {"F/a.md": "a.md", "F/b.md": "b.md"}
    it.move("F/a.md", "x.md")
    it.move("F/b.md", "y.md")
    again = said(await walk(it.api, end(pages), LATER))[:2]
    assert {one.metadata["old_path"] for one in again} == {"F/a.md", "F/b.md"}


async def test_an_empty_note_comes_from_nowhere() -> None:
    it = small(a="", b="Beta")
    at = end(await walk(it.api))
    it.move("a.md", "x.md")
    assert "old_path" not in said(await walk(it.api, at, LATER))[0].metadata


@pytest.mark.parametrize("at", ["first", "later"])
async def test_18_an_empty_vault_deletes_nothing(at: str) -> None:
    it = small()
    cursor = Walk() if at == "first" else end(await walk(it.api))
    it.notes.clear()
    with pytest.raises(Impossible, match="no notes"):
        await walk(it.api, cursor, LATER)


async def test_18b_more_than_half_gone_is_asked_about_and_not_told() -> None:
    it = small(**{f"n{number}": f"Text {number}" for number in range(30)})
    at = end(await walk(it.api))
    for number in range(16):
        del it.notes[f"n{number}.md"]
    with pytest.raises(Impossible, match="16 of 30 notes"):
        await walk(it.api, at, LATER)
    it.write("n0.md", "Text 0", OLD)
    assert len(await walk(it.api, at, LATER)) == 1
    full = await walk(it.api, Walk(), LATER)
    assert len(said(full)) == 15, "what a full walk does not list is gone"


async def test_18c_of_a_handful_all_but_one_may_go() -> None:
    it = small()
    at = end(await walk(it.api))
    del it.notes["a.md"], it.notes["b.md"]
    assert news(await walk(it.api, at, LATER)) == [("note:a.md", True), ("note:b.md", True)]


async def test_19_another_text_under_the_same_time_is_found_within_a_day() -> None:
    it = small()
    at = end(await walk(it.api))
    it.write("a.md", "ALPHA", OLD)
    assert await walk(it.api, at, LATER) == [], "as long and as old as before"
    pages = await walk(it.api, at, NOW + sync.THOROUGH)
    assert news(pages) == [("note:a.md", False)]
    assert end(pages).thorough == NOW + sync.THOROUGH


async def test_19b_a_time_that_goes_back_is_a_change_that_is_newer() -> None:
    it = small()
    first = await walk(it.api)
    it.write("a.md", "Restored", OLD - 1_000_000)
    (told,) = versions(await walk(it.api, end(first), LATER))
    assert told.revision > versions(first)[0].revision


async def test_19c_what_was_written_just_now_is_read_once_more() -> None:
    it = small()
    it.write("a.md", "Begun", NOW * 1000 - 500)
    at = end(await walk(it.api))
    it.write("a.md", "Ended", NOW * 1000 - 500)
    assert news(await walk(it.api, at, LATER)) == [("note:a.md", False)]


async def test_20_a_touched_note_is_read_and_not_told() -> None:
    it = small()
    at = end(await walk(it.api))
    it.write("a.md", "Alpha", OLD + 60_000)
    pages = await walk(it.api, at, LATER)
    assert news(pages) == []
    assert await walk(it.api, end(pages), LATER) == []


@pytest.mark.parametrize(
    "path",
    [
        ".obsidian/workspace.md",
        ".trash/a.md",
        "F/.hidden/b.md",
        "c.md~",
        ".d.md",
        "e.md.tmp",
        "f.crswap",
    ],
)
async def test_21_what_is_not_the_users_is_left_alone(path: str) -> None:
    it = small()
    it.write(path, "Not the user's")
    assert len(said(await walk(it.api))) == 3


async def test_24_one_name_in_two_forms_is_one_note() -> None:
    composed, apart = (unicodedata.normalize(it, "Café.md") for it in ("NFC", "NFD"))
    it = Vault({})
    it.write(apart, "Text", OLD)
    first = await walk(it.api)
    assert news(first) == [(f"note:{composed}", False)]
    assert it.asked == [apart], "it is read by the name that it has"
    it.move(apart, composed)
    assert await walk(it.api, end(first), LATER) == []


async def test_25_a_conflicted_copy_is_told_and_marked() -> None:
    marked = {
        one.metadata["path"] for one in said(await walk(vault().api)) if "conflict" in one.metadata
    }
    assert marked == {
        "Plan (Ana's conflicted copy 2026-01-05).md",
        "Plan (Conflicted copy laptop 202601050800).md",
        "Plan.sync-conflict-20260105-080000-ABCDEFG.md",
    }


async def test_31_a_note_with_an_id_of_its_own_is_deleted_by_that_id() -> None:
    it = small(a="---\nid: z 1\n---\nAlpha", b="Beta")
    at = end(await walk(it.api))
    del it.notes["a.md"]
    (gone,) = versions(await walk(it.api, at, LATER))
    assert (gone.message.id, gone.message.deleted) == ("id:z%201", True)
    assert gone.message.content == gone.message.title == ""


async def test_31b_a_note_that_gets_an_id_of_its_own_is_another_item() -> None:
    it = small()
    at = end(await walk(it.api))
    it.write("a.md", "---\nid: z1\n---\nAlpha", OLD + 5)
    pages = await walk(it.api, at, LATER)
    assert news(pages) == [("id:z1", False), ("note:a.md", True)]


async def test_31c_an_id_that_two_notes_have_is_the_firsts() -> None:
    it = small(a="---\nid: z1\n---\nAlpha", b="---\nid: z1\n---\nBeta", c="---\nid: true\n---\n")
    assert [ident for ident, _ in news(await walk(it.api))] == ["id:z1", "note:b.md", "note:c.md"]


async def test_a_link_whose_note_was_made_later_is_told_within_a_day() -> None:
    it = small(a="See [[Later]]", b="Beta")
    at = end(await walk(it.api))
    it.write("Later.md", "Here", OLD + 5)
    pages = await walk(it.api, at, LATER)
    assert news(pages) == [("note:Later.md", False)]
    pages = await walk(it.api, end(pages), NOW + sync.THOROUGH)
    assert news(pages) == [("note:a.md", False)]
    assert said(pages)[0].metadata["links"] == '["Later.md"]'


async def test_what_cannot_be_read_any_more_stays_under_the_id_that_it_had() -> None:
    it = small(a="---\nid: z1\n---\nAlpha", b="Beta")
    at = end(await walk(it.api))
    it.write("a.md", "---\nid: z1\n---\nChanged", OLD + 5)
    api = it.api
    api.answers["GET", "/vault/a.md"] = Unreadable("odd")
    pages = await walk(api, at, LATER)
    assert [record.removed for record in records(pages)] == [False]
    assert end(pages).notes["a.md"].own == "z1"
    assert news(await walk(it.api, end(pages), NOW + sync.THOROUGH)) == [("id:z1", False)]


async def test_what_comes_back_is_told_as_newer_than_its_end() -> None:
    it = small()
    clock = count(LATER).__next__
    at = end(await walk(it.api))
    saved = it.notes.pop("a.md")
    gone = await walk(it.api, at, clock)
    it.notes["a.md"] = saved
    back = await walk(it.api, end(gone), clock)
    assert [one.deleted for one in said(gone) + said(back)] == [True, False]
    assert records(back)[0].revision > records(gone)[0].revision


async def test_a_walk_that_was_cut_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "PAGE", 2)
    it = small(a="1", b="2", c="3", d="4", e="5")
    pages = await walk(it.api)
    assert [len(page.records) for page in pages] == [2, 2, 1, 0]
    it.asked.clear()
    rest = await walk(it.api, pages[0].cursor)
    assert it.asked == ["c.md", "d.md", "e.md"]
    assert end(rest) == end(pages)
    it.asked.clear()
    again = await walk(it.api, end(pages), NOW + sync.THOROUGH)
    assert len(it.asked) == 5
    it.asked.clear()
    await walk(it.api, again[0].cursor, NOW + sync.THOROUGH + 5)
    assert it.asked == ["c.md", "d.md", "e.md"], "the thorough look goes on as well"


async def test_a_note_that_goes_while_it_is_read_is_told_by_the_next_walk() -> None:
    it = small()
    at = end(await walk(it.api))
    it.write("a.md", "Changed", OLD + 5)
    api = it.api
    api.answers["GET", "/vault/a.md"] = ItemGone()
    assert news(await walk(api, at, LATER)) == []


@pytest.mark.parametrize("problem", [Unreadable("odd")])
async def test_a_note_that_cannot_be_read_is_kept_for_people_and_proves_nothing_gone(
    problem: Exception,
) -> None:
    api = small().api
    api.answers["GET", "/vault/b.md"] = problem
    found = records(await walk(api))
    assert len(found) == 3
    with pytest.raises(Unreadable):
        prepare(provider)(found[1])


async def test_a_closed_app_stops_the_walk_and_deletes_nothing() -> None:
    api = small().api
    api.answers["POST", "/search/"] = Unavailable("closed")
    with pytest.raises(Unavailable):
        await walk(api, Walk({}, NOW), LATER)


async def test_a_very_large_note_is_told_without_being_read() -> None:
    it = small()
    huge = Stat(mtime=OLD, size=6 * 1024 * 1024)
    api = it.api
    api.answers["POST", "/search/"] = [Row("a.md", huge)]
    (told,) = said(await walk(api))
    assert it.asked == []
    assert (told.content, told.metadata["content_bytes"]) == ("", str(6 * 1024 * 1024))
    assert "sha256" not in told.metadata


async def test_a_long_path_still_gives_a_short_id() -> None:
    it = Vault({})
    it.write("/".join(["folder " * 20] * 5) + "/n.md", "x", OLD)
    ((ident, _),) = news(await walk(it.api))
    assert ident.startswith("note:sha256:")
    assert len(ident) < 100


async def test_27_ten_thousand_notes_are_walked_by_one_look() -> None:
    it = Vault({f"F{n % 50}/n{n}.md": _note(n) for n in range(10_000)})
    first = [page async for page in sync.notes(it.api, Walk(), Resource(), lambda: NOW)]
    assert sum(len(page.records) for page in first) == 10_000
    it.asked.clear()
    api = it.api
    assert await walk(api, end(first), LATER) == []
    assert [(one.method, one.path) for one in api.asked] == [("POST", "/search/")]


def _note(n: int):  # type: ignore[no-untyped-def]  # a note
    it = Vault({})
    it.write(f"F{n % 50}/n{n}.md", f"Note {n}", OLD)
    return next(iter(it.notes.values()))
