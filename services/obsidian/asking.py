"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.provider import Api

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Path = Annotated[
    str, QueryParameter(min_length=1, max_length=1000, description="such as Folder/Note.md")
]
Words = Annotated[str, QueryParameter(min_length=1, max_length=200, description="words in notes")]
Folder = Annotated[str, QueryParameter(max_length=1000, description="only notes below this folder")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Place = Annotated[str, QueryParameter(max_length=1000, description="`next` of the page before")]
IfMatch = Annotated[
    str,
    QueryParameter(
        pattern=r"^([0-9a-f]{64})?$(?!\n)", description="`sha256` of the note as you read it"
    ),
]

Text = Annotated[str, Meta(max_length=1_000_000)]


class NewNote(Struct, forbid_unknown_fields=True):
    """The whole text of a note; it must not be there yet."""

    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    text: Text


class NoteChange(Struct, forbid_unknown_fields=True):
    """The whole text of a note, properties and all, in place of the one whose `sha256` you read."""

    text: Text
    if_match: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class More(Struct, forbid_unknown_fields=True):
    """What is added on a line of its own."""

    text: Annotated[str, Meta(min_length=1, max_length=100_000)]


class SyncNotes(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Listed(Struct, omit_defaults=True):
    """A note by its path: when it was changed (RFC 3339), and its bytes."""

    path: str
    changed: str
    size: int


class Notes(Struct):
    """Pass `next` as `after` for the following page, until it is empty."""

    notes: list[Listed]
    next: str = ""


class Hit(Struct):
    """A note in which the words are, with the text around them."""

    path: str
    contexts: list[str]
