"""Recorded events to change and send, and recorded answers as an API."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.zoom.dialect import Lacking
from services.zoom.provider import provider
from shared.errors import ItemGone, Refused
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Delivery, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.zoom import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"zoomsecret"
ACCOUNT, HOST = "yBk48Jq1RbKzLw7nT0aEgA", "Wq3hOt8uQk2vXyZ1aBcDeF"
UUID, SLASHES = "Gr1jkRKWS3uxhff6gu8WWg==", "/abc//dEfGhIjKlMnOpQrS=="
NUMBER = 92742474247
AT = "Gr1jkRKWS3uxhff6gu8WWg%3D%3D"
NOW = 1_767_700_000.0
"""A day after the recorded meeting: the 6th of January 2026."""
CLOCKED = ("past", "library", "held")
ERRORS: dict[str, type[Exception]] = {"gone": ItemGone, "lacking": Lacking, "refused": Refused}

assert provider.webhook
HEARING = provider.webhook


class Recorded(Struct):
    """What is walked, and what Zoom answers: by call, a list for one page after another."""

    stream: str
    resource: str
    answers: dict[str, Any]

    @property
    def api(self) -> FakeApi:
        return api_of(self.answers)


def recorded(name: str) -> Recorded:
    """A recorded walk."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes(), type=Recorded)


def answer(name: str, call: str) -> Any:
    """One recorded answer, to be changed at will."""
    return recorded(name).answers[call]


def api_of(answers: Mapping[str, Any]) -> FakeApi:
    """An API that answers "GET /path" with this: a body, a list of pages, a text, or an error."""
    return FakeApi({tuple(it.split(" ")): _answer(what) for it, what in answers.items()})  # type: ignore[misc]  # two words


def webhook(name: str) -> Any:
    """An event, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def delivery(body: Any, secret: bytes = SECRET) -> Delivery:
    """A proven delivery."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    return Delivery(raw, sign.sign(secret, raw, sign.headers("")), received_at=sign.NOW)


def read(body: Any) -> list[Nudge | Record]:
    """What an event says."""
    return list(HEARING.read(delivery(body)))  # type: ignore[arg-type]  # it tells no names


def told(body: Any) -> list[Message]:
    """What an event becomes."""
    return list(messages(provider, delivery(body)))


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


async def walk(
    name: str, api: FakeApi, resource: str = "", cursor: Struct | None = None, now: float = NOW
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    pages: Callable[..., Any] = its.pages
    more = {"clock": lambda: now} if name in CLOCKED else {}
    at = its.cursor() if cursor is None else cursor
    found = [page async for page in pages(api, at, Resource(resource), **more)]
    for page in found:
        assert json.decode(json.encode(page.cursor), type=its.cursor) == page.cursor
    return found


def said(pages: list[Page]) -> list[Message]:
    """The Messages of a walk."""
    normalize = prepare(provider)
    versions = [normalize(record) for page in pages for record in page.records]
    return [it.message for it in versions if isinstance(it, Version)]


def _answer(what: Any) -> Any:
    if isinstance(what, Exception) or callable(what):
        return what
    if isinstance(what, dict) and "error" in what:
        return ERRORS[what["error"]]()
    if isinstance(what, dict) and "text" in what:
        return Answer(what["text"].encode())
    if not isinstance(what, list):
        return Answer(what)

    def page(call: Call) -> Answer:
        """The first page without a token; each further one by the token of the one before."""
        tokens = ["", *(it["next_page_token"] for it in what)]
        return Answer(what[tokens.index(call.params.get("next_page_token", ""))])

    return page
