"""What stands around an event, and what a message event says: something new, changed or gone.

https://docs.slack.dev/apis/events-api
"""

from collections.abc import Iterator
from contextlib import suppress

from msgspec import MsgspecError, Raw, Struct, json

from services.slack import normalize
from services.slack.events import TOMBSTONE, Told, app_of, gone, kind, record
from services.slack.models import Conversation, Said, Ts
from shared.errors import Unreadable
from shared.types import Record


class Authorization(Struct):
    """One of the installs that an event is for; Slack tells no more than one."""

    user_id: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None
    is_bot: bool = False


class Item(Struct):
    channel: str = ""


class Revoked(Struct):
    """Whose tokens ended, by user id: people's own, and those of the app's bot."""

    oauth: list[str] | None = None
    bot: list[str] | None = None


class Event(Struct):
    type: str
    subtype: str | None = None
    channel: str | Conversation | None = None
    channel_type: str = ""
    item: Item | None = None
    event_ts: Ts | None = None
    deleted_ts: Ts | None = None
    tokens: Revoked | None = None


class Changed(Struct):
    """A message event whose message stands inside; `previous_message` is what it was."""

    message: Raw = Raw(b"null")
    previous_message: Raw = Raw(b"null")


class Envelope(Struct):
    type: str
    event: Raw = Raw(b"null")
    event_id: str = ""
    challenge: str = ""
    team_id: str | None = None
    enterprise_id: str | None = None
    api_app_id: str | None = None
    authorizations: list[Authorization] | None = None


def peek(body: bytes) -> Envelope | None:
    """The envelope where there is one; nothing is proven of it yet."""
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Envelope)
    return None


def everywhere(told: Envelope) -> tuple[str, ...]:
    """The keys of every account that an event may concern, a workspace's and an organization's."""
    listed = told.authorizations or []
    teams = {told.team_id, *(it.team_id for it in listed)}
    orgs = {told.enterprise_id, *(it.enterprise_id for it in listed)}
    keys = [f"team:{it}" for it in teams if it] + [f"enterprise:{it}" for it in orgs if it]
    return tuple(sorted(keys))


def revoked(told: Envelope, event: Event) -> tuple[str, ...]:
    """The keys of the accounts whose tokens ended; of all that may be meant where it is not told."""
    ended = event.tokens or Revoked()
    bots = [f"bot:{key.partition(':')[2]}" for key in everywhere(told)] if ended.bot else []
    people = [f"user:{it}" for it in ended.oauth or ()]
    return (*bots, *people) or everywhere(told)


def said(told: Envelope, event: Event) -> Iterator[Record]:
    """The Record of a message event; none for a change that changes nothing of the Message."""
    if not isinstance(event.channel, str):
        raise Unreadable("A message event does not say where it was said.")
    where = (event.channel, event.channel_type)
    if event.subtype == "message_changed":
        inside = json.decode(told.event, type=Changed)
        now, before = _said(inside.message), _before(inside)
        named = kind(now.subtype, own=any(_own(told, it) for it in (now, before) if it))
        if now.subtype == TOMBSTONE:
            yield gone(*where, now.ts, event.event_ts or now.ts, named)
        elif before is None or _differ(event.channel, now, before):
            yield record(*where, inside.message, kind=named, revision=_revision(now))
    elif event.subtype == "message_deleted":
        if event.deleted_ts is None:
            raise Unreadable("A deletion does not say what was deleted.")
        before = _before(json.decode(told.event, type=Changed))
        named = kind(before.subtype, own=_own(told, before)) if before else "message"
        yield gone(*where, event.deleted_ts, event.event_ts or event.deleted_ts, named)
    else:
        now = _said(told.event)
        named = kind(now.subtype, own=_own(told, now))
        yield record(*where, told.event, kind=named, revision=_revision(now))


def _said(row: Raw) -> Said:
    return json.decode(row, type=Said)


def _before(inside: Changed) -> Said | None:
    """What the message was, where that can be read: it decides nothing but whether to tell."""
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(inside.previous_message, type=Said | None)
    return None


def _differ(channel: str, now: Said, before: Said) -> bool:
    return normalize.message(Told(channel, now)) != normalize.message(Told(channel, before))


def _revision(its: Said) -> Ts:
    return its.edited.ts if its.edited else its.ts


def _own(told: Envelope, its: Said) -> bool:
    """Whether the app that listens said it: as its bot, under a name of its own, or as a person."""
    bots = [it.user_id for it in told.authorizations or () if it.is_bot]
    app = app_of(its)
    return bool(app and app == told.api_app_id) or bool(its.user and its.user in bots)
