"""Slack signs the raw body together with a time, and tells of one event a delivery.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from collections.abc import Iterator, Sequence

from msgspec import MsgspecError, json

from services.slack.envelope import Envelope, Event, everywhere, peek, revoked, said
from services.slack.ignored import IGNORED
from services.slack.people import Called, Known, handle_of, name_of
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Names, Nudge, Record
from shared.webhook import signature

WINDOW = 300.0
"""Seconds that a delivery may be old, or ahead."""

ACCESS = frozenset(
    [
        "app_uninstalled",
        "scope_denied",
        "scope_granted",
        "team_access_revoked",
        "grid_migration_finished",
        "grid_migration_started",
    ]
)
"""What changes whether the token is any good: a call shows it."""
CHANNELS = frozenset(
    [f"channel_{it}" for it in ("archive", "created", "deleted", "id_changed", "left", "rename")]
    + [f"channel_{it}" for it in ("shared", "unarchive", "unshared")]
    + [f"group_{it}" for it in ("archive", "close", "deleted", "left", "open")]
    + [f"group_{it}" for it in ("rename", "unarchive")]
    + ["im_close", "im_created", "im_open", "member_joined_channel", "member_left_channel"]
)
PEOPLE = frozenset(["team_join", "user_change", "user_profile_changed"])
"""What tells what somebody is called from now on."""
GROUPS = frozenset(["subteam_created", "subteam_updated"])
"""The same of groups of users."""
LOOK_AGAIN = frozenset(
    [
        "reaction_added",
        "reaction_removed",
        "channel_history_changed",
        "group_history_changed",
        "im_history_changed",
    ]
)
"""What changes messages without telling what they look like now."""


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    stated = it.headers.get("x-slack-request-timestamp", "")
    if not (stated.isascii() and stated.isdigit()):
        raise NotGenuine("The delivery does not say when it was sent.")
    signed = b"v0:" + stated.encode() + b":" + it.body
    given = it.headers.get("x-slack-signature")
    signature.hmac_sha256_hex(secrets, signed, given, prefix="v0=")
    signature.fresh(float(stated), now, WINDOW)


def challenge(secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """What proves that the address is ours, to Slack alone: the question is signed as well."""
    if b"url_verification" not in it.body:
        return None
    told = peek(it.body)
    if told is None or told.type != "url_verification" or not told.challenge:
        return None
    verify(secrets, it, it.received_at)
    return told.challenge.encode("utf-8", "replace")


def delivery_id(it: Delivery) -> str | None:
    """The event's id, which a repetition keeps."""
    told = peek(it.body)
    named = told.event_id if told else ""
    return named if named.isascii() and named.isalnum() and len(named) <= 100 else None


def read(it: Delivery) -> Iterator[Record | Nudge | Names]:
    """One Record for a message told, a Nudge where Slack only says that something changed."""
    if it.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise UnsupportedEvent(
            "Slash commands and buttons are not listened to here.", "interaction"
        )
    try:
        told = json.decode(it.body, type=Envelope)
        if told.type == "app_rate_limited":
            yield from (Nudge(everywhere(told), stream=name) for name in ("messages", "replies"))
        elif told.type == "event_callback":
            yield from _read(told, json.decode(told.event, type=Event))
        elif told.type != "url_verification":
            raise UnsupportedEvent(
                f"Slack sent {told.type[:100]!r}, which nobody declared.", told.type
            )
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem


def _read(told: Envelope, event: Event) -> Iterator[Record | Nudge | Names]:
    if event.type == "message":
        yield from said(told, event)
    elif event.type in ACCESS | CHANNELS:
        yield Nudge(everywhere(told), stream="channels")
    elif event.type == "tokens_revoked":
        yield Nudge(revoked(told, event), stream="channels")
    elif event.type == "team_access_granted":
        yield from (Nudge(everywhere(told), stream=name) for name in ("channels", "people"))
    elif event.type in LOOK_AGAIN:
        channel = event.item.channel if event.item else event.channel
        if isinstance(channel, str) and channel:
            yield Nudge((f"channel:{channel}",), stream="replies", resource=channel)
    elif event.type in PEOPLE:
        user = json.decode(told.event, type=Known).user
        yield Names(everywhere(told), {user.id: name_of(user)})
    elif event.type in GROUPS:
        group = json.decode(told.event, type=Called).subteam
        yield Names(everywhere(told), {group.id: handle_of(group)})
    elif event.type in IGNORED:
        yield Record(event.type, told.event)
    else:
        raise UnsupportedEvent(
            f"Slack sent the event {event.type[:100]!r}, which nobody declared.", event.type
        )
