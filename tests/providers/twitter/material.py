"""Recorded payloads to change and send, and an X of recorded answers."""

from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.twitter.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Names, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.twitter import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"SECRET"
ME, ADA, LEE = "944480690", "17200003", "2244994945"
NAMES = {ME: "grace_h", ADA: "ada", LEE: "lee_fox"}


def webhook(name: str) -> Any:
    """A recorded event, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def answer(name: str) -> Any:
    """A recorded answer of the API, decoded."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes())


def delivery(body: Any) -> Delivery:
    """A signed delivery."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    return Delivery(raw, sign.sign(SECRET, raw, sign.headers("")), received_at=sign.NOW)


def told(body: Any) -> list[Message]:
    """What a delivery becomes, where nobody knows anything besides."""
    return list(messages(provider, delivery(body)))


def read(body: Any) -> list[Record | Nudge | Names]:
    """What a delivery says, before anybody was asked whose it is."""
    assert provider.webhook
    return list(provider.webhook.read(delivery(body)))


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


async def walk(name: str, api: FakeApi, cursor: Struct | None = None) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    at = its.cursor() if cursor is None else cursor
    pages = [page async for page in its.pages(api, at, Resource())]
    for page in pages:
        assert json.decode(json.encode(page.cursor), type=its.cursor) == page.cursor
    return pages


def said(pages: list[Page], known: dict[str, str] | None = None) -> dict[str, Message]:
    """The Messages of a walk, by id."""
    return {it.message.id: it.message for it in versions(pages, known)}


def versions(pages: list[Page], known: dict[str, str] | None = None) -> list[Version]:
    """What a walk lists, where the account knows `known`."""
    return [normal(record, known) for page in pages for record in page.records]


def normal(record: Record, known: dict[str, str] | None = None) -> Version:
    """The version that a record is, where the account knows `known`."""
    assert provider.directory
    names = {it: (known or {})[it] for it in provider.directory.ids(record) if it in (known or {})}
    version = prepare(provider)(provider.directory.put(record, names) if names else record)
    assert isinstance(version, Version)
    return version


def recorded() -> FakeApi:
    """X as it was recorded: every list has one page."""
    return FakeApi(
        {
            ("GET", "/2/users/me"): answer("me"),
            ("GET", f"/2/users/{ME}/tweets"): answer("posts"),
            ("GET", f"/2/users/{ME}/mentions"): answer("mentions"),
            ("GET", f"/2/users/{ME}/liked_tweets"): answer("likes"),
            ("GET", f"/2/users/{ME}/bookmarks"): answer("bookmarks"),
            ("GET", "/2/dm_events"): answer("messages"),
            ("GET", "/2/tweets"): answer("originals"),
        }
    )


class Listing:
    """A list as X pages it: the newest first, by `since_id` as numbers, with tokens for pages."""

    def __init__(self, ids: list[int], row: Any = None, size: int = 2) -> None:
        self.ids, self.size = ids, size
        self.row = row or (lambda it: {"id": str(it), "text": f"post {it}", "author_id": ME})

    def __call__(self, call: Call) -> Answer:
        since, asked = int(call.params.get("since_id", 0)), call.params.get("pagination_token")
        rows = sorted((it for it in self.ids if it > since), reverse=True)
        begin = int(asked.removeprefix("token")) if asked else 0
        part = rows[begin : begin + self.size]
        meta: dict[str, Any] = {"result_count": len(part)}
        if part:
            meta |= {"newest_id": str(part[0]), "oldest_id": str(part[-1])}
        if len(rows) > begin + self.size:
            meta["next_token"] = f"token{begin + self.size}"
        shown = {"data": [self.row(it) for it in part]} if part else {}
        return Answer({**shown, "meta": meta})
