"""Events in the words of version 1.1: direct messages, and all of the Account Activity API, which is going away.

https://docs.x.com/x-api/account-activity/introduction
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Raw, Struct, json

from services.twitter import events
from services.twitter.ignored import IGNORED
from services.twitter.models import Entities, Id, Includes, User
from services.twitter.text import moment
from shared.errors import UnsupportedEvent
from shared.types import Delivery, Nudge, Record

_PREFIX = {"photo": "3", "video": "7", "animated_gif": "16"}
"""How the key of a medium begins, by its kind."""


class Target(Struct, frozen=True):
    recipient_id: str = ""


class Medium(Struct):
    id_str: str = ""
    type: str = ""


class Attached(Struct):
    media: Medium | None = None


class Data(Struct, frozen=True):
    text: str = ""
    entities: Entities | None = None
    attachment: Attached | None = None


class Said(Struct):
    sender_id: str
    target: Target = Target()
    message_data: Data = Data()


class Direct(Struct):
    id: Id
    type: str = ""
    created_timestamp: str = ""
    message_create: Said | None = None


class Directs(Struct):
    direct_message_events: list[Direct] = []
    users: dict[str, User] = {}


class Status(Struct):
    id: Id


class Removed(Struct):
    status: Status


class Source(Struct, frozen=True):
    user_id: str = ""


class Revocation(Struct, frozen=True):
    source: Source = Source()


class UserEvent(Struct, frozen=True):
    revoke: Revocation | None = None


class Activity(Struct):
    """One delivery of the Account Activity API: whose it is, and lists by what happened."""

    for_user_id: str = ""
    tweet_create_events: list[Raw] = []
    tweet_delete_events: list[Removed] = []
    direct_message_events: list[Raw] = []
    user_event: UserEvent = UserEvent()


_OTHERS = frozenset(["for_user_id", "users", "apps", "user_has_blocked"])


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """What an Account Activity delivery says; its posts are looked up, to have them in today's shape."""
    told, lists = json.decode(it.body, type=Activity), json.decode(it.body, type=dict[str, Raw])
    routes = (f"user:{told.for_user_id}",)
    if gone := told.user_event.revoke:
        yield Nudge((f"user:{gone.source.user_id}",), stream="posts")
    if told.tweet_create_events:
        yield from (Nudge(routes, stream=name) for name in ("posts", "mentions"))
    for one in told.tweet_delete_events:
        yield events.removal(one.status.id, it.received_at, routes)
    if told.direct_message_events:
        yield from direct(Raw(it.body), routes)
    tells = lists.keys() - _OTHERS
    for kind in sorted(tells - {*Activity.__struct_fields__}):
        if kind not in IGNORED:
            raise UnsupportedEvent(f"X sent {kind[:100]!r}, which nobody declared.", kind)
        yield Record(kind, lists[kind], routes=routes)
    if not tells:
        raise UnsupportedEvent("X sent a delivery that tells nothing.", "empty")


def direct(payload: Raw, routes: tuple[str, ...]) -> Iterator[Record | Nudge]:
    """Direct messages as they would be listed, or a look at the list where an event names no conversation."""
    told = json.decode(payload, type=Directs)
    names = events.beside(Includes(users=list(told.users.values()))).names
    for it in told.direct_message_events:
        said = it.message_create if it.type == "message_create" else None
        if said and said.target.recipient_id:
            yield events.direct(_listed(it, said), names, routes)
        elif said:
            yield Nudge(routes, stream="messages")


def _listed(it: Direct, said: Said) -> Raw:
    """The event in the shape of `GET /2/dm_events`; of two people the smaller number comes first."""
    data, two = said.message_data, sorted((said.sender_id, said.target.recipient_id), key=int)
    medium = data.attachment.media if data.attachment else None
    key = f"{_PREFIX.get(medium.type, '3')}_{medium.id_str}" if medium else ""
    at = _moment(it).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = {
        "id": it.id,
        "event_type": "MessageCreate",
        "text": data.text,
        "sender_id": said.sender_id,
        "dm_conversation_id": "-".join(two),
        "created_at": at,
        "entities": data.entities,
        "attachments": {"media_keys": [key]} if key else None,
    }
    return Raw(json.encode(row))


def _moment(it: Direct) -> datetime:
    stated = it.created_timestamp
    if stated.isascii() and stated.isdigit() and len(stated) <= 14:
        return datetime.fromtimestamp(int(stated) // 1000, UTC)
    return moment(it.id)
