"""What leaves a normalizer: checked, encoded once, and never larger than the bus takes."""

from datetime import UTC, datetime

import pytest
from msgspec import Raw, Struct, json

from shared.errors import Unreadable
from shared.normalizer import Message, Version, encode, revision
from shared.provider import Provider
from shared.sync.normalize import LARGEST, prepare
from shared.types import Record


class Note(Struct):
    """A payload that becomes a Message as it stands."""

    id: str = "n1"
    content: str = ""
    title: str = ""


def read(note: Note) -> Message:
    at = datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC)
    return Message(
        id=note.id,
        source="notes",
        type="note",
        timestamp=at,
        content=note.content,
        title=note.title,
    )


normalize = prepare(
    Provider(
        name="notes",
        title="Notes",
        port=9000,
        base_url="https://notes.example",
        sources=("notes",),
        normalizers={"note": read},
    )
)


def become(note: Note, *, stated: str = "", removed: bool = False) -> Version:
    record = Record("note", Raw(json.encode(note)), revision=stated, removed=removed)
    version = normalize(record)
    assert isinstance(version, Version)
    return version


def test_a_version_is_encoded_as_it_travels_and_named_by_its_time() -> None:
    version = become(Note(content="hello"))
    assert version.body == encode(version.message)
    assert version.revision == "2026-01-02T03:04:05.000060Z" == revision(version.message)
    assert become(Note(), stated="7").revision == "7"


def test_a_removed_item_keeps_its_version_and_nothing_private() -> None:
    version = become(Note(content="private"), removed=True)
    assert version.message.deleted
    assert version.revision == become(Note(content="private")).revision
    assert b"private" not in version.body


@pytest.mark.parametrize("letter", ["a", '"', "\x01", "é", "🎈"])
def test_content_that_the_bus_would_not_take_is_shortened_and_says_so(letter: str) -> None:
    whole = letter * (LARGEST // 3)
    version = become(Note(content=whole * 4))
    assert len(version.body) <= LARGEST
    assert version.message.metadata == {"content_bytes": str(len((whole * 4).encode()))}
    assert version.body == encode(version.message)


def test_what_is_too_large_without_its_content_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="even without its content"):
        become(Note(title="a" * (LARGEST + 1)))


@pytest.mark.parametrize("ident", ["", "a\nb", "a\0b", "x" * 513])
def test_an_id_that_no_consumer_could_keep_is_unreadable(ident: str) -> None:
    with pytest.raises(Unreadable, match="the id is empty"):
        become(Note(id=ident))
