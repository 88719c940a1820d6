"""Zoom signs the raw body together with a time, and asks every 72 hours whether we are still there.

An event has no id: two deliveries are one where their bodies are. https://developers.zoom.us/docs/api/webhooks/
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from msgspec import MsgspecError, json

from services.zoom.events import LOOK, PLANNED, TOLD, Event, Object, Payload
from services.zoom.ignored import IGNORED
from services.zoom.oauth import account, user
from services.zoom.paths import UUID
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

WINDOW = 300.0
"""Seconds that a delivery may be old, or ahead."""
VALIDATION = "endpoint.url_validation"
HEARD = {"by": "event"}
"""Lets a walk begin over what no list has shown yet."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    stated = it.headers.get("x-zm-request-timestamp", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) in (10, 13)):
        raise NotGenuine("The delivery does not say when it was sent.")
    signed = b"v0:" + stated.encode() + b":" + it.body
    signature.hmac_sha256_hex(secrets, signed, it.headers.get("x-zm-signature"), prefix="v0=")
    seconds = float(stated) / (1000.0 if len(stated) == 13 else 1.0)
    signature.fresh(seconds, now, WINDOW)


def challenge(secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """What proves that the secret is ours, to Zoom alone: the question is signed with it as well."""
    if VALIDATION.encode() not in it.body:
        return None
    told = None
    with suppress(MsgspecError, ValueError, RecursionError):
        told = json.decode(it.body, type=Event)
    if told is None or told.event != VALIDATION or not 0 < len(told.payload.plainToken) <= 200:
        return None
    verify(secrets, it, it.received_at)
    secret = next(one for one in secrets if _signs(one, it))
    plain = told.payload.plainToken
    proof = hmac.digest(secret, plain.encode("utf-8", "surrogatepass"), "sha256").hex()
    return json.encode({"plainToken": plain, "encryptedToken": proof})


def delivery_id(_: Delivery) -> str | None:
    """None: the body is all that tells two deliveries apart."""
    return None


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """A Nudge for what the API can be asked about, a Record for what only events tell."""
    try:
        told = json.decode(it.body, type=Event)
        about = json.decode(told.payload.object, type=Object)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem
    if told.event in IGNORED:
        yield Record(told.event, told.payload.object)
    elif told.event == "app_deauthorized":
        yield Nudge((user(_named(told.payload.user_id)),), "meetings")
    elif told.event in PLANNED:
        yield Nudge((_whose(told.payload, about, told.payload.operator_id),), "meetings")
    elif told.event in TOLD:
        routes = (user(_named(about.host_id)),)
        yield Record(TOLD[told.event], told.payload.object, routes=routes)
    elif told.event in LOOK:
        yield from _look(LOOK[told.event], told.payload, about)
    elif told.event != VALIDATION:
        named = told.event[:100]
        raise UnsupportedEvent(f"Zoom sent {named!r}, which nobody declared.", named)


def _look(stream: str, told: Payload, about: Object) -> Iterator[Nudge]:
    """Of an account as a whole only those look who know the meeting already."""
    whose = _whose(told, about)
    facts = HEARD if whose.startswith("user:") else {}
    if not about.uuids and stream != "recordings":
        raise Unreadable("The event does not say which meeting it is about.")
    for uuid in about.uuids:
        if not UUID.match(uuid):
            raise Unreadable("The event does not say which meeting it is about.")
        yield Nudge((whose,), stream, uuid, facts)


def _whose(told: Payload, about: Object, otherwise: str = "") -> str:
    host = about.host_id or about.meeting_host_id or otherwise
    return user(_named(host)) if host else account(_named(told.account_id))


def _named(ident: str) -> str:
    if not _ID.match(ident):
        raise Unreadable("The event does not say whose it is.")
    return ident


def _signs(secret: bytes, it: Delivery) -> bool:
    with suppress(NotGenuine):
        verify([secret], it, it.received_at)
        return True
    return False
