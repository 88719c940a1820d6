"""A delivery proves itself by a passcode in its body, and no more than that.

Whoever may change a webhook can send its deliveries, and the passcode with them, somewhere else. So each
of ours has a passcode of its own, made of the secret and of the place that its address names, and is
believed of that place alone; and what the API can tell is asked for with the account's own token.
https://developers.figma.com/docs/rest-api/webhooks-events/
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs

from msgspec import MsgspecError, Raw, Struct, json

from services.figma.models import Key
from services.figma.models_events import DevStatus, Published
from services.figma.places import PLACE
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

LOOK = {
    "FILE_COMMENT": ("comments",),
    "FILE_DELETE": ("file", "comments", "versions"),
    "FILE_UPDATE": ("file",),
    "FILE_VERSION_UPDATE": ("versions",),
}
"""The walks that show what an event tells of."""
TOLD: dict[str, type[Struct]] = {
    "DEV_MODE_STATUS_UPDATE": DevStatus,
    "LIBRARY_PUBLISH": Published,
}
"""What no call of the API tells."""
IGNORED = {"PING": "a webhook was made, and nothing happened yet"}
VARYING = ("passcode", "protocol_version", "retries")
"""What a retry may say otherwise, and a delivery is not known by."""


class Proof(Struct):
    passcode: str


class Event(Struct):
    event_type: str


class Where(Struct):
    file_key: Key


def passcode(secret: bytes, place: str) -> bytes:
    """The passcode of the webhooks of one place."""
    return hmac.digest(secret, b"passcode " + place.encode(), "sha256").hex().encode()


def named(it: Delivery) -> str | None:
    """The place in the address of a webhook; None for one that was made by hand."""
    given = parse_qs(it.query, keep_blank_values=True).get("place")
    return ",".join(given) if given else None


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    try:
        given = json.decode(it.body, type=Proof).passcode
    except (MsgspecError, ValueError, RecursionError):
        raise NotGenuine("The body carries no passcode.") from None
    if (place := named(it)) is not None:
        if not PLACE.match(place):
            raise NotGenuine("The address names no place of ours.")
        secrets = [passcode(secret, place) for secret in secrets if secret]
    signature.token(secrets, given)


def delivery_id(it: Delivery) -> str | None:
    """Figma gives none: what the event says of itself, without what its retries say otherwise."""
    try:
        told = json.decode(it.body, type=dict[str, Any])
        kept = {name: value for name, value in told.items() if name not in VARYING}
        return hashlib.sha256(json.encode(kept, order="sorted")).hexdigest()[:32]
    except (MsgspecError, ValueError, RecursionError):
        return None


def kept(body: bytes) -> bytes:
    """A body without its passcode, and otherwise as it came."""
    told = json.decode(body, type=dict[str, Raw])
    return json.encode({name: it for name, it in told.items() if name != "passcode"})


def read(it: Delivery) -> Iterator[Nudge | Record]:
    """A Nudge where the API tells it as well, a Record without the passcode where it does not."""
    try:
        kind = json.decode(it.body, type=Event).event_type
        if kind in IGNORED:
            yield Record(kind, Raw(b"{}"))
        elif kind in LOOK:
            route, file = _whose(it)
            for stream in LOOK[kind]:
                yield Nudge((route,), stream, file)
        elif kind in TOLD:
            said = json.decode(it.body, type=TOLD[kind])
            yield Record(kind, Raw(json.encode(said)), routes=(_whose(it)[0],))
        else:
            kind = kind[:100]
            raise UnsupportedEvent(f"Figma sent {kind!r}, which nobody declared.", kind)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem


def _whose(it: Delivery) -> tuple[str, str]:
    """The route of a delivery, and the file that it is about."""
    file, place = f"file:{json.decode(it.body, type=Where).file_key}", named(it)
    if place and place.startswith("file:") and place != file:
        raise Unreadable("The webhook of one file tells of another.")
    return place or file, file
