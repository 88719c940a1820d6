"""Recorded payloads to change and send, and a Linear of recorded answers."""

from functools import cache, partial
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.linear.people import Member, called
from services.linear.provider import provider
from services.linear.queries import changes, everything
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Names, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.linear import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"SECRET"
ORG = "a1b2c3d4-0000-4000-8000-000000000001"
ENG, OPS = (f"a1b2c3d4-0000-4000-8000-00000000000{it}" for it in "ab")
ADA, LEE = (f"a1b2c3d4-0000-4000-8000-0000000000{it}" for it in ("14", "15"))


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
    """A signed delivery."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    plain = sign.headers("Issue") | headers
    return Delivery(raw, sign.sign(SECRET, raw, plain), received_at=sign.NOW)


def told(body: Any) -> list[Message]:
    """What a webhook becomes."""
    return list(messages(provider, delivery(body)))


def read(body: Any) -> list[Record | Nudge | Names]:
    """What a webhook says, before anybody was asked whose it is."""
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


def said(pages: list[Page]) -> dict[str, Message]:
    """The Messages of a walk, by id; the directory knows whom the users' walk tells."""
    normalize = prepare(provider)
    found: dict[str, Message] = {}
    for record in (record for page in pages for record in page.records):
        version = normalize(named(record))
        assert isinstance(version, Version)
        found[version.message.id] = version.message
    return found


def named(record: Record) -> Record:
    """The record with the names that the account knows, as the hub puts them there."""
    assert provider.directory
    known = members()
    ids = provider.directory.ids(record)
    names = {it: known[it] for it in sorted(ids) if it in known}
    return provider.directory.put(record, names) if names else record


@cache
def members() -> dict[str, str]:
    """What the directory knows after the users' walk."""
    names: dict[str, str] = {}
    for row in answer("users")["users"]["nodes"]:
        names |= called(json.decode(json.encode(row), type=Member))
    return names


class Listing:
    """A connection as Linear pages it: newest first, in the order that is asked for, by id as cursor."""

    def __init__(self, rows: list[dict[str, Any]], size: int = 2) -> None:
        self.rows, self.size = rows, size

    def api(self, name: str = "issues") -> FakeApi:
        """An Api that has nothing but this connection."""
        queries = everything(name), changes(name)
        return FakeApi({("GRAPHQL", query): partial(self.answer, query) for query in queries})

    def answer(self, query: str, call: Call) -> Answer:
        asked: dict[str, Any] = call.body
        found = query[query.index("found:") : query.index("nodes {", query.index("found:"))]
        order = "updatedAt" if "orderBy: updatedAt" in found else "createdAt"
        hidden = "includeArchived: true" not in found
        rows = [row for row in self.rows if not (hidden and row.get("archivedAt"))]
        rows = [row for row in rows if row["updatedAt"] >= asked.get("since", "")]
        rows.sort(key=lambda row: (str(row[order]), str(row["id"])), reverse=True)
        newest = max((row["updatedAt"] for row in self.rows), default=None)
        if asked["after"]:
            rows = rows[[row["id"] for row in rows].index(asked["after"]) + 1 :]
        part, rest = rows[: self.size], rows[self.size :]
        turn = {"hasNextPage": bool(rest), "endCursor": part[-1]["id"] if part else None}
        latest = [{"updatedAt": newest}] if newest else []
        return Answer({"latest": {"nodes": latest}, "found": {"nodes": part, "pageInfo": turn}})
