"""What callers may ask of our own endpoints: only names that stay within their path, and whole mails."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_ID = r"^[0-9A-Za-z_-]{1,1024}$(?!\n)"
_CALENDAR = r"^(primary|[^\s/\\?@]{1,200}@[^\s/\\?@]{1,200})$(?!\n)"
_ADDRESS = r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}$(?!\n)"
_LINE = r"^[^\r\n\x00]*$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Ident = Annotated[str, PathParameter(pattern=_ID)]
PartNumber = Annotated[str, PathParameter(pattern=r"^\d{1,4}(\.\d{1,4}){0,30}$(?!\n)")]
Place = Annotated[str, QueryParameter(max_length=2000, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=50)]
Words = Annotated[str, QueryParameter(max_length=1000)]
Label = Annotated[str, QueryParameter(pattern=r"^[0-9A-Za-z_-]{0,200}$(?!\n)")]
CalendarId = Annotated[str, QueryParameter(pattern=_CALENDAR)]
Moment = Annotated[datetime | None, QueryParameter(description="with a time zone")]
Telling = Annotated[
    Literal["all", "externalOnly", "none"],
    QueryParameter(description="which guests Google writes to"),
]
IfMatch = Annotated[
    str,
    HeaderParameter(
        name="if-match",
        pattern=r'^("[!-~]{0,200}")?$(?!\n)',
        description="the `ETag` that came with the event",
    ),
]
Format = Annotated[
    str,
    QueryParameter(pattern=r"^([a-z]+/[A-Za-z0-9.+-]{1,100})?$(?!\n)", description="media type"),
]

Line = Annotated[str, Meta(pattern=_LINE, max_length=998)]
Name = Annotated[str, Meta(pattern=_LINE, max_length=200)]
Labels = Annotated[list[Annotated[str, Meta(pattern=_ID)]], Meta(max_length=100)]


class Found(Struct):
    """Messages, and where the next page begins; an empty `next` is the end."""

    items: list[Message]
    next: str = ""


class Address(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(pattern=_ADDRESS)]
    name: Name = ""


Addresses = Annotated[list[Address], Meta(max_length=500)]


class Attached(Struct, forbid_unknown_fields=True):
    """A file; `data` is base64."""

    name: Name
    data: bytes
    type: Annotated[str, Meta(pattern=r"^[a-z]+/[A-Za-z0-9.+-]{1,100}$")] = (
        "application/octet-stream"
    )


class NewMail(Struct, forbid_unknown_fields=True):
    """A mail to send. With a `message_id` of yours, asking again does not send it again."""

    to: Addresses = []
    cc: Addresses = []
    bcc: Addresses = []
    subject: Line = ""
    text: str = ""
    html: str = ""
    attachments: list[Attached] = []
    message_id: Annotated[
        str, Meta(pattern=r"^(<[A-Za-z0-9._+-]{1,200}@[A-Za-z0-9.-]{1,200}>)?$")
    ] = ""


class NewReply(Struct, forbid_unknown_fields=True):
    """An answer to the last mail of a thread, to its sender or to everybody who got it."""

    text: str = ""
    html: str = ""
    everybody: bool = False
    attachments: list[Attached] = []


class MailChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is, attachments too."""

    to: Addresses | None = None
    cc: Addresses | None = None
    bcc: Addresses | None = None
    subject: Line | None = None
    text: str | None = None


class LabelChange(Struct, forbid_unknown_fields=True):
    """Without `UNREAD` a mail is read, without `INBOX` it is archived."""

    add: Labels = []
    remove: Labels = []


class SyncWish(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]
