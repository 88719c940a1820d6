"""How Records are put together: the thing itself as it came, what it refers to, and who people are."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec import Raw, Struct, json

from services.twitter.models import Id, Includes, Media, Post
from services.twitter.models_direct import Direct
from services.twitter.text import revision
from shared.shapes import decoded
from shared.types import Record

T = TypeVar("T")

DELETED = "deleted"
"""The revision of what was deleted, which nothing follows: it sorts behind every number."""


class Beside(NamedTuple):
    """What came along: posts and media by id, as they came, and handles by id."""

    posts: Mapping[str, Raw] = {}
    media: Mapping[str, Raw] = {}
    names: Mapping[str, str] = {}


class _Wrapped(Struct):
    data: Raw = Raw(b"null")


class _Post(Struct):
    id: Id


def beside(*includes: Includes, names: Mapping[str, str] | None = None) -> Beside:
    """Everything that came along, and `names` that were known already."""
    told = dict(names or {})
    for it in (user for one in includes for user in one.users):
        told |= it.called
    posts = [_unwrapped(it) for one in includes for it in (*one.tweets, *one.posts)]
    media = [_unwrapped(it) for one in includes for it in one.media]
    return Beside(
        {decoded(it, _Post).id: it for it in posts},
        {decoded(it, Media).media_key: it for it in media},
        told,
    )


def post(row: Raw, me: str, besides: Beside, routes: tuple[str, ...] = ()) -> Record:
    """A post, with what it repeats if that came along."""
    head = decoded(row, Post)
    original = besides.posts.get(head.refers.get("retweeted", ""))
    shown = decoded(original, Post) if original else head
    parts = {"original": original} if original else {}
    told = _put(
        me=me,
        post=row,
        names=_some(besides.names, {head.author_id}),
        media=_some(besides.media, shown.keys),
        **parts,
    )
    return Record("post", told, revision=revision(head.id), routes=routes)


def mark(word: str, ident: str, me: str, besides: Beside, routes: tuple[str, ...] = ()) -> Record:
    """A like or a bookmark of the post with that id, with the post if that came along."""
    row = besides.posts.get(ident)
    head = decoded(row, Post) if row else None
    parts = {"post": row, "media": _some(besides.media, head.keys)} if head else {}
    names = _some(besides.names, {me, head.author_id if head else ""})
    told = _put(me=me, word=word, post_id=ident, names=names, **parts)
    return Record(word, told, revision=revision(ident), routes=routes)


def direct(row: Raw, names: Mapping[str, str], routes: tuple[str, ...] = ()) -> Record:
    """A direct message, or who came and went."""
    head = decoded(row, Direct)
    who = {head.sender_id, *head.participant_ids, *head.dm_conversation_id.split("-")}
    told = _put(event=row, names=_some(names, who))
    return Record("dm", told, revision=revision(head.id), routes=routes)


def removal(ident: str, at: float, routes: tuple[str, ...]) -> Record:
    """The end of a post, whichever of its versions is named; `at` is in epoch seconds."""
    told = _put(id=ident, at=at)
    return Record("post.delete", told, revision=DELETED, removed=True, routes=routes)


def _unwrapped(row: Raw) -> Raw:
    """The row itself; events put some within another `data`."""
    inner = decoded(row, _Wrapped).data
    return inner if bytes(inner) != b"null" else row


def _some(told: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    return {it: told[it] for it in sorted(set(wanted)) if it in told}


def _put(**members: Any) -> Raw:
    return Raw(json.encode(members))
