"""X signs the raw body, asks again and again whether we know the secret, and bills most events.

https://docs.x.com/x-api/webhooks/quickstart
"""

import base64
import hmac
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from msgspec import MsgspecError, Raw, Struct, json

from services.twitter import events, older
from services.twitter.directory import chain
from services.twitter.ignored import IGNORED
from services.twitter.models import Id, Includes, Post, User
from shared.errors import Unreadable, UnsupportedEvent
from shared.shapes import decoded
from shared.types import Delivery, Names, Nudge, Record
from shared.webhook import signature

MAX_BODY = 5 * 1024 * 1024
"""Bytes: a post of the longest kind with all that it refers to, many times over."""

POSTS = frozenset(["post.create", "post.mention.create", "post.reply.create", "post.quote.create"])
DIRECT = frozenset(["dm.received", "dm.sent"])
CHATS = frozenset(["chat.received", "chat.sent"])

_TOKEN = re.compile(r"[A-Za-z0-9_+/=.-]{1,200}\Z")
"""What X asks with. The answer is signed like a delivery is, so nothing that could be one is answered."""
_WORD = re.compile(r"-?[A-Za-z0-9_.]{1,60}\Z")


class Filter(Struct, frozen=True):
    user_id: str = ""
    direction: str = ""


class Event(Struct):
    """`payload` is what happened, `filter` whose account it happened to."""

    event_type: str
    event_uuid: str = ""
    filter: Filter = Filter()
    payload: Raw = Raw(b"{}")
    includes: Includes = Includes()


class Envelope(Struct):
    data: Event | None = None


class Deleted(Struct):
    id: Id


class Liked(Struct):
    liked_tweet_id: Id | None = None
    liked_post_id: Id | None = None
    liked_tweet_author_id: str = ""


class Revoked(Struct):
    user_id: str


class Changed(Struct):
    after: str = ""


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    given = it.headers.get("x-twitter-webhooks-signature")
    signature.hmac_sha256_base64(secrets, it.body, given, prefix="sha256=")


def challenge(secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """What proves to X that we know the newest secret: a GET with a token, at any time."""
    if it.method != "GET" or not secrets or not secrets[0]:
        return None
    (token,) = parse_qs(it.query, max_num_fields=10).get("crc_token", [""])[:1]
    if not _TOKEN.match(token):
        return None
    proof = base64.b64encode(hmac.digest(secrets[0], token.encode(), "sha256")).decode()
    return json.encode({"response_token": f"sha256={proof}"})


def delivery_id(it: Delivery) -> str | None:
    """An event's id is shared by all whom it was sent for, and by each way in which it concerns them."""
    try:
        its = json.decode(it.body, type=Envelope).data
    except (MsgspecError, ValueError, RecursionError):
        return None
    if its is None or not _WORD.match(its.event_uuid):
        return None
    words = (its.event_uuid, its.event_type, its.filter.user_id, its.filter.direction)
    return ":".join(words) if all(not word or _WORD.match(word) for word in words) else None


def read(it: Delivery) -> Iterator[Record | Nudge | Names]:
    """What happened, for the account that it happened to."""
    try:
        told = json.decode(it.body, type=Envelope).data
        if told is None:
            yield from older.read(it)
        else:
            yield from _read(told, it.received_at)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem


def _read(told: Event, at: float) -> Iterator[Record | Nudge | Names]:
    me, kind = told.filter.user_id, told.event_type
    routes, besides = (f"user:{me}",), events.beside(told.includes)
    if kind in POSTS:
        if edits := chain(decoded(told.payload, Post)):
            yield Names(routes, edits)
        yield events.post(told.payload, me, besides, routes)
    elif kind == "post.delete":
        yield events.removal(json.decode(told.payload, type=Deleted).id, at, routes)
    elif kind == "like.create":
        yield _liked(told, besides, routes)
    elif kind in DIRECT:
        yield from older.direct(told.payload, routes)
    elif kind in CHATS:
        yield Record("chat", told.payload, routes=routes)
    elif kind == "oauth.revoke":
        gone = json.decode(told.payload, type=Revoked).user_id
        yield Nudge((f"user:{gone}",), stream="posts")  # whose first call finds the token dead
    elif kind in IGNORED:
        if kind == "profile.update.handle" and me:
            after = json.decode(told.payload, type=Changed).after
            yield Names(routes, User(id=me, username=after.removeprefix("@")).called)
        yield Record(kind, told.payload, routes=routes)
    else:
        raise UnsupportedEvent(f"X sent the event {kind[:100]!r}, which nobody declared.", kind)


def _liked(told: Event, besides: events.Beside, routes: tuple[str, ...]) -> Record:
    """A like of their own; who it was that liked a post of theirs is not told."""
    its, me = json.decode(told.payload, type=Liked), told.filter.user_id
    ident = its.liked_tweet_id or its.liked_post_id
    if ident is None:
        raise Unreadable("A like does not say of which post.")
    inbound = told.filter.direction == "inbound" or (
        not told.filter.direction and its.liked_tweet_author_id == me
    )
    if inbound:
        return Record("like.inbound", told.payload, routes=routes)
    return events.mark("like", ident, me, besides, routes)
