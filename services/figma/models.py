"""Figma's own shapes: only the fields we read. https://developers.figma.com/docs/rest-api/

Ids are strings in the specification and numbers in older payloads; both are taken.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

Time = Annotated[datetime, Meta(tz=True)]
Key = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,128}$(?!\n)")]
"""What a file, or a branch of one, is called in its address."""
Id = Annotated[str, Meta(min_length=1, max_length=100)] | int


class User(Struct):
    """Somebody; an address is told of oneself alone."""

    id: Id
    handle: str = ""


class File(Struct):
    """Where something stands."""

    key: Key
    name: str = ""


class Pin(Struct):
    """Where on the canvas a comment is: at a node, or anywhere."""

    node_id: str | None = None


class Reaction(Struct):
    emoji: str


class Comment(Struct):
    id: Id
    created_at: Time
    message: str = ""
    user: User | None = None
    parent_id: str | int | None = None
    resolved_at: str | None = None
    order_id: str | float | None = None
    client_meta: Pin | None = None
    reactions: list[Reaction] = []


class CommentTold(Struct):
    """A comment, the file that it is on, and who is meant by the `@handles` in it ("": nobody knows)."""

    comment: Comment
    file: File
    people: dict[str, str] = {}


class About(Struct, rename={"editor": "editorType"}):
    """What Figma tells of a file without opening it."""

    name: str
    last_touched_at: Time
    creator: User | None = None
    last_touched_by: User | None = None
    editor: str = ""
    folder_name: str | None = None
    url: str | None = None
    version: str | None = None


class FileTold(Struct):
    key: Key
    file: About


class Version(Struct):
    id: Id
    created_at: Time
    label: str | None = None
    description: str | None = None
    user: User | None = None


class VersionTold(Struct):
    version: Version
    file: File


class Listed(Struct):
    """A file, or a branch of one, as a folder lists it."""

    key: Key
    name: str
    last_modified: str = ""
    branches: list["Listed"] = []


class Folder(Struct):
    id: Annotated[str, Meta(pattern=r"^[0-9]{1,30}$(?!\n)")]
    name: str = ""


class Folders(Struct):
    folders: list[Folder]
    name: str = ""


class Files(Struct):
    files: list[Listed]
    name: str = ""


class Comments(Struct):
    comments: list[Raw]


class Further(Struct, frozen=True):
    next_page: str | None = None


class Versions(Struct):
    versions: list[Raw]
    pagination: Further = Further()


class FileReply(Struct):
    file: Raw
