"""Recorded answers as an API, and a workspace to change while it is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.notion.dialect import Lacking
from services.notion.provider import provider
from shared.errors import ItemGone
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Delivery, Nudge, Page, Record, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.notion import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"secret_tok"
NOW = 1_767_700_000.0
ERRORS: dict[str, type[Exception]] = {"gone": ItemGone, "lacking": Lacking}

assert provider.webhook
HEARING = provider.webhook


class Recorded(Struct):
    """What is walked, and what Notion answers: by call, a list for one page after another."""

    resource: dict[str, str]
    answers: dict[str, Any]

    @property
    def walked(self) -> Resource:
        facts = {name: it for name, it in self.resource.items() if name != "id"}
        return Resource(self.resource["id"], facts=facts)

    @property
    def api(self) -> FakeApi:
        return FakeApi({tuple(it.split(" ")): _answer(what) for it, what in self.answers.items()})  # type: ignore[misc]  # two words


def recorded(name: str) -> Recorded:
    """A recorded reading of one page, data source, database or discussion."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes(), type=Recorded)


def webhook(name: str) -> Any:
    """An event, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def delivery(body: Any, secret: bytes = SECRET) -> Delivery:
    raw = body if isinstance(body, bytes) else json.encode(body)
    return Delivery(raw, sign.sign(secret, raw, sign.headers("")), received_at=sign.NOW)


def read(body: Any) -> list[Nudge | Record]:
    """What an event says."""
    return list(HEARING.read(delivery(body)))  # type: ignore[arg-type]  # it tells no names


async def walk(
    name: str, api: FakeApi, resource: Resource, cursor: Struct | None = None, now: float = NOW
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    stream = next(it for it in provider.streams if it.name == name)
    pages: Callable[..., Any] = stream.pages
    more = {} if name == "people" else {"clock": lambda: now}
    at = stream.cursor() if cursor is None else cursor
    found = [page async for page in pages(api, at, resource, **more)]
    for page in found:
        assert json.decode(json.encode(page.cursor), type=stream.cursor) == page.cursor
    return found


def said(pages: list[Page], names: dict[str, str] | None = None) -> list[Message]:
    """The Messages of a walk, with the names that a directory would know."""
    normalize, told = prepare(provider), []
    assert provider.directory
    for it in (record for page in pages for record in page.records):
        known = {one: names[one] for one in provider.directory.ids(it) if one in (names or {})}  # type: ignore[index]  # checked
        version = normalize(provider.directory.put(it, known) if known else it)
        if isinstance(version, Version):
            told.append(version.message)
    return told


def _answer(what: Any) -> Any:
    if isinstance(what, dict) and "error" in what:
        return ERRORS[what["error"]]()
    if not isinstance(what, list):
        return Answer(what)

    def page(call: Call) -> Answer:
        """The first page without a cursor; each further one by the cursor of the one before."""
        cursor = call.params.get("start_cursor", "")
        if isinstance(call.body, bytes):
            cursor = json.decode(call.body).get("start_cursor", "")
        cursors = ["", *(it["next_cursor"] for it in what)]
        return Answer(what[cursors.index(cursor)])

    return page
