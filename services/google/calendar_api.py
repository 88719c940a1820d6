"""Calendar's endpoints: events are listed and read, and people asked when they are free."""

from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from msgspec import Raw, Struct

from services.google import asking as ask
from services.google import calendar_normalize as normal
from services.google.calendar_asking import Asked
from services.google.calendar_models import Calendar, Event, Told
from services.google.calendar_sync import BASE, events_of
from shared.normalizer import Message
from shared.provider import Api


class Listed(Struct):
    items: list[Event] = []
    nextPageToken: str = ""


class Free(Struct):
    calendars: dict[str, Raw] = {}


class Events(Controller):
    path = "/"

    @get("/events", summary="List events, each instance of a series by itself, by their start")
    async def events(
        self,
        *,
        api: ask.Account,
        calendar: ask.CalendarId = "primary",
        time_min: ask.Moment = None,
        time_max: ask.Moment = None,
        q: ask.Words = "",
        place: ask.Place = "",
        limit: ask.Limit = 50,
    ) -> ask.Found:
        given = {
            "timeMin": _stamp(time_min),
            "timeMax": _stamp(time_max),
            "q": q,
            "pageToken": place,
        }
        asked = {name: value for name, value in given.items() if value}
        order = {"singleEvents": "true", "orderBy": "startTime", **asked}
        home = await home_of(api, calendar)
        found = await api.get(events_of(home), Listed, maxResults=limit, **order)
        return ask.Found([_told(home, it) for it in found.items], found.nextPageToken)

    @get("/events/{ident:str}", summary="Read an event")
    async def event(
        self, api: ask.Account, ident: ask.Ident, calendar: ask.CalendarId = "primary"
    ) -> Response[Message]:
        home = await home_of(api, calendar)
        return shown(home, await api.get(f"{events_of(home)}/{ident}", Event))

    @post("/free-busy", status_code=200, summary="When these calendars are busy")
    async def free_busy(self, api: ask.Account, data: JSONBody[Asked]) -> dict[str, Any]:
        body = {
            "timeMin": _stamp(data.time_min),
            "timeMax": _stamp(data.time_max),
            "items": [{"id": it} for it in data.calendars],
        }
        return (await api.send("POST", f"{BASE}/freeBusy", Free, body)).calendars


async def home_of(api: Api, calendar: str) -> str:
    """The calendar's own id, so that an event has one id whichever way it was asked for."""
    if calendar != "primary":
        return calendar
    return (await api.get(f"{BASE}/users/me/calendarList/primary", Calendar)).id


def shown(calendar: str, it: Event, status: int = 200) -> Response[Message]:
    """An event with its ETag, which `If-Match` takes."""
    headers = {"etag": it.etag} if it.etag else {}
    return Response(_told(calendar, it), status_code=status, headers=headers)


def _stamp(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _told(calendar: str, it: Event) -> Message:
    return normal.event(Told(calendar, datetime.now(UTC).isoformat(timespec="milliseconds"), it))
