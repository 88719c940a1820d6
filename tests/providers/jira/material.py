"""Recorded payloads to change and send, and a Jira of recorded answers."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.jira.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.jira import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"the client secret"
CLOUD, OTHER = (f"{it}-a1b2-3b33-c444-def123456789" for it in ("11223344", "55667788"))
HOST = "acme.atlassian.net"
SITE = Resource(CLOUD, "acme", (f"site:{CLOUD}", f"site:{HOST}"), {"url": f"https://{HOST}"})
REST = f"/ex/jira/{CLOUD}/rest/api/3"
SITES = ("GET", "/oauth/token/accessible-resources")
SEARCH = ("POST", f"{REST}/search/jql")
NOW = 1_767_400_000.0
"""Half an hour after noon on the second day of January 2026, in epoch seconds."""


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
    """What a webhook becomes by itself: nothing, because all of it is looked up."""
    return list(messages(provider, delivery(body)))


def read(body: Any, **headers: str) -> list[Any]:
    """What a webhook says, before anybody was asked whose it is."""
    assert provider.webhook
    return list(provider.webhook.read(delivery(body, **headers)))


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


async def walk(
    name: str,
    api: FakeApi,
    cursor: Struct | None = None,
    resource: Resource = SITE,
    now: Callable[[], float] = lambda: NOW,
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its, clock = stream(name), {} if name == "sites" else {"clock": now}
    at = its.cursor() if cursor is None else stored(name, cursor)
    pages = [page async for page in its.pages(api, at, resource, **clock)]
    assert all(stored(name, page.cursor) == page.cursor for page in pages)
    return pages


def stored(name: str, cursor: Struct) -> Any:
    """A cursor as it comes back from the database."""
    return json.decode(json.encode(cursor), type=stream(name).cursor)


def looked(nudge: Nudge) -> Resource:
    """The resource that a Nudge makes known."""
    return Resource(nudge.resource, nudge.resource, facts=nudge.facts)


def said(pages: list[Page]) -> dict[str, Message]:
    """The Messages of a walk, by id."""
    normalize = prepare(provider)
    found: dict[str, Message] = {}
    for record in (record for page in pages for record in page.records):
        assert isinstance(record, Record)
        version = normalize(record)
        assert isinstance(version, Version)
        found[version.message.id] = version.message
    return found


def listing(*rows: Any, **more: Any) -> FakeApi:
    """A site whose search lists these issues on one page."""
    return FakeApi({SITES: Answer(answer("sites")), SEARCH: Answer({"issues": rows, **more})})


class Pages:
    """A search in pages of two, by tokens that are good for one question."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.asked: list[Any] = []

    def api(self) -> FakeApi:
        return FakeApi({SEARCH: self})

    def __call__(self, call: Call) -> Answer:
        asked = json.decode(call.body)
        self.asked.append(asked)
        start = int(asked.get("nextPageToken", "0"))
        part, rest = self.rows[start : start + 2], self.rows[start + 2 :]
        more = {"nextPageToken": str(start + 2)} if rest else {}
        return Answer({"issues": part, "isLast": not rest, **more})


def row(number: int, **fields: Any) -> dict[str, Any]:
    """An issue as the search lists it."""
    made: dict[str, Any] = answer("issue.bare")
    return {**made, "id": str(number), "key": f"SUP-{number}", "fields": made["fields"] | fields}
