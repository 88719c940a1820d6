"""Recorded payloads to change and send, and a Figma of recorded answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.figma.provider import provider
from services.figma.webhook import passcode
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import Ignored, prepare
from shared.types import Delivery, Nudge, Page, Record, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.figma import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"the secret of the tests"
KEY = "AbC123dEf456GhI789JkLm"
FILE = f"file:{KEY}"

assert provider.webhook
HEARING = provider.webhook


class Part(Struct):
    id: str
    name: str = ""
    facts: dict[str, str] = {}


class Recorded(Struct):
    """What is walked, and what Figma answers: by call, a list for one page after another."""

    stream: str
    resource: Part
    answers: dict[str, Any]

    @property
    def walked(self) -> Resource:
        return Resource(self.resource.id, self.resource.name, facts=self.resource.facts)

    @property
    def api(self) -> FakeApi:
        return figma(self.answers)


def recorded(name: str) -> Recorded:
    """A recorded walk over one file."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes(), type=Recorded)


def figma(answers: Mapping[str, Any]) -> FakeApi:
    """An API of answers by `GET /path`; a list of them is told page after page."""
    return FakeApi({_call(it): _answer(what) for it, what in answers.items()})


def webhook(name: str) -> Any:
    """An event, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def delivery(body: Any, place: str = "", secret: bytes = SECRET) -> Delivery:
    """An event of a webhook that was made for a place, or by hand."""
    proof = passcode(secret, place) if place else secret
    raw = json.encode({**body, "passcode": proof.decode()})
    return Delivery(raw, sign.headers(""), f"place={place}" if place else "", received_at=sign.NOW)


def read(body: Any, place: str = "") -> list[Nudge | Record]:
    """What an event says."""
    return list(HEARING.read(delivery(body, place)))  # type: ignore[arg-type]  # it tells no names


def stream(name: str) -> Stream:
    return next(it for it in provider.streams if it.name == name)


async def walk(
    name: str, api: FakeApi, resource: Resource, cursor: Struct | None = None
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    pages = [page async for page in its.pages(api, cursor or its.cursor(), resource)]
    for page in pages:
        assert json.decode(json.encode(page.cursor), type=its.cursor) == page.cursor
    return pages


def said(pages: list[Page]) -> list[Message]:
    """The Messages of a walk."""
    return [it for page in pages for it in messages(page.records)]


def messages(records: Any) -> list[Message]:
    versions: list[Version | Ignored] = [prepare(provider)(it) for it in records]
    return [it.message for it in versions if isinstance(it, Version)]


def _call(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    return method, path


def _answer(what: Any) -> Any:
    if not isinstance(what, list):
        return what if isinstance(what, Exception) or callable(what) else Answer(what)
    left = list(what)

    def page(_: Call) -> Any:
        it = left.pop(0)
        return it if isinstance(it, Exception) else Answer(it)

    return page
