"""One message of the stream, and everything that is kept of it: a pure function of its bytes."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import MsgspecError, Struct, json

from services.context.events import Event, event
from services.context.people import Appearance, appearances, clean
from services.context.tasks import Task, tasks
from shared.errors import Unreadable
from shared.normalizer import Message

SEARCHED = 100_000
"""Characters of a text that are searched; PostgreSQL takes no more than a megabyte of words."""

_message = json.Decoder(Message)


class Item(Struct, frozen=True):
    """The newest version of an item, taken apart. `sequence` orders the versions."""

    user_id: str
    account_id: UUID
    source: str
    message_id: str
    sequence: int
    deleted: bool
    type: str
    at: datetime
    thread_id: str = ""
    parent_id: str = ""
    body: bytes | None = None
    words: str = ""
    seen: tuple[Appearance, ...] = ()
    tasks: tuple[Task, ...] = ()
    event: Event | None = None

    @property
    def key(self) -> tuple[UUID, str, str]:
        """What names the item over all users."""
        return (self.account_id, self.source, self.message_id)


class Closed(Struct, frozen=True):
    """An account that was deleted: nothing of it is kept."""

    user_id: str
    account_id: UUID


class _Happened(Struct):
    what: str


_happened = json.Decoder(_Happened)


def read(headers: Mapping[str, str], payload: bytes) -> Item | Closed | None:
    """What the message says; None for what does not matter here. Raises Unreadable."""
    try:
        user_id, account_id = headers["ce-userid"], UUID(headers["ce-accountid"])
        if "ce-subject" not in headers:
            gone = _happened.decode(payload).what == "deleted"
            return Closed(user_id, account_id) if gone else None
        it, sequence = _message.decode(payload), int(headers["ce-sequence"])
    except (KeyError, ValueError, MsgspecError) as error:
        raise Unreadable(f"it is no event of this fleet: {type(error).__name__}") from error
    if it.deleted:
        return Item(
            user_id, account_id, it.source, _plain(it.id), sequence, True, it.type, it.timestamp
        )
    seen = appearances(it)
    return Item(
        user_id=user_id,
        account_id=account_id,
        source=it.source,
        message_id=_plain(it.id),
        sequence=sequence,
        deleted=False,
        type=it.type,
        at=it.timestamp,
        thread_id=_plain(it.thread_id),
        parent_id=_plain(it.parent_id),
        body=payload,
        words=searched(it),
        seen=seen,
        tasks=tasks(it, seen),
        event=event(it, user_id, account_id),
    )


def searched(it: Message) -> str:
    """What of a Message is searched and shown as a snippet, on one line."""
    names = (one.name for one in it.attachments)
    return clean("\n".join((it.title, it.content[:SEARCHED], *names)))


def _plain(text: str) -> str:
    """As PostgreSQL takes it."""
    return text.replace("\0", "�")
