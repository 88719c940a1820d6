"""A vault's folder: read like the plugin is, opened by its key, and nothing beside it within reach."""

import os
import unicodedata
from pathlib import Path

import pytest
from msgspec import json

from services.obsidian import disk, folder
from services.obsidian.facts import digest
from services.obsidian.vault import LOGIC, NOTE, STATS
from shared.errors import Changed, Impossible, ItemGone, Reauthorize, Refused, Unavailable
from shared.local import LocalCall
from shared.provider import Content
from shared.types import Response
from tests.providers.obsidian.material import (
    KEY,
    NOW,
    Vault,
    end,
    local,
    on_disk,
    said,
    walk,
)

pytestmark = pytest.mark.anyio

LATER = NOW + 3_600.0
NONE = type(None)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    it = Vault({}, ["Files/photo.png"])
    for path, text in {"a.md": "Alpha", "F/b.md": "Beta [[a]]", "F/G/c.md": "Gamma"}.items():
        it.write(path, text, 1_767_600_000_000.0)
    return on_disk(tmp_path, it)


def ask(root: Path, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
    given = {"authorization": f"Bearer {KEY}", "accept": NOTE} | {
        name.replace("_", "-"): it for name, it in headers.items()
    }
    return folder.answer(LocalCall(method, path, {}, given, body, (root,)))


def left(place: Path) -> list[Path]:
    """What a write that did not end would leave behind."""
    return list(place.rglob("*.tmp"))


async def test_a_folder_is_walked_like_a_vault(place: Path) -> None:
    pages = await walk(local(place.parent))
    assert [it.metadata["path"] for it in said(pages)] == ["F/G/c.md", "F/b.md", "a.md"]
    assert said(pages)[1].metadata["links"] == '["a.md"]'
    (place / "a.md").rename(place / "F/moved.md")
    (place / "F/b.md").write_text("Beta, changed")
    pages = await walk(local(place.parent), end(pages), LATER)
    told = [(it.id, it.deleted, it.metadata.get("old_path")) for it in said(pages)]
    assert told == [
        ("note:F/b.md", False, None),
        ("note:F/moved.md", False, "a.md"),
        ("note:a.md", True, None),
    ]


async def test_a_restored_file_is_newer_although_its_time_is_not(place: Path) -> None:
    first = await walk(local(place.parent), now=LATER + 1e9)
    again = await walk(local(place.parent), now=LATER + 1e9)
    assert [it.revision for it in first[0].records] == [it.revision for it in again[0].records]
    os.utime(place / "a.md", (1.0, 1.0))
    third = await walk(local(place.parent), now=LATER + 1e9)
    assert third[0].records[2].revision > first[0].records[2].revision


@pytest.mark.parametrize("gone", ["vault", "settings"])
async def test_18_a_vault_that_is_not_mounted_deletes_nothing(place: Path, gone: str) -> None:
    at = end(await walk(local(place.parent)))
    hidden = place if gone == "vault" else place / ".obsidian"
    hidden.rename(place.parent / "elsewhere")
    with pytest.raises(Unavailable):
        await walk(local(place.parent), at, LATER)
    (place.parent / "elsewhere").rename(hidden)
    for path in ("a.md", "F/b.md", "F/G/c.md"):
        (place / path).unlink()
    with pytest.raises(Impossible):
        await walk(local(place.parent), at, LATER)


async def test_a_folder_that_may_not_be_read_deletes_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = end(await walk(local(place.parent)))
    scan = os.scandir

    def broken(fd: int) -> object:
        if os.readlink(f"/proc/self/fd/{fd}").endswith("/G"):
            raise OSError(5, "the disk is broken")
        return scan(fd)

    monkeypatch.setattr(os, "scandir", broken)
    with pytest.raises(Unavailable):
        await walk(local(place.parent), at, LATER)


@pytest.mark.parametrize("to", ["outside", "inside", "missing"])
async def test_22_a_link_is_never_followed(place: Path, to: str) -> None:
    outside = place.parent / "secret.md"
    outside.write_text("Not of this vault")
    target = {"outside": outside, "inside": place / "a.md", "missing": place / "no.md"}[to]
    (place / "link.md").symlink_to(target)
    (place / "up").symlink_to(place.parent)
    (place / "round").symlink_to(place)
    assert len(said(await walk(local(place.parent)))) == 3
    listed = json.decode(ask(place.parent, "/Notes/vault/").body)["files"]
    assert listed == ["F/", "Files/", "a.md"]
    assert ask(place.parent, "/Notes/vault/link.md").status == 404
    assert ask(place.parent, "/Notes/vault/up/secret.md").status == 404
    assert ask(place.parent, "/Notes/vault/up/").status == 404


async def test_22b_a_vault_that_is_a_link_is_none(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / "Notes").symlink_to(place)
    assert ask(root, "/Notes/").status == 404
    assert ask(root, "/Notes/vault/a.md").status == 503


PATHS = {
    "up": "..",
    "up and away": "../secret.md",
    "quoted": "..%2Fsecret.md",
    "quoted dots": "%2e%2e/secret.md",
    "inside and out": "F/../../secret.md",
    "a quoted slash": "F%2Fb.md",
    "NUL": "a.md%00",
    "not UTF-8": "%ff.md",
    "the key": ".obsidian/self-integrations.key",
    "the settings": ".obsidian/",
    "a dot": "./a.md",
    "too long a name": "x" * 300 + ".md",
    "too deep": "x/" * 150 + "a.md",
    "nothing": "nothing.md",
    "a note as a folder": "a.md/b.md",
    "a folder as a note": "F",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_23_a_path_leads_nowhere_but_into_the_vault(
    place: Path, path: str, method: str
) -> None:
    (place.parent / "secret.md").write_text("Not of this vault")
    (place / "F/G").chmod(0o700)
    before = sorted(it.as_posix() for it in place.parent.rglob("*"))
    answer = ask(place.parent, f"/Notes/vault/{path}", method, b"x")
    if path in ("nothing.md",) and method == "PUT":
        assert answer.status == 204
        return
    assert answer.status in (400, 403, 404, 503)
    assert b"Not of this vault" not in answer.body
    assert KEY.encode() not in answer.body
    assert sorted(it.as_posix() for it in place.parent.rglob("*")) == before


@pytest.mark.timeout(10)
async def test_what_is_no_plain_file_is_not_opened(place: Path) -> None:
    os.mkfifo(place / "pipe.md")
    assert len(said(await walk(local(place.parent)))) == 3
    assert ask(place.parent, "/Notes/vault/pipe.md").status == 404


async def test_24_a_decomposed_name_is_found_by_its_composed_one(tmp_path: Path) -> None:
    apart, composed = (unicodedata.normalize(it, "Café/Thé.md") for it in ("NFD", "NFC"))
    it = Vault({})
    it.write(apart, "Text", 1_767_600_000_000.0)
    on_disk(tmp_path, it)
    (told,) = said(await walk(local(tmp_path)))
    assert told.metadata["path"] == composed
    assert (
        json.decode(ask(tmp_path, "/Notes/vault/Caf%C3%A9/Th%C3%A9.md").body)["content"] == "Text"
    )


async def test_26_bytes_that_are_no_text_are_told_as_far_as_they_are(place: Path) -> None:
    (place / "a.md").write_bytes(b"caf\xe9 \xff ok")
    (place / "F/b.md").write_bytes(b"\xef\xbb\xbf---\ntags: [t]\n---\nText")
    told = {it.id: it for it in said(await walk(local(place.parent)))}
    assert told["note:a.md"].content == "caf\ufffd \ufffd ok"
    assert told["note:F/b.md"].metadata["tags"] == "t"


async def test_names_that_are_no_text_are_left_out(place: Path) -> None:
    os.close(os.open(os.fsencode(place) + b"/bad\xff.md", os.O_CREAT | os.O_WRONLY))
    assert len(said(await walk(local(place.parent)))) == 3


@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1], KEY + "x", "é" * 20])
async def test_28_another_key_opens_nothing(place: Path, key: str) -> None:
    refused = ask(place.parent, "/Notes/vault/a.md", authorization=f"Bearer {key}")
    assert refused.status == 401
    assert json.decode(ask(place.parent, "/Notes/", authorization=f"Bearer {key}").body) == {
        "authenticated": False
    }
    assert json.decode(ask(place.parent, "/Notes/").body) == {"authenticated": True}


