"""The same state, told by an event and listed by the API, is the same Message byte for byte."""

from typing import Any

import pytest

from shared.normalizer import encode
from shared.types import Record
from tests.fakes.api import FakeApi
from tests.providers.twitter.material import (
    ADA,
    LEE,
    ME,
    NAMES,
    answer,
    normal,
    read,
    versions,
    walk,
    webhook,
)

pytestmark = pytest.mark.anyio

LEFT_OUT = ("in_reply_to_tweet_id", "public_metrics", "display_text_range", "reply_settings")


def listed(payload: Any, **includes: Any) -> Any:
    """A page with the post of an event, as the fields that we ask for show it."""
    row = {name: it for name, it in payload.items() if name not in LEFT_OUT}
    users = [{"id": ident, "username": handle} for ident, handle in NAMES.items()]
    return {"data": [row], "includes": {"users": users, **includes}, "meta": {"result_count": 1}}


def heard(name: str) -> bytes:
    record = read(webhook(name))[-1]
    assert isinstance(record, Record)
    version = normal(record, NAMES)
    return version.revision.encode() + encode(version.message)


async def walked(stream: str, path: str, page: Any) -> bytes:
    api = FakeApi(
        {
            ("GET", "/2/users/me"): answer("me"),
            ("GET", path): page,
            ("GET", "/2/tweets"): answer("originals"),
        }
    )
    (version,) = versions(await walk(stream, api), NAMES)
    return version.revision.encode() + encode(version.message)


@pytest.mark.parametrize(
    "name",
    [
        "post.create",
        "post.create.reply",
        "post.create.quote",
        "post.create.quote_and_reply",
        "post.create.repost",
        "post.create.note",
        "post.create.note_new_names",
        "post.create.edited",
        "post.create.emoji",
        "post.create.largest_id",
        "post.create.poll",
    ],
)
async def test_an_own_post(name: str) -> None:
    page = listed(webhook(name)["data"]["payload"])
    assert await walked("posts", f"/2/users/{ME}/tweets", page) == heard(name)


async def test_an_own_post_with_media() -> None:
    event = webhook("post.create.media")["data"]
    page = listed(event["payload"], media=event["includes"]["media"])
    assert await walked("posts", f"/2/users/{ME}/tweets", page) == heard("post.create.media")


@pytest.mark.parametrize("kind", ["mention", "reply", "quote"])
async def test_a_post_of_somebody_else(kind: str) -> None:
    page = listed(webhook(f"post.{kind}.create")["data"]["payload"])
    assert await walked("mentions", f"/2/users/{ME}/mentions", page) == heard(f"post.{kind}.create")


@pytest.mark.parametrize(
    ("name", "ident"),
    [
        ("dm.sent", "2080763914820927863"),
        ("dm.received", "2080765901528535096"),
        ("dm.received.photo", "2080765901528535097"),
    ],
)
async def test_a_direct_message(name: str, ident: str) -> None:
    page = answer("messages")
    page["data"] = [it for it in page["data"] if it["id"] == ident]
    assert await walked("messages", "/2/dm_events", page) == heard(name)


async def test_a_like() -> None:
    event = webhook("like.create.outbound")["data"]
    page = listed(event["includes"]["tweets"][0])
    assert {ADA, LEE, ME} == set(NAMES)
    assert await walked("likes", f"/2/users/{ME}/liked_tweets", page) == heard(
        "like.create.outbound"
    )
