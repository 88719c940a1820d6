"""What Discord posts to us: events of the app, and what people hand to it by a command; both are signed.

https://discord.com/developers/docs/events/webhook-events
https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from collections.abc import Iterator, Sequence

from msgspec import MsgspecError, Struct, json

from services.discord.events import route
from services.discord.ignored import IGNORED
from services.discord.interactions import PING, Envelope, Event, handed, peek, receipt
from services.discord.models import User
from services.discord.oauth import person
from services.discord.places import Guild
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

__all__ = ["delivery_id", "read", "receipt", "verify"]

WINDOW = 300.0
"""Seconds that a delivery may be old; Discord names no limit, and tries again for ten minutes."""


class Concerned(Struct):
    """Whom and which server an event is about."""

    user: User | None = None
    guild: Guild | None = None


def verify(keys: Sequence[bytes], it: Delivery, now: float) -> None:
    stated = it.headers.get("x-signature-timestamp", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 20):
        raise NotGenuine("The delivery does not say when it was sent.")
    given = it.headers.get("x-signature-ed25519")
    signature.ed25519_hex(keys, stated.encode() + it.body, given)
    signature.fresh(float(stated), now, WINDOW)


def delivery_id(it: Delivery) -> str | None:
    """An interaction's id; events have none, and what comes again is the same to the byte."""
    told = peek(it.body)
    return f"interaction:{told.id}" if told and told.id and told.event is None else None


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """A Nudge where a consent came or went, a Record for a message that somebody handed over."""
    try:
        told = json.decode(it.body, type=Envelope)
        if told.event is not None:
            yield from _event(told.event)
        elif told.type > PING:
            yield handed(told)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The delivery does not have its documented shape.") from problem


def _event(it: Event) -> Iterator[Record | Nudge]:
    if it.type in ("APPLICATION_AUTHORIZED", "APPLICATION_DEAUTHORIZED"):
        about = json.decode(it.data, type=Concerned)
        keys = ((route, about.guild), (person, about.user))
        yield Nudge(tuple(name(one.id) for name, one in keys if one), stream="channels")
    elif it.type in IGNORED:
        yield Record(it.type, it.data)
    else:
        raise UnsupportedEvent(
            f"Discord sent the event {it.type[:100]!r}, which nobody declared.", it.type
        )
