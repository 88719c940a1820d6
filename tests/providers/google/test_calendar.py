"""Events: days and moments, series and exceptions, guests, and a token that Google forgets."""

from typing import Any

import pytest

from services.google import calendar_sync
from services.google.calendar_sync import BUSY_ONLY, Sync
from services.google.dialect import TokenDead
from shared.errors import ItemGone, Refused, Unreadable
from shared.normalizer import Message
from shared.types import Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google.material import recorded, said, state, stream, walk

pytestmark = pytest.mark.anyio
MINE = Resource("sam@acme.test", "Sam", (), {"time_zone": "Europe/Madrid"})
EVENTS = calendar_sync.events_of(MINE.id)
LIST = "/calendar/v3/users/me/calendarList"


@pytest.fixture
async def told(anyio_backend: str) -> dict[str, Message]:
    api = FakeApi({("GET", EVENTS): Answer(recorded("events"))})
    pages = await walk("events", api, resource=MINE)
    return {it.id.removeprefix("sam@acme.test:"): it for it in said(pages)}


async def test_a_day_ends_before_its_end(told: dict[str, Message]) -> None:
    for name, first, end, last in (
        ("one_day", "2026-12-25", "2026-12-26", "2026-12-25"),
        ("over_new_year", "2026-12-30", "2027-01-03", "2027-01-02"),
    ):
        facts = told[name].metadata
        assert facts["all_day"] == "true"
        assert (facts["start"], facts["end"], facts["last_day"]) == (first, end, last)


async def test_a_moment_without_an_offset_gets_it_from_its_zone(told: dict[str, Message]) -> None:
    facts = told["over_dst"].metadata
    assert facts["start"] == "2026-10-24T23:00:00+02:00"
    assert facts["end"] == "2026-10-25T06:00:00+01:00"
    assert told["zone_unknown"].metadata["start"] == "2026-10-24T23:00:00"


async def test_a_series_is_one_item_and_its_exceptions_belong_to_it(
    told: dict[str, Message],
) -> None:
    series, moved = told["k3v5s0series"], told["k3v5s0series_20261207T140000Z"]
    assert series.metadata["recurrence"] == "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270131T225959Z"
    assert moved.thread_id == moved.parent_id == series.id
    assert moved.metadata["original_start"] == "2026-12-07T15:00:00+01:00"
    assert moved.metadata["start"] == "2026-12-08T10:00:00+01:00"
    assert "EXDATE" in told["exceptions"].metadata["recurrence"]
    assert "RDATE" in told["exceptions"].metadata["recurrence"]


async def test_an_instance_that_is_cancelled_is_told_and_a_deleted_event_is_gone(
    told: dict[str, Message],
) -> None:
    instance = told["k3v5s0series_20261214T140000Z"]
    assert (instance.deleted, instance.metadata["status"]) == (False, "cancelled")
    assert told["gone42"].deleted
    assert told["cancelled_with_time"].deleted
    assert told["cancelled_with_time"].title == ""


async def test_organizer_and_guests_are_recipients_with_their_part(
    told: dict[str, Message],
) -> None:
    series = told["k3v5s0series"]
    assert [(it.role, it.email) for it in series.recipients] == [
        ("organizer", "zoe@acme.test"),
        ("attendee", "sam@acme.test"),
        ("attendee", "room4@resource.calendar.google.com"),
    ]
    assert series.author
    assert series.author.name == "Zoë"
    assert series.metadata["response_status"] == "needsAction"
    assert told["declined"].metadata["response_status"] == "declined"
    assert told["attendees_omitted"].metadata["attendees_omitted"] == "true"
    assert told["nobody"].author is None
    assert told["id_instead_of_email"].recipients[-1].id == "114"


async def test_a_new_organizer_is_the_author(told: dict[str, Message]) -> None:
    author = told["organizer_elsewhere"].author
    assert author
    assert author.id == "c_team@group.calendar.google.com"


async def test_a_private_event_has_no_title_and_every_kind_is_told(
    told: dict[str, Message],
) -> None:
    assert told["private"].title == ""
    assert told["private"].metadata["visibility"] == "private"
    kinds = {it.metadata.get("event_type") for it in told.values() if not it.deleted}
    assert kinds >= {"outOfOffice", "workingLocation", "birthday", "focusTime", "fromGmail"}


async def test_a_description_is_text_whether_it_was_html_or_not(told: dict[str, Message]) -> None:
    assert "<" not in told["html"].content
    assert "notes & pens" in told["html"].content
    assert told["text_description"].content == "Line one\nLine two <not a tag"


async def test_one_uid_in_two_events_is_two_items(told: dict[str, Message]) -> None:
    uids = [
        it.id for it in told.values() if it.metadata.get("ical_uid") == "k3v5s0series@google.com"
    ]
    assert len(uids) == 2


