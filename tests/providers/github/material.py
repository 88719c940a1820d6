"""Recorded payloads to change and send, and a list of GitHub's that moves while it is read."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, json

from services.github.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.github import sign

PAYLOADS = Path(__file__).parent / "payloads"
ROOT = "https://api.github.com"
REPO = Resource("555", "acme/api", ("repo:555",), {"default_branch": "main"})
SECRET = b"It's a Secret to Everybody"


def webhook(name: str) -> Any:
    """A recorded webhook, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def answer(name: str) -> Any:
    """A recorded answer of the API, decoded."""
    return json.decode(_recorded(name))


@cache
def _recorded(name: str) -> bytes:
    return (PAYLOADS / f"api/{name}.json").read_bytes()


def delivery(event: str, body: Any) -> Delivery:
    """A signed delivery of that event."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    return Delivery(raw, sign.sign(SECRET, raw, sign.headers(event)))


def told(event: str, body: Any) -> list[Message]:
    """What a webhook becomes."""
    return list(messages(provider, delivery(event, body)))


def records(event: str, body: Any) -> list[Record]:
    """The Records that a webhook carries."""
    assert provider.webhook
    return [it for it in provider.webhook.read(delivery(event, body)) if isinstance(it, Record)]


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


async def walk(
    name: str, api: FakeApi, cursor: Struct | None = None, resource: Resource = REPO
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    at = its.cursor() if cursor is None else stored(name, cursor)
    pages = [page async for page in its.pages(api, at, resource)]
    assert all(stored(name, page.cursor) == page.cursor for page in pages)
    return pages


def stored(name: str, cursor: Struct) -> Any:
    """A cursor as it comes back from the database."""
    return json.decode(json.encode(cursor), type=stream(name).cursor)


def said(pages: list[Page]) -> dict[str, bytes]:
    """The encoded Messages of a walk, by id."""
    normalize = prepare(provider)
    found: dict[str, bytes] = {}
    for record in (record for page in pages for record in page.records):
        version = normalize(record)
        assert isinstance(version, Version)
        found[version.message.id] = version.body
    return found


class Listing:
    """A list as GitHub pages it: sorted by change, `since` inclusive, pages by number, with ETags."""

    def __init__(self, path: str, rows: list[dict[str, Any]]) -> None:
        self.path, self.rows = path, rows

    def touch(self, number: int, stamp: str) -> None:
        """Change an item, which moves it to the new end of the list."""
        for row in self.rows:
            if row["number"] == number:
                row["updated_at"] = stamp

    def __call__(self, call: Call) -> Answer:
        asked = dict(call.params)
        size, page = int(asked.get("per_page", "30")), int(asked.pop("page", "1"))
        since = asked.get("since", "")[:19]  # a whole second: fractions of it are later
        rows = [row for row in self.rows if row["updated_at"][:19] >= since]
        down = asked.get("direction") == "desc"
        rows.sort(key=lambda row: (row["updated_at"], row["number"]), reverse=down)
        part, rest = rows[(page - 1) * size : page * size], rows[page * size :]
        following = f"{ROOT}{self.path}?{urlencode({**asked, 'page': page + 1})}" if rest else ""
        etag = '"' + hashlib.sha256(json.encode(part)).hexdigest()[:8] + '"'
        return Answer(part, next=following, etag=etag)


def issue(number: int, stamp: str, **more: Any) -> dict[str, Any]:
    """An issue, or with `pull_request` one of the pull requests among them."""
    return {
        "id": 31_000 + number,
        "number": number,
        "title": f"Issue {number}",
        "body": None,
        "state": "open",
        "user": {"login": "mona", "id": 2, "type": "User"},
        "html_url": f"https://github.com/acme/api/issues/{number}",
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": stamp,
        **more,
    }


def at(second: int) -> str:
    """A moment of a day in March."""
    return f"2026-03-02T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
