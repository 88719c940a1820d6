"""What callers may ask of our own endpoints: only ids and names that stay within their path."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_ID = r"^[0-9A-Za-z_=-]{1,512}$(?!\n)"
_ADDRESS = r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}$(?!\n)"
_PLACE = r"^(\$skip(token)?=[^\s&]{1,2000})?$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Ident = Annotated[str, PathParameter(pattern=_ID)]
Place = Annotated[str, QueryParameter(pattern=_PLACE, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=50)]
Words = Annotated[str, QueryParameter(min_length=1, max_length=1000)]
Folder = Annotated[
    str,
    QueryParameter(
        pattern=r"^[0-9A-Za-z_=-]{0,512}$(?!\n)",
        description="an id, or `inbox`, `sentitems`, `archive` ...; all where empty",
    ),
]

Id = Annotated[str, Meta(pattern=_ID)]
Subject = Annotated[str, Meta(max_length=255)]
Text = Annotated[str, Meta(max_length=1_000_000)]
Tag = Annotated[str, Meta(min_length=1, max_length=255)]


class Found(Struct):
    """Messages, and where the next page begins; an empty `next` is the end."""

    items: list[Message]
    next: str = ""


class Person(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(pattern=_ADDRESS)]
    name: Annotated[str, Meta(max_length=255)] = ""

    def graph(self) -> dict[str, object]:
        """The person in Graph's words."""
        name = {"name": self.name} if self.name else {}
        return {"emailAddress": {"address": self.email, **name}}


People = Annotated[list[Person], Meta(max_length=500)]


class Upload(Struct, forbid_unknown_fields=True):
    """A file; `data` is base64."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    data: bytes
    type: Annotated[str, Meta(max_length=100)] = "application/octet-stream"


class NewMail(Struct, forbid_unknown_fields=True):
    """A mail, as text or as HTML. With a `message_id` of yours, asking again does not send it again."""

    to: People = []
    cc: People = []
    bcc: People = []
    subject: Subject = ""
    text: Text = ""
    html: Text = ""
    attachments: Annotated[list[Upload], Meta(max_length=50)] = []
    message_id: Annotated[
        str, Meta(pattern=r"^(<[A-Za-z0-9._+-]{1,200}@[A-Za-z0-9.-]{1,200}>)?$(?!\n)")
    ] = ""


class NewReply(Struct, forbid_unknown_fields=True):
    """An answer to a mail, to its sender or to everybody who got it: as text above what was written
    before, or as HTML in its place."""

    text: Text = ""
    html: Text = ""
    everybody: bool = False


class MailChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is."""

    is_read: bool | None = None
    categories: Annotated[list[Tag], Meta(max_length=50)] | None = None
    flagged: bool | None = None


class DraftChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is, attachments too."""

    to: People | None = None
    cc: People | None = None
    bcc: People | None = None
    subject: Subject | None = None
    text: Text | None = None


class Move(Struct, forbid_unknown_fields=True):
    """Where a mail goes: a folder's id, or a name as `archive`, `deleteditems`, `junkemail`."""

    folder: Id


class SyncWish(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


def paged(place: str) -> dict[str, str]:
    """The parameter that a place stands for."""
    name, _, value = place.partition("=")
    return {name: value} if place else {}


def place_of(link: str) -> str:
    """What of a link to the next page may be given to callers, and nothing that leads elsewhere."""
    for name, value in parse_qsl(urlsplit(link).query):
        if name.lower() in ("$skip", "$skiptoken"):
            return f"{name.lower()}={value}"
    return ""
