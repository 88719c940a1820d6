"""What Graph gives: recorded things, pages of a delta, batches, and walks through stored cursors."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.microsoft.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi

PAYLOADS = Path(__file__).parent / "payloads"
ROOT = "https://graph.microsoft.com/v1.0"
INBOX = Resource("AAMkinbox", "Inbox", (), {"out": "False"})


def graph(answers: Mapping[tuple[str, str], Any]) -> FakeApi:
    """Graph, whose answers may be plain bodies."""
    return FakeApi(answers)


def recorded(name: str) -> dict[str, Any]:
    """A recorded thing, decoded: `mail/text`."""
    found: dict[str, Any] = json.decode((PAYLOADS / f"{name}.json").read_bytes())
    return found


def mail(ident: str = "m1", **facts: Any) -> dict[str, Any]:
    """A mail as Graph gives it."""
    return {**recorded("mail/text"), "id": ident, **facts}


def page(*rows: Any, next: str = "", delta: str = "") -> dict[str, Any]:
    """One page, and where it goes on: paths under the API's address."""
    found: dict[str, Any] = {"value": list(rows)}
    if next:
        found["@odata.nextLink"] = ROOT + next
    if delta:
        found["@odata.deltaLink"] = ROOT + delta
    return found


def gone(ident: str, reason: str = "deleted") -> dict[str, Any]:
    """A row for what is not there any more."""
    return {"id": ident, "@removed": {"reason": reason}}


def pages(answers: Mapping[str, Any]) -> Callable[[Call], Any]:
    """Answers of one path by the token of the link that was followed; "" for none."""

    def answer(call: Call) -> Any:
        token = call.params.get("$deltatoken") or call.params.get("$skiptoken") or ""
        found = answers[token]
        return found() if callable(found) else found

    return answer


def batch(things: Mapping[str, Any]) -> Callable[[Call], Any]:
    """Answers of `$batch` by the path without its parameters; what is not there is 404.

    An answer may be a pair of status and body. They come in no order.
    """

    def answer(call: Call) -> Any:
        asked = json.decode(call.body)["requests"]
        assert len(asked) <= 20
        assert all("ImmutableId" in it["headers"]["Prefer"] for it in asked)
        told = []
        for it in asked:
            missing = (404, {"error": {"code": "ErrorItemNotFound"}})
            found = things.get(it["url"].partition("?")[0], missing)
            status, body = found[:2] if isinstance(found, tuple) else (200, found)
            told.append({"id": it["id"], "status": status, "headers": {}, "body": body})
        return Answer({"responses": told[::-1]})

    return answer


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


def stored(name: str, cursor: Struct) -> Any:
    """A cursor as it comes back from the database."""
    return json.decode(json.encode(cursor), type=stream(name).cursor)


async def walk(
    name: str, api: FakeApi, cursor: Struct | None = None, resource: Resource = INBOX
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    at = its.cursor() if cursor is None else stored(name, cursor)
    found = [page async for page in its.pages(api, at, resource)]
    assert all(stored(name, page.cursor) == page.cursor for page in found)
    return found


def said(pages: list[Page]) -> list[Message]:
    """What the pages become, tombstones too, in order."""
    normalize = prepare(provider)
    versions = [normalize(record) for page in pages for record in page.records]
    assert all(isinstance(it, Version) for it in versions)
    return [it.message for it in versions if isinstance(it, Version)]
