"""Linear signs the raw body, and dates it inside.

What a delivery shows goes to those who may see its team; where it does not say which team that is,
everybody in the workspace goes and looks with their own token.
https://linear.app/developers/webhooks
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import MsgspecError, Raw, Struct, json

from services.linear.ignored import IGNORED
from services.linear.people import Member, beside, called
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Names, Nudge, Record
from shared.webhook import signature

WINDOW = 60.0
"""Seconds that a delivery may be old, or ahead."""
MAX_BODY = 5 * 1024 * 1024
"""Bytes; Linear's own handler takes no more."""

STREAMS = {
    "Attachment": "attachments",
    "Comment": "comments",
    "Document": "documents",
    "InitiativeUpdate": "initiative_updates",
    "Issue": "issues",
    "Project": "projects",
    "ProjectUpdate": "project_updates",
}
"""The walks that show what a delivery tells of."""
ACCESS = frozenset(["OAuthApp", "OAuthAuthorization", "PermissionChange"])
"""What changes whether the token is any good, or which teams it sees: a walk over them shows it."""
NOISE = frozenset(
    ["boardOrder", "descriptionState", "prioritySortOrder", "sortOrder", "subIssueSortOrder"]
    + ["subscriberIds", "updatedAt"]
    + [f"sla{it}" for it in ("BreachesAt", "HighRiskAt", "MediumRiskAt", "StartedAt", "Type")]
)
"""What nobody reads: an update of nothing else is dropped."""

_ID = re.compile(r"[0-9A-Za-z-]{8,100}\Z")


class Stamp(Struct, rename="camel"):
    webhook_timestamp: float


class Owned(Struct, rename="camel"):
    """What an entity says of the teams that it belongs to, and of what it stands at."""

    id: str
    team_id: str | None = None
    team_ids: list[str] | None = None
    trashed: bool | None = None
    issue: "Owned | None" = None
    comment_id: str | None = None
    issue_id: str | None = None
    initiative_update_id: str | None = None


class Event(Struct, rename="camel"):
    type: str
    organization_id: str
    action: str = ""
    url: str | None = None
    data: Raw = Raw(b"{}")
    updated_from: Mapping[str, Raw] | None = None


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    signature.hmac_sha256_hex(secrets, it.body, it.headers.get("linear-signature"))
    try:
        stated = json.decode(it.body, type=Stamp).webhook_timestamp / 1000
    except (MsgspecError, ValueError, RecursionError):
        raise NotGenuine("The delivery does not say when it was sent.") from None
    signature.fresh(stated, now, WINDOW)


def delivery_id(it: Delivery) -> str | None:
    """The delivery's own id; `webhookId` in the body is that of the subscription."""
    named = it.headers.get("linear-delivery", "")
    return named if _ID.match(named) else None


def read(it: Delivery) -> Iterator[Record | Nudge | Names]:
    """A Record where the delivery says who may see it, else a Nudge to go and look."""
    try:
        told = json.decode(it.body, type=Event)
        yield from _read(told, (f"org:{told.organization_id}",))
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem


def _read(told: Event, everybody: tuple[str, ...]) -> Iterator[Record | Nudge | Names]:
    if told.type in STREAMS or told.type == "Reaction":
        yield from _entity(told, json.decode(told.data, type=Owned), everybody)
    elif told.type == "User":
        yield Names(everybody, called(json.decode(told.data, type=Member)))
    elif told.type in ACCESS:
        yield Nudge(everybody, stream="teams")
    elif told.type in IGNORED:
        yield Record(told.type, told.data)
    else:
        kind = told.type[:100]
        raise UnsupportedEvent(f"Linear sent the event {kind!r}, which nobody declared.", kind)


def _entity(told: Event, its: Owned, everybody: tuple[str, ...]) -> Iterator[Record | Nudge]:
    if told.action == "update" and told.updated_from and told.updated_from.keys() <= NOISE:
        return
    # A comment's own data has no address; a reaction has none at all.
    payload = told.data if told.type == "Reaction" else beside(told.data, url=told.url)
    removed = told.action == "remove" or its.trashed is True
    routes = tuple(f"team:{team}" for team in _teams(its))
    if routes or removed:  # what is gone cannot be looked up, and says nothing private
        yield Record(told.type, payload, removed=removed, routes=routes or everybody)
    else:
        yield Nudge(everybody, stream=STREAMS.get(told.type) or _shown(its))


def _teams(its: Owned) -> Iterator[str]:
    if its.team_id:
        yield its.team_id
    yield from its.team_ids or ()
    if its.issue and its.issue.team_id:
        yield its.issue.team_id


def _shown(its: Owned) -> str:
    """The walk that shows a reaction: that of what it stands at."""
    if its.comment_id:
        return "comments"
    if its.issue_id:
        return "issues"
    return "initiative_updates" if its.initiative_update_id else "project_updates"
