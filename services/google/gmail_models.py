"""Gmail's own shapes. 64-bit numbers are strings. https://developers.google.com/workspace/gmail/api"""

from base64 import urlsafe_b64decode
from binascii import Error

from msgspec import Struct

from shared.errors import Unreadable

ME = "/gmail/v1/users/me"
"""Where all of a mailbox is."""


class Header(Struct, frozen=True):
    name: str
    value: str = ""


class Body(Struct):
    size: int = 0
    data: str | None = None
    attachmentId: str | None = None


class Payload(Struct):
    """One part of a mail as Gmail parsed it; its transfer encoding is gone already."""

    partId: str = ""
    mimeType: str = ""
    filename: str = ""
    headers: list[Header] = []
    body: Body | None = None
    parts: list["Payload"] = []


class Mail(Struct):
    """A message, as RFC 5322 text in base64url (`raw`) or parsed (`payload`)."""

    id: str
    threadId: str
    internalDate: str
    labelIds: list[str] = []
    snippet: str = ""
    historyId: str = "0"
    raw: str | None = None
    payload: Payload | None = None


class Deleted(Struct):
    """What is left of a message that is gone: `at` is when that was seen, in epoch milliseconds."""

    id: str
    at: int


class Profile(Struct):
    emailAddress: str
    historyId: str
    messagesTotal: int | None = None


class Named(Struct):
    """A message or thread, as lists name it."""

    id: str
    threadId: str = ""
    labelIds: list[str] = []


class Listed(Struct):
    messages: list[Named] = []
    nextPageToken: str = ""


class Change(Struct):
    message: Named


class HistoryRecord(Struct):
    id: str
    messagesAdded: list[Change] = []
    messagesDeleted: list[Change] = []
    labelsAdded: list[Change] = []
    labelsRemoved: list[Change] = []


class History(Struct):
    historyId: str
    history: list[HistoryRecord] = []
    nextPageToken: str = ""


class Watch(Struct):
    historyId: str
    expiration: str


def bytes_of(data: str) -> bytes:
    """Decode base64url with or without padding; raises Unreadable."""
    plain = data.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (Error, ValueError) as problem:
        raise Unreadable("Gmail sent a part that is not base64url.") from problem
