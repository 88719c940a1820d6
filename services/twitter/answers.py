"""Reads that answer a caller, each of them billed.

https://docs.x.com/x-api/posts/search/introduction
"""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from services.twitter import asking as ask
from services.twitter import events, normalize, normalize_direct
from services.twitter.reading import DIRECT, OTHERS, Listed, One, completed, me
from services.twitter.told import DirectTold, PostTold
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded


class Profile(Struct):
    id: str
    username: str = ""
    name: str = ""
    profile_image_url: str = ""
    verified: bool = False


class Whose(Struct):
    data: Profile


class Counts(Struct, frozen=True):
    """In both generations of names."""

    like_count: int = 0
    reply_count: int = 0
    retweet_count: int = 0
    repost_count: int = 0
    quote_count: int = 0
    bookmark_count: int = 0
    impression_count: int = 0


class Counted(Struct):
    public_metrics: Counts = Counts()


class Measured(Struct):
    data: Counted


async def human(api: Api, path: str) -> ask.Human:
    fields = {"user.fields": "name,profile_image_url,username,verified"}
    its = (await api.get(path, Whose, **fields)).data
    return ask.Human(its.id, its.username, its.name, its.profile_image_url, its.verified)


async def own(api: Api, path: str, limit: int, cursor: str, since: datetime | None) -> ask.Messages:
    """A page of the account's posts, or of its mentions."""
    whose = (await me(api)).id
    asked: dict[str, Any] = {
        "max_results": limit,
        **_given(pagination_token=cursor, start_time=_stamp(since)),
    }
    return await _told(
        api, await api.get(f"/2/users/{whose}/{path}", Listed, **asked, **OTHERS), whose
    )


async def search(api: Api, query: str, limit: int, cursor: str) -> ask.Messages:
    """What was posted in the last seven days; reposts are not found."""
    asked: dict[str, Any] = {"query": query, "max_results": max(limit, 10)}
    asked |= _given(next_token=cursor)
    found = await api.get("/2/tweets/search/recent", Listed, **asked, **OTHERS)
    return await _told(api, found, (await me(api)).id)


async def one(api: Api, ident: str) -> Message:
    found = await api.get(f"/2/tweets/{ident}", One, **OTHERS)
    page = Listed([found.data], found.includes)
    return (await _told(api, page, (await me(api)).id)).messages[0]


async def metrics(api: Api, ident: str) -> ask.Metrics:
    fields = {"tweet.fields": "public_metrics"}
    it = (await api.get(f"/2/tweets/{ident}", Measured, **fields)).data.public_metrics
    reposts = it.retweet_count or it.repost_count
    return ask.Metrics(
        it.like_count,
        it.reply_count,
        reposts,
        it.quote_count,
        it.bookmark_count,
        it.impression_count,
    )


async def directs(api: Api, path: str, limit: int, cursor: str) -> ask.Messages:
    asked: dict[str, Any] = {"max_results": limit, **_given(pagination_token=cursor)}
    page = await api.get(path, Listed, **asked, **DIRECT)
    names = events.beside(page.includes).names
    rows = (events.direct(row, names).payload for row in page.data)
    told = [normalize_direct.direct(decoded(row, DirectTold)) for row in rows]
    return ask.Messages(told, page.meta.next_token)


async def _told(api: Api, page: Listed, whose: str) -> ask.Messages:
    """The page as it would be published."""
    besides = await completed(api, page)
    rows = (events.post(row, whose, besides).payload for row in page.data)
    told = [normalize.post(decoded(row, PostTold)) for row in rows]
    return ask.Messages(told, page.meta.next_token)


def _given(**params: str) -> dict[str, str]:
    """The parameters that are not empty."""
    return {name: value for name, value in params.items() if value}


def _stamp(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""
