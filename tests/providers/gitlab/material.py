"""Recorded payloads to change and send, and a list of GitLab's that moves while it is read."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, json

from services.gitlab.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.gitlab import sign

PAYLOADS = Path(__file__).parent / "payloads"
ROOT = "https://gitlab.com"
FACTS = {"access": "40", "default_branch": "main", "web_url": f"{ROOT}/acme/api"}
PROJECT = Resource("42", "acme/api", ("project:gitlab.com:42", "code:gitlab.com:42"), FACTS)
AT = "/api/v4/projects/42"
SECRET = b"long and random"


def webhook(name: str) -> Any:
    """A recorded webhook, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def answer(name: str) -> Any:
    """A recorded answer of the API, decoded."""
    return json.decode(_recorded(name))


@cache
def _recorded(name: str) -> bytes:
    return (PAYLOADS / f"api/{name}.json").read_bytes()


def delivery(body: Any, **headers: str) -> Delivery:
    """A proven delivery."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    given = sign.headers("x") | {name.replace("_", "-"): it for name, it in headers.items()}
    return Delivery(raw, sign.sign(SECRET, raw, given), received_at=sign.NOW)


def told(body: Any) -> list[Message]:
    """What a webhook becomes."""
    return list(messages(provider, delivery(body)))


def heard(body: Any) -> list[Record | Nudge]:
    """The Records and Nudges that a webhook carries."""
    assert provider.webhook
    return [it for it in provider.webhook.read(delivery(body)) if isinstance(it, Record | Nudge)]


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


async def walk(
    name: str, api: FakeApi, cursor: Struct | None = None, resource: Resource = PROJECT
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
    """A list as GitLab pages it: `updated_after` inclusive, pages by number, no total."""

    def __init__(self, path: str, rows: list[dict[str, Any]]) -> None:
        self.path, self.rows = path, rows

    def touch(self, iid: int, stamp: str) -> None:
        """Change an item, which moves it to the new end of the list."""
        next(row for row in self.rows if row["iid"] == iid)["updated_at"] = stamp

    def __call__(self, call: Call) -> Answer:
        asked = dict(call.params)
        size, page = int(asked.get("per_page", "20")), int(asked.pop("page", "1"))
        since = asked.get("updated_after", "").removesuffix("Z")
        rows = [row for row in self.rows if row["updated_at"] >= since]
        rows.sort(key=lambda row: (row["updated_at"], row["iid"]))
        part, rest = rows[(page - 1) * size : page * size], rows[page * size :]
        following = f"{ROOT}{self.path}?{urlencode({**asked, 'page': page + 1})}" if rest else ""
        return Answer(part, next=following)


def issue(iid: int, stamp: str, **more: Any) -> dict[str, Any]:
    """An issue as the API lists it."""
    own = {"id": 30_000 + iid, "iid": iid, "updated_at": stamp, "user_notes_count": 0}
    return {**answer("issues")[0], **own, "web_url": f"{ROOT}/acme/api/-/issues/{iid}", **more}


def at(second: int) -> str:
    """A moment of a day in March, with the fraction that the API tells."""
    return f"2026-03-02T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.125Z"
