"""Notion signs the raw body with a token that it said once, and tells what changed, never how.

https://developers.notion.com/reference/webhooks
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import MsgspecError, Raw, Struct, json

from services.notion.ignored import IGNORED
from services.notion.models import dashed
from services.notion.oauth import seen_by, workspace
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record, Secret
from shared.webhook import signature

_ID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
_PAGE = ("created", "content_updated", "properties_updated", "moved", "deleted", "undeleted")
_TABLE = ("created", "content_updated", "schema_updated", "moved", "deleted", "undeleted")
OBJECTS = {
    **{f"page.{it}": "page" for it in (*_PAGE, "locked", "unlocked")},
    "page.transcription_block.transcript_deleted": "page",
    **{f"data_source.{it}": "data_source" for it in _TABLE},
    **{f"database.{it}": "database" for it in _TABLE},
}
"""Events whose entity is what changed, and what that is."""
COMMENTS = frozenset(f"comment.{it}" for it in ("created", "updated", "deleted"))


class Entity(Struct, frozen=True):
    id: str = ""
    type: str = ""


class Data(Struct, frozen=True):
    """`page_id` is where a comment stands, `parent` the page or the block that it is about."""

    parent: Entity = Entity()
    page_id: str = ""


class Event(Struct):
    type: str
    workspace_id: str
    entity: Entity
    data: Data = Data()
    accessible_by: list[Entity] | None = None


class Name(Struct):
    id: str = ""


class Handshake(Struct, forbid_unknown_fields=True):
    verification_token: str


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    given = it.headers.get("x-notion-signature")
    signature.hmac_sha256_hex(secrets, it.body, given, prefix="sha256=")


def entrusted(it: Delivery) -> Secret | None:
    """The token that a new subscription brings, alone and unsigned."""
    try:
        token = json.decode(it.body, type=Handshake).verification_token
    except (MsgspecError, ValueError, RecursionError):
        return None
    fits = token.isascii() and token.isprintable() and 16 <= len(token) <= 200
    return Secret(token) if fits and "x-notion-signature" not in it.headers else None


def delivery_id(it: Delivery) -> str | None:
    """The event's id, which all eight attempts share."""
    try:
        ident = json.decode(it.body, type=Name).id
    except (MsgspecError, ValueError, RecursionError):
        return None
    return ident if _ID.match(ident) else None


def read(it: Delivery) -> Iterator[Nudge | Record]:
    """A Nudge for what changed, also where nobody discovered it yet."""
    try:
        told = json.decode(it.body, type=Event)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem
    if told.type in IGNORED:
        yield Record(told.type, Raw(b"{}"))
    elif told.type in OBJECTS:
        yield _look(told, told.entity.id, {"type": OBJECTS[told.type]})
    elif told.type in COMMENTS:
        page, about = dashed(told.data.page_id), told.data.parent
        at_block = about.type == "block" and dashed(about.id) != page
        facts = {"type": "block", "page": page} if at_block else {"type": "page"}
        yield _look(told, about.id if at_block else page, facts)
    else:
        named = told.type[:100]
        raise UnsupportedEvent(f"Notion sent {named!r}, which nobody declared.", named)


def _look(told: Event, ident: str, facts: dict[str, str]) -> Nudge:
    """For the accounts that may see it, where Notion says whose those are; else for the workspace's."""
    if not (_ID.match(ident) and _ID.match(told.workspace_id)):
        raise Unreadable("The event does not say what it is about.")
    place = told.workspace_id
    seen = tuple(seen_by(place, one.id) for one in told.accessible_by or () if _ID.match(one.id))
    return Nudge(seen or (workspace(place),), "content", dashed(ident), facts)
