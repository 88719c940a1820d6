"""How posts and messages are walked: the newest first, from where the last complete walk began.

Posts are asked for by `since_id`; nothing that is old comes again, so nothing is paid for twice. Messages,
likes and bookmarks have no such question: a small first page tells whether there is anything new.
https://docs.x.com/x-api/fundamentals/pagination
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct

from services.twitter import events
from services.twitter.directory import chain
from services.twitter.models import Includes, Post
from services.twitter.models_direct import Direct
from services.twitter.reading import DIRECT, MOST, OTHERS, OWN, Listed, completed, me
from services.twitter.text import latest, moment
from shared.errors import BadRequest
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Resource

PEEK, KEPT = 10, 10
"""Rows that are looked at where most walks find nothing new, and ids by which a walk knows that it has
come to what was there before: some may be gone by then."""

Pages = Callable[[Api, Any, Resource], AsyncIterator[Page]]


class Since(Struct, frozen=True):
    """Everything up to `mark` is stored; `newest` and `next` belong to a walk under way."""

    mark: str = ""
    newest: str = ""
    next: str = ""
    me: str = ""
    handle: str = ""


class Until(Struct, frozen=True):
    """`known` were the first of the last complete walk; `first` and `next` belong to one under way."""

    known: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    next: str = ""
    me: str = ""
    handle: str = ""


async def messages(api: Api, at: Until, _: Resource) -> AsyncIterator[Page]:
    """Direct messages of the last thirty days, and who came to and left groups."""
    while True:
        page = await _listed(api, "/2/dm_events", at, DIRECT)
        names = events.beside(page.includes).names
        ids = [decoded(row, Direct).id for row in page.data]
        at = _after(at, ids, page)
        yield Page(tuple(events.direct(row, names) for row in page.data), at, names=names)
        if not at.next:
            return


def marked(word: str, path: str) -> Pages:
    """The walk of what somebody liked or bookmarked: in the order in which they did."""

    async def pages(api: Api, at: Until, _: Resource) -> AsyncIterator[Page]:
        if not at.me:
            whose = await me(api)
            at = Until(me=whose.id, handle=whose.username)
        while True:
            page = await _listed(api, f"/2/users/{at.me}/{path}", at, OTHERS)
            ids = [decoded(row, Post).id for row in page.data]
            besides = events.beside(page.includes, Includes(posts=page.data), names=_own(at))
            records = tuple(events.mark(word, ident, at.me, besides) for ident in ids)
            at = _after(at, ids, page)
            yield Page(records, at, names=besides.names)
            if not at.next:
                return

    return pages


def _timeline(path: str, fields: dict[str, str]) -> Pages:
    async def pages(api: Api, at: Since, _: Resource) -> AsyncIterator[Page]:
        if not at.me:
            whose = await me(api)
            at = Since(me=whose.id, handle=whose.username)
        while True:
            page = await _part(api, f"/2/users/{at.me}/{path}", at, fields)
            ids = [decoded(row, Post).id for row in page.data]
            newest = at.newest or latest(at.mark, page.meta.newest_id, *ids)
            besides = await completed(api, page, _own(at))
            records = tuple(events.post(row, at.me, besides) for row in page.data)
            names = dict(besides.names)
            for row in page.data:
                names |= chain(decoded(row, Post))
            if page.meta.next_token:
                at = Since(at.mark, newest, page.meta.next_token, at.me, at.handle)
            else:
                at = Since(newest, me=at.me)
            yield Page(records, at, names=names)
            if not at.next:
                return

    return pages


async def _part(api: Api, path: str, at: Since, fields: dict[str, str]) -> Listed:
    """A page; from the first one where a token is too old, by time where the mark is."""
    asked: dict[str, Any] = {"max_results": MOST, **fields}
    since = {"since_id": at.mark} if at.mark else {}
    try:
        turn = {"pagination_token": at.next} if at.next else {}
        return await api.get(path, Listed, **asked, **since, **turn)
    except BadRequest:
        if at.next:
            return await _part(api, path, Since(at.mark), fields)
        if not at.mark:
            raise
    start = moment(at.mark).isoformat(timespec="seconds").replace("+00:00", "Z")
    return await api.get(path, Listed, **asked, start_time=start)


async def _listed(api: Api, path: str, at: Until, fields: dict[str, str]) -> Listed:
    """A page: a small one to begin with, the first again where a token is too old."""
    asked: dict[str, Any] = {"max_results": MOST if at.next or not at.known else PEEK, **fields}
    if at.next:
        with suppress(BadRequest):
            return await api.get(path, Listed, **asked, pagination_token=at.next)
    return await api.get(path, Listed, **asked)


def _after(at: Until, ids: list[str], page: Listed) -> Until:
    """The cursor behind a page: the walk ends where it meets what was there before."""
    first = at.first or tuple(ids[:KEPT])
    if page.meta.next_token and not set(ids) & set(at.known):
        return Until(at.known, first, page.meta.next_token, at.me, at.handle)
    return Until(first or at.known, me=at.me)


def _own(at: Since | Until) -> dict[str, str]:
    """The account's own handle, while the first walk goes on; later ones find it where names are kept."""
    return {at.me: at.handle} if at.handle else {}


posts = _timeline("tweets", OWN)
"""The walk of what the account itself posted, replied, quoted and reposted."""
mentions = _timeline("mentions", OTHERS)
"""The walk of posts of others in which the account is mentioned."""