async def test_files_and_calls_are_told(told: dict[str, Message]) -> None:
    assert [it.id for it in told["attached"].attachments] == ["2"]
    assert told["meet"].metadata["meet_link"] == "https://meet.google.com/abc-defg-hij"
    assert "end" not in told["end_unknown"].metadata


async def test_the_same_question_is_asked_every_time() -> None:
    """A token is refused with `timeMin` or `orderBy`, and a series must not become instances."""
    api = FakeApi({("GET", EVENTS): Answer({"items": [], "nextSyncToken": "t2"})})
    for cursor in (Sync(), Sync("t1"), Sync("t1", "p")):
        await walk("events", api, cursor, MINE)
    asked = [{**it.params} for it in api.asked]
    assert [it.pop("syncToken", None) for it in asked] == [None, "t1", "t1"]
    assert [it.pop("pageToken", None) for it in asked] == [None, None, "p"]
    assert asked == [{"maxResults": "250"}] * 3


class Feed:
    """A calendar in pages; `dead` tokens are answered 410."""

    def __init__(self, pages: int) -> None:
        self.pages, self.dead, self.lost = pages, False, False
        self.api = FakeApi({("GET", EVENTS): self.page})

    def page(self, call: Call) -> Answer:
        if self.dead and "syncToken" in call.params:
            raise TokenDead
        if self.lost and "pageToken" in call.params:
            self.lost = False
            raise Refused
        number = int(call.params.get("pageToken", "0"))
        last = number == self.pages - 1
        more = {"nextSyncToken": "t"} if last else {"nextPageToken": str(number + 1)}
        row = {"id": f"e{number}", "updated": "2026-11-20T08:00:00Z", "summary": str(number)}
        return Answer({"items": [row], **more})


async def test_the_token_comes_with_the_last_page_and_every_page_can_be_resumed() -> None:
    feed = Feed(4)
    pages = await walk("events", feed.api, resource=MINE)
    assert [it.cursor for it in pages] == [Sync("", "1"), Sync("", "2"), Sync("", "3"), Sync("t")]
    for number, page in enumerate(pages[:-1]):
        rest = await walk("events", feed.api, page.cursor, MINE)
        assert state(pages[: number + 1] + rest) == state(pages)
        feed.lost = True
        again = await walk("events", feed.api, page.cursor, MINE)
        assert state(pages[: number + 1] + again) == state(pages)


async def test_a_forgotten_token_begins_anew_and_buries_only_after_a_whole_walk() -> None:
    feed = Feed(2)
    feed.dead = True
    (reset,) = await walk("events", feed.api, Sync("old"), MINE)
    assert reset.cursor == Sync() == stream("events").cursor()
    assert stream("events").complete
    assert len(await walk("events", feed.api, reset.cursor, MINE)) == 2
    (reset,) = await walk("events", feed.api, Sync("old", "1"), MINE)
    assert reset.cursor == Sync()


async def test_nothing_new_is_no_page() -> None:
    api = FakeApi({("GET", EVENTS): Answer({"items": [], "nextSyncToken": "t"})})
    assert await walk("events", api, Sync("t"), MINE) == []


@pytest.mark.parametrize("error", [ItemGone, Refused])
async def test_a_calendar_that_is_gone_or_refused_stops_its_own_walk(error: Any) -> None:
    api = FakeApi({("GET", EVENTS): error()})
    with pytest.raises(error):
        await walk("events", api, Sync("t"), MINE)


async def test_calendars_are_resources_but_for_those_of_which_nothing_may_be_read() -> None:
    rows = [
        {"id": "sam@acme.test", "summary": "Sam", "primary": True, "accessRole": "owner"},
        {
            "id": "de#holiday@group.v.calendar.google.com",
            "summary": "Feiertage",
            "accessRole": "reader",
        },
        {"id": "busy@acme.test", "accessRole": "freeBusyReader"},
    ]

    def page(call: Call) -> Answer:
        at = int(call.params.get("pageToken", "0"))
        return Answer({"items": rows[at : at + 2], "nextPageToken": "2" if at == 0 else ""})

    pages = await walk("calendars", FakeApi({("GET", LIST): page}))
    found = [it.id for page in pages for it in page.resources]
    assert found == ["sam@acme.test", "de#holiday@group.v.calendar.google.com"]
    assert pages[-1].excluded == {BUSY_ONLY: 1}
    assert pages[-1].cursor == stream("calendars").cursor()
    assert calendar_sync.events_of(found[1]).count("#") == 0


async def test_an_event_of_another_shape_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        calendar_sync.record("c", b"[]", "")  # type: ignore[arg-type]
