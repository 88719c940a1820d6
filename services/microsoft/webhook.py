"""Change notifications: each one carries the clientState that its subscription was given.

Ours says whose the subscription is and what it is for, and is signed with the webhook secret, so that a
notification is proven and understood without anything stored. No notification carries content.
https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from msgspec import MsgspecError, Struct, field, json

from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge
from shared.webhook import signature

CHANGED = frozenset({"created", "updated", "deleted"})
LIFECYCLE = frozenset({"reauthorizationRequired", "subscriptionRemoved", "missed"})
STREAMS = {"mail": "messages", "calendar": "events", "drive": "files"}
"""What is walked after news of a subscription."""

_RESOURCE = re.compile(r"chats\('([^']{1,200})'\)", re.IGNORECASE)


class Changed(Struct):
    """What changed, as far as it is told."""

    id: str = ""
    etag: str = field(name="@odata.etag", default="")


class Item(Struct):
    """One notification: of a change, or of the subscription itself (`lifecycleEvent`)."""

    subscriptionId: str = ""
    clientState: str = ""
    changeType: str = ""
    lifecycleEvent: str = ""
    resource: str = ""
    resourceData: Changed | None = None


class Batch(Struct):
    value: list[Item]


def state(secret: bytes, name: str, oid: str) -> str:
    """What a subscription is given: its name, whose it is, and our proof; at most 128 characters."""
    text = f"{name}:{oid}"
    return f"{text}:{hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}"


def challenge(_secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """What proves that the address is ours: the token that came in the query, decoded.

    It comes before there is a subscription, so that nothing is signed yet; it is answered as plain text.
    """
    if it.method != "POST" or "validationToken=" not in it.query:
        return None
    return parse_qs(it.query, errors="replace").get("validationToken", [""])[0].encode() or None


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    """Raise NotGenuine unless every notification carries a state that we gave."""
    try:
        told = json.decode(it.body, type=Batch).value
    except (MsgspecError, ValueError, RecursionError):
        raise NotGenuine("The body holds no notifications.") from None
    if not told:
        raise NotGenuine("The delivery holds no notification that could be proven.")
    for one in told:
        text, _, proof = one.clientState.rpartition(":")
        signature.hmac_sha256_hex(secrets, text.encode("utf-8", "surrogatepass"), proof)


def delivery_id(it: Delivery) -> str | None:
    """None, so that twins are known by their bytes, where each notification tells which version it is
    about. Others look the same for every change, and must not be taken for one another."""
    try:
        told = json.decode(it.body, type=Batch).value
    except (MsgspecError, ValueError, RecursionError):
        return None
    versions = all(one.resourceData and one.resourceData.etag for one in told)
    return None if versions else f"{hashlib.sha256(it.body).hexdigest()[:32]}:{it.received_at:.6f}"


def read(it: Delivery) -> Iterator[Nudge]:
    """Go and look, once for each thing to look at, however many notifications there are."""
    try:
        told = json.decode(it.body, type=Batch).value
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The notifications do not have their documented shape.") from problem
    found: list[Nudge] = []
    for one in map(_nudge, told):
        if one not in found:
            found.append(one)
    yield from found


def _nudge(it: Item) -> Nudge:
    word = it.lifecycleEvent or it.changeType
    if word not in (LIFECYCLE if it.lifecycleEvent else CHANGED):
        raise UnsupportedEvent(
            f"Microsoft notifies of {word[:40]!r}, which nobody declared.", word or "nothing"
        )
    name, _, rest = it.clientState.partition(":")
    oid = rest.partition(":")[0]
    if name not in STREAMS or not oid:
        raise Unreadable("The state of a notification is none of ours.")
    part = _RESOURCE.match(it.resource)
    return Nudge(
        (f"user:{oid}",),
        STREAMS[name],
        part[1] if part else "",
        subscription=name if it.lifecycleEvent and it.lifecycleEvent != "missed" else "",
    )
