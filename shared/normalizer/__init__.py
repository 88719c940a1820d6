"""The one shape that everything becomes, and the identity of a change to it."""

import base64
import hashlib
from datetime import UTC, datetime

from msgspec import Struct, json

TYPES = frozenset(
    [
        "attachment",
        "comment",
        "commit",
        "database",
        "dev_status",
        "discussion",
        "document",
        "email",
        "event",
        "file",
        "issue",
        "issue_change",
        "library_publish",
        "meeting",
        "meeting_event",
        "meeting_summary",
        "message",
        "note",
        "page",
        "pipeline",
        "post",
        "project",
        "project_update",
        "pull_request",
        "push",
        "reaction",
        "recording",
        "release",
        "repository",
        "review",
        "review_comment",
        "task",
        "transcript",
        "version",
        "worklog",
    ]
)
"""Every type a Message may have. They are subject tokens, so the list is closed."""

ROLES = frozenset(["to", "cc", "bcc", "attendee", "organizer", "assignee", "reviewer"])
"""Every role a recipient may have."""


class Person(Struct, frozen=True, omit_defaults=True):
    """Someone the provider names; what it does not tell stays absent."""

    id: str = ""
    name: str = ""
    email: str = ""


class Recipient(Struct, frozen=True, omit_defaults=True):
    """Someone a Message is for, with the part they play in it (one of `ROLES`)."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""


class Attachment(Struct, frozen=True, omit_defaults=True):
    """A file that belongs to a Message: `type` is a media type, `size` is in bytes."""

    id: str
    name: str = ""
    url: str = ""
    type: str = ""
    size: int = 0


class Message(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One normalized item, as it travels on the bus; absent facts stay absent.

    `id` is unique within (source, account) for ever. Times are UTC. A deletion carries
    `deleted`, its id, source, type and timestamp, and nothing private.
    """

    id: str
    source: str
    type: str
    timestamp: datetime
    content: str = ""
    author: Person | None = None
    title: str = ""
    url: str = ""
    thread_id: str = ""
    parent_id: str = ""
    recipients: tuple[Recipient, ...] = ()
    mentions: tuple[Person, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: dict[str, str] = {}
    updated_at: datetime | None = None
    deleted: bool = False


class Version(Struct, frozen=True):
    """One version of one item, encoded once: the ledger compares `revision`, then `digest`."""

    message: Message
    body: bytes
    revision: str
    digest: bytes


def version(message: Message, *, stated: str = "", removed: bool = False) -> Version:
    """The version that a Message is; of a removed one nothing is kept but the fact.

    `stated` is the provider's own name of the version. Raises what msgspec raises for text that is
    not Unicode.
    """
    said = stated or revision(message)
    if removed:
        message = tombstone(message)
    body = encode(message)
    return Version(message, body, said, digest(body))


def encode(message: Message) -> bytes:
    """The Message as canonical JSON: RFC 3339 UTC times, sorted metadata, UTF-8."""
    return _encoder.encode(message)


def revision(message: Message) -> str:
    """The version that a Message states of itself: `updated_at`, else `timestamp`.

    Microseconds are always written, so that two revisions compare as text.
    """
    at = (message.updated_at or message.timestamp).astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def tombstone(message: Message) -> Message:
    """What is told of a deleted item: that it is gone, and nothing that was in it."""
    return Message(
        id=message.id,
        source=message.source,
        type=message.type,
        timestamp=message.updated_at or message.timestamp,
        deleted=True,
    )


def digest(body: bytes) -> bytes:
    """16 bytes that tell two contents of one revision apart."""
    return hashlib.blake2b(body, digest_size=16).digest()


def event_id(source: str, account_id: str, item_id: str, version: str) -> str:
    """32 base32 characters, the same for the same change whichever door it came through."""
    parts = "\0".join((source, account_id, item_id, version)).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(parts).digest()[:20]).decode().lower()


_encoder = json.Encoder(order="deterministic")
