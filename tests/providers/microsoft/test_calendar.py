"""Calendars: listed without a window, heard within one, read as they are now; and their endpoints."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from services.microsoft import batch
from services.microsoft.calendar_sync import Sync, events
from services.microsoft.dialect import Forgotten, NoService, NotThere
from shared.errors import ItemGone
from shared.normalizer import Message
from shared.types import Page, Resource
from tests.fakes.api import FakeApi
from tests.providers.microsoft import material as its
from tests.providers.microsoft.test_mail_api import api, client

pytestmark = pytest.mark.anyio

__all__ = ["api", "client"]

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CAL = Resource("AAMkcal", "Calendar")
HOME = "/me/calendars/AAMkcal"
DELTA, LIST = f"{HOME}/calendarView/delta", f"{HOME}/events"
UNTIL = "2026-12-20T09:00:00.000000Z"
LINK = f"{its.ROOT}{DELTA}?$deltatoken=d1"
DONE = Sync(link=LINK, until=UNTIL)


def event(ident: str, kind: str = "singleInstance", **facts: Any) -> dict[str, Any]:
    """An event as Graph gives it."""
    return {**its.recorded("event/single")["event"], "id": ident, "type": kind, **facts}


def stub(ident: str, master: str) -> dict[str, Any]:
    """All that a link tells of an occurrence."""
    at = {"dateTime": "2026-11-23T14:00:00.0000000", "timeZone": "UTC"}
    own = {"id": ident, "type": "occurrence", "seriesMasterId": master}
    return {**own, "start": at, "end": at}


def calendar(changes: Any, listed: Any = None, here: Any = None, anywhere: Any = None) -> FakeApi:
    """A calendar: pages of its link and of its list, and single events, by path or in batches."""
    things = {f"{LIST}/{ident}": it for ident, it in (here or {}).items()}
    things |= {f"/me/events/{ident}": it for ident, it in (anywhere or {}).items()}
    singly = {("GET", path): it for path, it in things.items()}
    told, rows = its.pages(changes), its.pages(listed or {})
    return its.graph(
        {("GET", DELTA): told, ("GET", f"/v1.0{DELTA}"): told, ("GET", LIST): rows}
        | {("GET", f"/v1.0{LIST}"): rows, ("POST", batch.PATH): its.batch(things), **singly}
    )


async def walk(api: FakeApi, at: Sync | None = None, now: datetime = NOW) -> list[Page]:
    at = its.stored("events", at or Sync())
    return [page async for page in events(api, at, CAL, lambda: now)]


async def told(api: FakeApi, at: Sync | None = None) -> list[Message]:
    return its.said(await walk(api, at))


async def test_a_place_is_taken_before_anything_is_listed() -> None:
    api = calendar(
        {
            "": its.page(stub("o1", "m"), next=f"{DELTA}?$skiptoken=s1"),
            "s1": its.page(delta=f"{DELTA}?$deltatoken=d1"),
            "d1": its.page(delta=f"{DELTA}?$deltatoken=d1"),
        },
        {"": its.page(event("a"), next=f"{LIST}?$skiptoken=l2"), "l2": its.page(event("b"))},
    )
    pages = await walk(api)
    assert [it.id for it in its.said(pages)] == ["a", "b"]
    assert pages[1].cursor == Sync(pinned=LINK, until=UNTIL)
    assert pages[-1].cursor == DONE
    assert api.asked[0].params == {
        "startDateTime": "2026-09-21T09:00:00.000000Z",
        "endDateTime": "2027-11-20T09:00:00.000000Z",
    }


async def test_a_crash_goes_on_where_the_walk_was() -> None:
    changes = {"d1": its.page(delta=f"{DELTA}?$deltatoken=d1")}
    listing = Sync(pinned=LINK, next=f"{its.ROOT}{LIST}?$skiptoken=l2", until=UNTIL)
    (page,) = await walk(calendar(changes, {"l2": its.page(event("b"))}), listing)
    assert page.cursor == DONE


async def test_a_series_is_one_item_and_each_exception_another() -> None:
    odd = {
        "id": "m",
        "cancelledOccurrences": ["OID.m.2026-12-07"],
        "exceptionOccurrences": [{"id": "x", "type": "exception"}],
    }
    api = calendar(
        {
            "": its.page(delta=f"{DELTA}?$deltatoken=d1"),
            "d1": its.page(delta=f"{DELTA}?$deltatoken=d1"),
        },
        {"": its.page(event("m", "seriesMaster"), event("a"))},
        here={"x": event("x", "exception", seriesMasterId="m")},
        anywhere={"m": odd},
    )
    first, single, exception = await told(api)
    assert first.metadata["cancelled_occurrences"] == "2026-12-07"
    assert (single.id, exception.id, exception.parent_id) == ("a", "x", "m")


async def test_an_occurrence_stands_for_its_series_which_is_read_once() -> None:
    rows = [stub("o1", "m"), stub("o2", "m"), event("a")]
    api = calendar(
        {"d1": its.page(*rows, delta=f"{DELTA}?$deltatoken=d2")},
        here={"m": event("m", "seriesMaster"), "a": event("a", subject="Now")},
        anywhere={"m": {"id": "m"}},
    )
    (page,) = await walk(api, DONE)
    assert [it.id for it in its.said([page])] == ["m", "a"]
    assert page.excluded == {"an occurrence, told by its series": 2}


async def test_a_series_that_is_gone_is_a_tombstone() -> None:
    api = calendar({"d1": its.page(stub("o1", "m"), delta=f"{DELTA}?$deltatoken=d2")})
    api.answers |= {("GET", f"{LIST}/m"): NotThere(), ("GET", "/me/events/m"): NotThere()}
    (gone,) = await told(api, DONE)
    assert (gone.id, gone.deleted, gone.timestamp) == ("m", True, NOW)


async def test_what_left_the_window_or_the_calendar_is_not_deleted() -> None:
    rows = [its.gone("later"), its.gone("moved"), its.gone("gone")]
    api = calendar(
        {"d1": its.page(*rows, delta=f"{DELTA}?$deltatoken=d2")},
        here={"later": event("later")},
        anywhere={"moved": {"id": "moved"}},
    )
    (page,) = await walk(api, DONE)
    found = {it.id: it.deleted for it in its.said([page])}
    assert found == {"later": False, "gone": True}
    assert page.excluded == {"moved to another calendar": 1}


async def test_a_cancelled_event_is_told_and_not_buried() -> None:
    api = calendar(
        {"d1": its.page(event("a", isCancelled=True), delta=f"{DELTA}?$deltatoken=d2")},
        here={"a": event("a", isCancelled=True)},
    )
    (it,) = await told(api, DONE)
    assert (it.deleted, it.metadata["status"]) == (False, "cancelled")


async def test_a_window_that_slides_begins_a_walk_over_everything() -> None:
    api = calendar({"d1": its.page(delta=f"{DELTA}?$deltatoken=d1")})
    assert await walk(api, DONE) == []
    assert await walk(api, DONE, NOW + timedelta(days=31)) == [Page((), Sync())]


async def test_a_link_that_was_forgotten_begins_anew_without_burying_anything() -> None:
    assert await walk(calendar({"d1": Forgotten()}), DONE) == [Page((), Sync())]


@pytest.mark.parametrize(
    "under_way",
    [
        Sync(next=f"{its.ROOT}{DELTA}?$skiptoken=s1", until=UNTIL),
        Sync(pinned=LINK, next=f"{its.ROOT}{LIST}?$skiptoken=s1", until=UNTIL),
    ],
)
async def test_a_page_that_was_forgotten_begins_the_same_walk_anew(under_way: Sync) -> None:
    api = calendar(
        {
            "": its.page(delta=f"{DELTA}?$deltatoken=d1"),
            "s1": Forgotten(),
            "d1": its.page(delta=f"{DELTA}?$deltatoken=d1"),
        },
        {"": its.page(event("a")), "s1": Forgotten()},
    )
    pages = await walk(api, under_way)
    assert [it.id for it in its.said(pages)] == ["a"]
    with pytest.raises(Forgotten):
        await walk(calendar({"": Forgotten(), "s1": Forgotten()}, {"s1": Forgotten()}), under_way)


async def test_a_calendar_that_is_gone_ends_in_a_walk_that_finds_nothing() -> None:
    gone = calendar({"": NotThere(), "d1": NotThere()})
    assert await walk(gone, DONE) == [Page((), Sync())]
    assert await walk(gone) == []
    with pytest.raises(ItemGone):
        await walk(calendar({"": ItemGone()}))


async def test_every_calendar_is_found_and_an_account_without_a_mailbox_has_none() -> None:
    rows = [{"id": "c1", "name": "Calendar", "isDefaultCalendar": True}, {"id": "c2"}]
    api = its.graph({("GET", "/me/calendars"): its.page(*rows)})
    (page,) = await its.walk("calendars", api)
    assert [(it.id, it.name, it.facts["primary"]) for it in page.resources] == [
        ("c1", "Calendar", "True"),
        ("c2", "", "False"),
    ]
    assert await its.walk("calendars", its.graph({("GET", "/me/calendars"): NoService()})) == []


EVENTS = "/me/events"
WISH = {"subject": "Plan", "start": "2026-12-01T15:00:00+01:00", "end": "2026-12-01T15:00:00Z"}


def test_events_are_listed_within_a_window(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", "/me/calendarView"] = its.page(event("a"), next="/x?$top=1&$skip=1")
    window = {"time_min": "2026-12-01T00:00:00+01:00", "time_max": "2026-12-02T00:00:00Z"}
    found = client.get("/api/v1/events", params=window).json()
    assert ([it["id"] for it in found["items"]], found["next"]) == (["a"], "$skip=1")
    assert api.asked[-1].params["startDateTime"] == "2026-11-30T23:00:00.000000Z"
    assert client.get("/api/v1/events").status_code == 400


def test_an_event_is_made_once_with_an_id_of_ours(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", EVENTS] = event("a")
    people = [{"email": "kim@acme.test"}]
    wish = {
        **WISH,
        "id": "mine-1",
        "attendees": people,
        "online": True,
        "text": "T",
        "location": "R",
    }
    assert client.post("/api/v1/events", json=wish).json()["id"] == "a"
    assert api.asked[-1].body == {
        "subject": "Plan",
        "body": {"contentType": "text", "content": "T"},
        "start": {"dateTime": "2026-12-01T14:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T15:00:00", "timeZone": "UTC"},
        "location": {"displayName": "R"},
        "attendees": [{"emailAddress": {"address": "kim@acme.test"}, "type": "required"}],
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "transactionId": "mine-1",
    }


def test_an_event_is_read_changed_answered_and_deleted(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {
        ("GET", f"{EVENTS}/a"): event("a"),
        ("PATCH", f"{EVENTS}/a"): event("a", subject="Other"),
        ("POST", f"{EVENTS}/a/decline"): None,
        ("DELETE", f"{EVENTS}/a"): None,
    }
    assert client.get("/api/v1/events/a").json()["title"] == "Design review"
    assert client.patch("/api/v1/events/a", json={"subject": "Other"}).json()["title"] == "Other"
    assert api.asked[-1].body == {"subject": "Other"}
    reply = client.post("/api/v1/events/a/answer", json={"response": "decline", "comment": "No"})
    assert reply.json()["id"] == "a"
    assert api.asked[-2].body == {"comment": "No", "sendResponse": True}
    assert client.delete("/api/v1/events/a").status_code == 204


def test_somebody_whose_time_nobody_knows_is_told_among_the_others(
    api: FakeApi, client: TestClient[Any]
) -> None:
    unknown = {"scheduleId": "x@acme.test", "error": {"responseCode": "ErrorMailRecipientNotFound"}}
    busy = {"scheduleId": "zoe@acme.test", "availabilityView": "0220"}
    api.answers["POST", "/me/calendar/getSchedule"] = its.page(busy, unknown)
    wish = {"time_min": WISH["start"], "time_max": WISH["end"], "people": ["zoe@acme.test"]}
    assert client.post("/api/v1/free-busy", json=wish).json() == [busy, unknown]


@pytest.mark.parametrize(
    "change",
    [{"start": "2026-12-01T15:00:00"}, {"subject": None}, {"id": "a b"}, {"surprise": 1}],
)
def test_an_event_that_cannot_be_one_is_refused(
    api: FakeApi, client: TestClient[Any], change: Any
) -> None:
    assert client.post("/api/v1/events", json={**WISH, **change}).status_code == 400
    assert api.asked == []
