"""Notion's own shapes: only the fields we read. https://developers.notion.com/reference/page"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]
"""Rounded down to the minute where it says when something was edited."""


class Mail(Struct):
    email: str | None = None


class User(Struct):
    """Mostly an id alone; `object` stays, so that people can be found in what is stored."""

    id: str
    object: str = "user"
    name: str | None = None
    type: str | None = None
    person: Mail | None = None


class Ref(Struct):
    id: str


class Mention(Struct):
    type: str = ""
    user: User | None = None


class RichText(Struct):
    """A run of text; `plain_text` is always readable, whatever the run is."""

    plain_text: str = ""
    href: str | None = None
    type: str = "text"
    mention: Mention | None = None


Rich = list[RichText]


class Address(Struct):
    """Where a file is; an address of Notion's own is signed and lives for an hour."""

    url: str = ""
    expiry_time: str | None = None


class File(Struct):
    name: str | None = None
    type: str | None = None
    file: Address | None = None
    external: Address | None = None


class Parent(Struct, frozen=True):
    """`type` names the member that holds the id; a row names its data source and its database."""

    type: str = ""
    page_id: str | None = None
    block_id: str | None = None
    database_id: str | None = None
    data_source_id: str | None = None


class Icon(Struct):
    emoji: str | None = None


class Page(Struct):
    id: str
    created_time: Time
    last_edited_time: Time
    created_by: User | None = None
    last_edited_by: User | None = None
    parent: Parent = Parent()
    url: str = ""
    public_url: str | None = None
    icon: Icon | None = None
    is_locked: bool = False
    properties: dict[str, dict[str, Any]] = {}


class DataSource(Page, kw_only=True):
    """A table: its columns are `properties`, its rows are pages."""

    title: Rich = []
    description: Rich = []
    database_parent: Parent | None = None


class Name(Struct):
    type: str = ""
    resolved_name: str | None = None


class Attached(Struct):
    category: str = ""
    file: Address | None = None


class Comment(Struct):
    id: str
    created_time: Time
    discussion_id: str
    parent: Parent = Parent()
    last_edited_time: Time | None = None
    created_by: User | None = None
    rich_text: Rich = []
    display_name: Name | None = None
    attachments: list[Attached] | None = None


def dashed(ident: str) -> str:
    """An id as Notion answers it, however it was written; what is none stays as it is."""
    bare = ident.replace("-", "").lower()
    if len(bare) != 32 or not bare.isalnum():
        return ident
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
