"""OneDrive's own shapes. https://learn.microsoft.com/en-us/graph/api/resources/driveitem"""

from typing import Any

from msgspec import Struct


class Person(Struct, frozen=True):
    id: str | None = None
    displayName: str | None = None
    email: str | None = None


class By(Struct, frozen=True):
    """Who did something; an application may have done it alone."""

    user: Person | None = None


class Hashes(Struct, frozen=True):
    quickXorHash: str | None = None
    sha1Hash: str | None = None


class Content(Struct, frozen=True):
    mimeType: str | None = None
    hashes: Hashes | None = None


class Within(Struct, frozen=True):
    driveId: str | None = None
    id: str | None = None


class Shared(Struct, frozen=True):
    scope: str | None = None


class Elsewhere(Struct, frozen=True):
    id: str | None = None
    parentReference: Within | None = None


class Item(Struct):
    """A file, a folder, a package (a notebook, which is neither), or a shortcut to what is elsewhere."""

    id: str
    name: str | None = None
    cTag: str | None = None
    size: int | None = None
    createdDateTime: str | None = None
    lastModifiedDateTime: str | None = None
    description: str | None = None
    webUrl: str | None = None
    file: Content | None = None
    folder: dict[str, Any] | None = None
    package: dict[str, Any] | None = None
    createdBy: By | None = None
    lastModifiedBy: By | None = None
    parentReference: Within | None = None
    shared: Shared | None = None
    remoteItem: Elsewhere | None = None


class Told(Struct):
    """An item, and when it was seen, for what tells no time."""

    item: Item
    seen: str


class Deleted(Struct):
    """What is left of an item that is gone; `at` is when that was seen."""

    id: str
    drive: str
    at: str


class Head(Struct):
    """What a walk needs to know of an item."""

    id: str
    deleted: dict[str, Any] | None = None
    root: dict[str, Any] | None = None
    parentReference: Within | None = None
