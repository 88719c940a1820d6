"""What the tests of the calendar have in common: recorded files, a collection, and what is said of them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

from services.calendar import records
from services.calendar.parts import Part, split
from services.calendar.provider import provider
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Page, Record
from tests.contract.reading import data

PAYLOADS = data("calendar") / "payloads"
HOME = "/dav/ana/work/"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

_normalize = prepare(provider)


def body(name: str) -> bytes:
    """A recorded file."""
    return (PAYLOADS / f"{name}.ics").read_bytes()


def message(it: Record) -> Message:
    """What one record becomes; raises Unreadable."""
    version = _normalize(it)
    assert isinstance(version, Version)
    return version.message


def said(pages: Iterable[Page]) -> list[Message]:
    return [message(it) for page in pages for it in page.records]


async def walked(pages: AsyncIterator[Page]) -> Sequence[Page]:
    return [it async for it in pages]


def of(body: bytes, **told: object) -> list[Message]:
    """The Messages of a file in a calendar of ana's."""
    stream = split(body)
    facts = {"href": f"{HOME}x.ics", "own": ("ana@example.test",), "zone": stream.zone, **told}
    return [message(one(it, facts)) for it in stream.parts]


def one(it: Part, facts: dict[str, object]) -> Record:
    return records.record("0123456789abcdef", it, None, facts)