@pytest.mark.parametrize("written", ["", " \n", "short"])
async def test_a_key_that_can_be_guessed_opens_nothing(place: Path, written: str) -> None:
    (place / ".obsidian" / folder.KEY).write_text(written)
    asked = ask(place.parent, "/Notes/vault/a.md", authorization=f"Bearer {written.strip()}")
    assert asked.status == 401


async def test_28c_a_disk_that_does_not_answer_is_no_refusal(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "the disk is broken")

    monkeypatch.setattr(disk, "read", broken)
    assert ask(place.parent, "/Notes/vault/a.md").status == 503


async def test_28b_taking_the_key_away_ends_the_connection(place: Path) -> None:
    (place / ".obsidian" / folder.KEY).unlink()
    with pytest.raises(Reauthorize):
        await walk(local(place.parent))


@pytest.mark.parametrize("name", ["..", ".", "Other", "Notes%2F..", "", ".obsidian", "Notes%00"])
async def test_a_vault_is_a_folder_in_one_that_is_let_in(place: Path, name: str) -> None:
    assert ask(place.parent, f"/{name}/").status == 404
    assert ask(place.parent, f"/{name}/vault/a.md").status in (404, 503)


async def test_a_folder_that_is_let_in_may_be_the_vault(place: Path) -> None:
    assert ask(place, "/Notes/vault/a.md").status == 200


