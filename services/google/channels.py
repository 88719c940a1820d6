"""Channels: Calendar and Drive call an address of ours whenever something changed, and say nothing else.

The token that we give a channel says whose it is and is signed with the webhook secret, so that a call
is proven and understood without anything stored; `sync` may come before the channel is known.
https://developers.google.com/workspace/calendar/api/guides/push
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote
from uuid import uuid4

from msgspec import Struct

from services.google.calendar_sync import events_of
from services.google.gmail_normalize import moment
from services.google.oauth import Claims
from shared.errors import ItemGone, Refused, Unreadable, UnsupportedEvent
from shared.provider import Api, Hook, Subscribing
from shared.types import Delivery, Nudge
from shared.webhook import signature

LIFE = timedelta(days=7)
"""The longest that Google keeps a channel; without asking, Drive keeps one for an hour."""
LONGEST = 256
"""Characters of a token."""
CHANGED = frozenset({"exists", "not_exists", "change"})

Clock = Callable[[], datetime]


class Channel(Struct):
    id: str
    resourceId: str
    expiration: str


class Start(Struct):
    startPageToken: str


def _now() -> datetime:
    return datetime.now(UTC)


async def calendar(it: Subscribing, now: Clock = _now) -> Hook:
    """A channel for one calendar's events."""
    return await _open(it, f"{events_of(it.resource.id)}/watch", "events", now)


async def drive(it: Subscribing, now: Clock = _now) -> Hook:
    """A channel for all that changes in a Drive, from now on; the walk has its own place."""
    start = await it.api.get("/drive/v3/changes/startPageToken", Start, supportsAllDrives="true")
    path = f"/drive/v3/changes/watch?pageToken={quote(start.startPageToken, safe='')}"
    flags = "&supportsAllDrives=true&includeItemsFromAllDrives=true"
    return await _open(it, path + flags, "files", now)


async def stop(it: Subscribing) -> None:
    """Close a channel; each product closes its own."""
    if it.hook:
        product = "calendar" if it.resource.id else "drive"
        await _close(it.api, product, it.hook)


async def _open(it: Subscribing, path: str, stream: str, now: Clock) -> Hook:
    """A new channel, and only then the end of the one before: nothing is missed, some is heard twice."""
    asker, ident, until = await it.api.get("/v1/userinfo", Claims), str(uuid4()), now() + LIFE
    wanted = {
        "id": ident,
        "type": "web_hook",
        "address": it.callback_url,
        "token": token(it.secret.reveal().encode(), ident, stream, asker.sub, it.resource.id),
        "expiration": str(int(until.timestamp() * 1000)),
    }
    made = await it.api.send("POST", path, Channel, wanted)
    if it.hook:
        with suppress(ItemGone, Refused):
            await stop(it)
    return Hook(made.id, moment(made.expiration), {"resource_id": made.resourceId})


async def _close(api: Api, product: str, hook: Hook) -> None:
    body = {"id": hook.remote_id, "resourceId": hook.facts.get("resource_id", "")}
    await api.send("POST", f"/{product}/v3/channels/stop", type(None), body)


def token(secret: bytes, channel: str, stream: str, sub: str, resource: str = "") -> str:
    """Whose channel it is, signed; a resource that is too long for it is left out: all are walked."""
    for part in (quote(resource, safe=""), ""):
        text = f"{stream}:{sub}:{part}"
        if len(text) + 65 <= LONGEST:
            break
    return f"{text}:{hmac.new(secret, f'{channel}:{text}'.encode(), hashlib.sha256).hexdigest()}"


def verify(secrets: Sequence[bytes], it: Delivery) -> None:
    """Raise NotGenuine unless the token is one that we gave this channel."""
    text, _, proof = it.headers.get("x-goog-channel-token", "").rpartition(":")
    signed = f"{it.headers['x-goog-channel-id']}:{text}".encode("utf-8", "surrogatepass")
    signature.hmac_sha256_hex(secrets, signed, proof)


def delivery_id(it: Delivery) -> str | None:
    """The channel and the number of the message in it."""
    number, channel = it.headers.get("x-goog-message-number", ""), it.headers["x-goog-channel-id"]
    known = number.isascii() and number.isdigit() and len(number) < 30
    return f"{channel}:{number}" if known and len(channel) <= 64 and " " not in channel else None


def read(it: Delivery) -> list[Nudge]:
    """Go and look; the first message of a channel (`sync`) only says that it is open."""
    state = it.headers.get("x-goog-resource-state", "")
    if state == "sync":
        return []
    if state not in CHANGED:
        raise UnsupportedEvent(
            f"A channel tells the state {state[:40]!r}, which nobody declared.", state
        )
    parts = it.headers.get("x-goog-channel-token", "").split(":")
    if len(parts) != 4:
        raise Unreadable("The channel's token is none of ours.")
    stream, sub, resource, _ = parts
    return [Nudge((f"user:{sub}",), stream, unquote(resource))]
