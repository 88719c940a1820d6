"""A feed compared with itself: what is new, changed, gone, and what only looks so."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from services.calendar import sync
from services.calendar.feed import LARGEST
from services.calendar.models import Sync
from shared.errors import TooLarge, Unreadable
from shared.provider import Reply
from shared.types import Page, Resource
from tests.fakes.api import FakeApi
from tests.providers.calendar.material import NOW, said, walked

pytestmark = pytest.mark.anyio


def calendar(*events: str, stamp: str = "20260101T000000Z", head: str = "") -> bytes:
    """A feed of events that are each a UID, a title and a day of June 2026."""
    told = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nDTSTART:202606{day}T090000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        for uid, title, day in (it.split("|") for it in events)
    )
    return f"BEGIN:VCALENDAR\r\n{head}{told}END:VCALENDAR\r\n".encode()


class Feed(FakeApi):
    """One address; `asked_with` are the validators that came with each question."""

    def __init__(self, body: bytes, **headers: str) -> None:
        super().__init__({})
        self.beside, self.body, self.headers = {"feed": "/x.ics"}, body, headers
        self.asked_with: list[dict[str, str]] = []

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        assert (path, method) == ("/x.ics", "GET")
        self.asked_with.append({name: it for name, it in headers.items() if name != "accept"})
        if self.headers and headers.get("if-none-match") == self.headers.get("etag"):
            return Reply(b"", 304, {})
        return Reply(self.body, 200, self.headers)


async def walk(api: Feed, at: Sync, hours: float = 0) -> tuple[Sequence[Page], Sync]:
    now = NOW + timedelta(hours=hours)
    pages = await walked(sync.events(api, at, Resource(sync.FEED), now=lambda: now))
    return pages, pages[-1].cursor if pages else at


def titles(pages: Sequence[Page]) -> list[str]:
    return ["-" if it.deleted else it.title for it in said(pages)]


async def test_new_changed_and_gone() -> None:
    api = Feed(calendar("a|A|10", "b|B|11"))
    pages, at = await walk(api, Sync())
    assert titles(pages) == ["A", "B"]
    api.body = calendar("a|A2|10", "c|C|12")
    pages, at = await walk(api, at, 1)
    assert titles(pages) == ["A2", "C", "-"]
    api.body = calendar("a|A2|10", "b|B|11", "c|C|12")
    assert titles((await walk(api, at, 2))[0]) == ["B"]


async def test_another_moment_of_writing_is_no_change() -> None:
    api = Feed(calendar("a|A|10"))
    _, at = await walk(api, Sync())
    api.body = calendar("a|A|10", stamp="20260601T000000Z")
    assert titles((await walk(api, at, 1))[0]) == []
    pages, _ = await walk(api, Sync())
    (once,) = said(pages)
    assert (once.updated_at, f"{once.timestamp:%d}") == (None, "10"), "nor is it the event's own"


async def test_validators_are_sent_and_304_is_nothing_new() -> None:
    api = Feed(calendar("a|A|10"), etag='"1"')
    api.headers["last-modified"] = "Mon, 01 Jun 2026 00:00:00 GMT"
    _, at = await walk(api, Sync())
    pages, _ = await walk(api, at, 1)
    assert titles(pages) == []
    assert api.asked_with[0] == {}
    assert set(api.asked_with[1]) == {"if-none-match", "if-modified-since"}


@pytest.mark.parametrize(
    ("head", "hours"),
    [
        ("", 0.5),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n", 6),
        ("X-PUBLISHED-TTL:PT2H\r\n", 2),
        ("X-PUBLISHED-TTL:P90D\r\n", 24),
        ("X-PUBLISHED-TTL:soon\r\n", 0.5),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT1S\r\n", 1 / 12),
    ],
)
async def test_a_feed_is_asked_when_it_wants_to_be(head: str, hours: float) -> None:
    api = Feed(calendar("a|A|10", head=head))
    _, at = await walk(api, Sync())
    await walk(api, at, hours - 0.01)
    assert len(api.asked_with) == 1
    await walk(api, at, hours + 0.01)
    assert len(api.asked_with) == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Gone fishing</html>", b"BEGIN:VCAL", b"{}"],
    ids=["empty", "html", "cut", "json"],
)
async def test_what_is_no_calendar_deletes_nothing(body: bytes) -> None:
    api = Feed(calendar("a|A|10"))
    _, at = await walk(api, Sync())
    api.body = body
    with pytest.raises(Unreadable):
        await walk(api, at, 1)


async def test_what_is_over_is_dropped_by_feeds_and_not_deleted() -> None:
    api = Feed(calendar("past|P|01", "next|N|20"))
    _, at = await walk(api, Sync())
    api.body = calendar()
    pages, at = await walk(api, at, 1)
    assert [it.id.partition(":")[2] for it in said(pages)] == ["next"]
    assert at.kept == {}


async def test_a_feed_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        await walk(Feed(b"x" * (LARGEST + 1)), Sync())
