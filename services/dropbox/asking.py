"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from services.dropbox.models import Time
from shared.normalizer import Message
from shared.provider import Api

_ID = r"^id:[0-9A-Za-z_-]{1,100}$(?!\n)"
_PATH = r"^(/[^/\x00\r\n]{1,255}){1,100}$(?!\n)"
_REV = r"^[0-9a-f]{9,100}$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Named = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What ids are called, as far as the account knows."""
Names = NamedDependency[SkipValidation[Named]]
Ident = Annotated[str, PathParameter(pattern=_ID)]
Folder = Annotated[
    str,
    QueryParameter(
        pattern=r"^(id:[0-9A-Za-z_-]{1,100}|(/[^/\x00\r\n]{1,255}){0,100})$(?!\n)",
        description="an id or a path; the root where empty",
    ),
]
Place = Annotated[
    str,
    QueryParameter(pattern=r"^[!-~]{0,4000}$(?!\n)", description="`next` of the page before"),
]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Words = Annotated[str, QueryParameter(min_length=1, max_length=1000)]
Format = Annotated[
    str,
    QueryParameter(pattern=r"^[a-z0-9]{0,20}$(?!\n)", description="one of `export_options`"),
]
Revised = Annotated[
    str,
    QueryParameter(
        name="rev",
        pattern=r"^([0-9a-f]{9,100})?$(?!\n)",
        description="only the file that is still as it was in this revision",
    ),
]

Path = Annotated[str, Meta(pattern=_PATH, max_length=4000)]
Rev = Annotated[str, Meta(pattern=_REV)]


class Found(Struct):
    """Messages, and where the next page begins; an empty `next` is the end."""

    items: list[Message]
    next: str = ""


class NewFile(Struct, forbid_unknown_fields=True):
    """A file; `data` is base64. Without `replace` nothing that is there is overwritten; with `rev`
    only the file that is still as it was in that revision; with `rename` another name is found."""

    path: Path
    data: bytes
    replace: bool = False
    rev: Rev | None = None
    rename: bool = False


class NewFolder(Struct, forbid_unknown_fields=True):
    path: Path


class Goal(Struct, forbid_unknown_fields=True):
    """Where something goes, with its name."""

    to: Path
    rename: bool = False


class Restoring(Struct, forbid_unknown_fields=True):
    """A revision, and the path under which it is to be there again."""

    path: Path
    rev: Rev


class Revision(Struct):
    """One version of a file; `size` is in bytes."""

    id: str
    rev: str
    server_modified: Time
    size: int = 0
    content_hash: str | None = None


class Revisions(Struct):
    """The newest first; `is_deleted` where the file is not there any more."""

    revisions: list[Revision]
    is_deleted: bool = False


class Link(Struct):
    """Where the bytes are for four hours, for everybody who knows the address."""

    url: str
    expires_in: int = 14_400


class SharedLink(Struct):
    """An address for others; `expires` only where it ends."""

    url: str
    name: str = ""
    expires: str | None = None


class SharedLinks(Struct):
    links: list[SharedLink]


class Revoking(Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(pattern=r"^https://[!-~]{1,1000}$(?!\n)")]


class SyncWish(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]
