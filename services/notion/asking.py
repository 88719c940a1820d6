"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_ID = r"^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Named = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What ids are called, as far as the account knows."""
Names = NamedDependency[SkipValidation[Named]]
Ident = Annotated[str, PathParameter(pattern=_ID, description="with or without dashes")]
Words = Annotated[str, QueryParameter(max_length=200, description="words of the title")]
Kind = Annotated[
    Literal["", "page", "database"], QueryParameter(name="object", description="only of this kind")
]
Cursor = Annotated[str, QueryParameter(max_length=500, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]

Id = Annotated[str, Meta(pattern=_ID)]
Title = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]


class NewPage(Struct, forbid_unknown_fields=True):
    """In a page, or as a row of a data source, with properties in Notion's own words."""

    title: Title
    page_id: Id | None = None
    data_source_id: Id | None = None
    text: Annotated[str, Meta(max_length=100_000)] = ""
    properties: Annotated[dict[str, dict[str, Any]], Meta(max_length=200)] = {}


class PageChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is; `in_trash` false takes a page out of it again."""

    title: Title | None = None
    properties: Annotated[dict[str, dict[str, Any]], Meta(max_length=200)] = {}
    in_trash: bool | None = None


class More(Struct, forbid_unknown_fields=True):
    """Paragraphs, with an empty line between them."""

    text: Text


class NewComment(Struct, forbid_unknown_fields=True):
    """On a page, or as an answer in a discussion."""

    text: Text
    page_id: Id | None = None
    discussion_id: Id | None = None


class SyncPages(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Added(Struct):
    """How many paragraphs were added."""

    blocks: int


class Place(Struct, omit_defaults=True):
    """Where a file is just now; one that Notion holds gets an address for an hour."""

    url: str
    expires_at: str = ""


class Human(Struct, omit_defaults=True):
    id: str
    name: str = ""
    email: str = ""
    is_bot: bool = False


class People(Struct):
    users: list[Human]
    next: str = ""


class Messages(Struct):
    """A page of Messages; pass `next` as `cursor` for the following one, until it is empty."""

    messages: list[Message]
    next: str = ""