async def test_without_a_folder_that_is_let_in_there_is_no_vault(place: Path) -> None:
    call = LocalCall("GET", "/Notes/", {}, {"authorization": f"Bearer {KEY}"}, b"", ())
    assert folder.answer(call).status == 404


async def test_a_note_is_written_whole_and_its_folders_made(place: Path) -> None:
    api = local(place.parent)
    text = Content("text/markdown", b"---\nx: 1 # kept\n---\r\nText\r\n")
    await api.send("PUT", "/vault/New/Deep/d.md", NONE, text)
    assert (place / "New/Deep/d.md").read_bytes() == text.data
    await api.send("POST", "/vault/a.md", NONE, Content("text/markdown", b"more"))
    assert (place / "a.md").read_text() == "Alpha\nmore"
    assert not left(place)


async def test_30_what_somebody_else_changed_is_not_overwritten(place: Path) -> None:
    api, text = local(place.parent), Content("text/markdown", b"Mine")
    with pytest.raises(Changed):
        await api.send("PUT", "/vault/a.md", NONE, text, etag=digest("Another"))
    with pytest.raises(Changed):
        await api.send("DELETE", "/vault/a.md", NONE, etag=digest("Another"))
    assert (place / "a.md").read_text() == "Alpha"
    await api.send("PUT", "/vault/a.md", NONE, text, etag=digest("Alpha"))
    assert (place / "a.md").read_text() == "Mine"


async def test_what_is_deleted_lies_in_the_trash(place: Path) -> None:
    api = local(place.parent)
    for text in ("One", "Two"):
        (place / "a.md").write_text(text)
        await api.send("DELETE", "/vault/a.md", NONE)
    found = {it.name: it.read_text() for it in (place / ".trash").iterdir()}
    assert found == {"a.md": "One", "a 2.md": "Two"}
    with pytest.raises(ItemGone):
        await api.send("DELETE", "/vault/a.md", NONE)


async def test_a_vault_that_is_mounted_to_be_read_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "read-only")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Refused, match="may not be read or written"):
        await local(place.parent).send("PUT", "/vault/a.md", NONE, Content("text/markdown", b"x"))
    assert not left(place)


async def test_words_are_found_in_notes_and_their_names(place: Path) -> None:
    def search(words: str) -> list[str]:
        call = LocalCall(
            "POST",
            "/Notes/search/simple/",
            {"query": words},
            {"authorization": f"Bearer {KEY}"},
            b"",
            (place.parent,),
        )
        return [it["filename"] for it in json.decode(folder.answer(call).body)]

    assert search("alPHA") == ["a.md"]
    assert search("g/c") == ["F/G/c.md"]
    assert search("") == search("nowhere") == []


async def test_only_the_question_that_walks_ask_is_answered(place: Path) -> None:
    assert ask(place.parent, "/Notes/search/", "POST", STATS, content_type=LOGIC).status == 200
    assert ask(place.parent, "/Notes/search/", "POST", b"{}", content_type=LOGIC).status == 400
    assert ask(place.parent, "/Notes/search/", "POST", STATS).status == 400
    assert ask(place.parent, "/Notes/commands/", "GET").status == 404


async def test_a_file_is_given_as_it_is(place: Path) -> None:
    (place / "Files/photo.png").write_bytes(b"\x89PNG")
    answer = ask(place.parent, "/Notes/vault/Files/photo.png", accept="*/*")
    assert (answer.body, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
