"""Outlook's endpoints for events: listed, read, written once, answered for oneself; they come back as Messages.

https://learn.microsoft.com/en-us/graph/api/resources/event
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import uuid4

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Raw, Struct

from services.microsoft import asking as ask
from services.microsoft import calendar_normalize as normal
from services.microsoft.calendar_models import Event, Told
from services.microsoft.calendar_read import EVENTS
from services.microsoft.graph import Listed, stamp
from shared.normalizer import Message
from shared.shapes import decoded

Moment = Annotated[datetime, QueryParameter(description="with a time zone")]
Zoned = Annotated[datetime, Meta(tz=True)]


class EventChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is; the list of guests is replaced as a whole."""

    subject: ask.Subject | None = None
    text: ask.Text | None = None
    start: Zoned | None = None
    end: Zoned | None = None
    location: ask.Subject | None = None
    attendees: ask.People | None = None
    online: bool | None = None

    def graph(self) -> dict[str, Any]:
        """The change in Graph's words; times are given in UTC."""
        online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
        people = [{**it.graph(), "type": "required"} for it in self.attendees or []]
        return {
            **({} if self.subject is None else {"subject": self.subject}),
            **(
                {} if self.text is None else {"body": {"contentType": "text", "content": self.text}}
            ),
            **({"start": _when(self.start)} if self.start else {}),
            **({"end": _when(self.end)} if self.end else {}),
            **({} if self.location is None else {"location": {"displayName": self.location}}),
            **({} if self.attendees is None else {"attendees": people}),
            **(online if self.online else {}),
        }


class NewEvent(EventChange, kw_only=True, forbid_unknown_fields=True):
    """With an `id` of yours, asking again does not make a second event."""

    subject: ask.Subject
    start: Zoned
    end: Zoned
    id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,64}$(?!\n)")] | None = None


class Reply(Struct, forbid_unknown_fields=True):
    """What the account's own person says to an invitation; with a comment, the organizer reads it."""

    response: Literal["accept", "decline", "tentativelyAccept"]
    comment: ask.Subject = ""


class Asked(Struct, forbid_unknown_fields=True):
    """Whose time, from when to when; at most 20 addresses."""

    time_min: Zoned
    time_max: Zoned
    people: Annotated[list[Annotated[str, Meta(max_length=320)]], Meta(min_length=1, max_length=20)]


class Schedules(Struct):
    value: list[Raw] = []


class Events(Controller):
    path = "/"

    @get("/events", summary="List events, each occurrence by itself, by their start")
    async def events(
        self,
        api: ask.Account,
        time_min: Moment,
        time_max: Moment,
        place: ask.Place = "",
        limit: ask.Limit = 50,
    ) -> ask.Found:
        window = {"startDateTime": stamp(time_min), "endDateTime": stamp(time_max)}
        order = {"$orderby": "start/dateTime", "$top": str(limit), **ask.paged(place)}
        found = await api.get("/me/calendarView", Listed, **window, **order)
        told = [_told(decoded(row, Event)) for row in found.value]
        return ask.Found(told, ask.place_of(found.next))

    @get("/events/{ident:str}", summary="Read an event")
    async def event(self, api: ask.Account, ident: ask.Ident) -> Message:
        return _told(await api.get(f"{EVENTS}/{quote(ident)}", Event))

    @post("/events", summary="Make an event, once")
    async def create_event(self, api: ask.Account, data: JSONBody[NewEvent]) -> Message:
        body = {**data.graph(), "transactionId": data.id or str(uuid4())}
        return _told(await api.send("POST", EVENTS, Event, body))

    @patch("/events/{ident:str}", summary="Change an event")
    async def change_event(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[EventChange]
    ) -> Message:
        return _told(await api.send("PATCH", f"{EVENTS}/{quote(ident)}", Event, data.graph()))

    @delete("/events/{ident:str}", summary="Delete an event; an organizer's guests are told")
    async def delete_event(self, api: ask.Account, ident: ask.Ident) -> None:
        await api.send("DELETE", f"{EVENTS}/{quote(ident)}", type(None))

    @post("/events/{ident:str}/answer", status_code=200, summary="Accept or decline an invitation")
    async def answer_event(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[Reply]
    ) -> Message:
        body = {"comment": data.comment, "sendResponse": True}
        await api.send("POST", f"{EVENTS}/{quote(ident)}/{data.response}", type(None), body)
        return _told(await api.get(f"{EVENTS}/{quote(ident)}", Event))

    @post("/free-busy", status_code=200, summary="When these people are busy; one may be unknown")
    async def free_busy(self, api: ask.Account, data: JSONBody[Asked]) -> list[Any]:
        times = {"startTime": _when(data.time_min), "endTime": _when(data.time_max)}
        body = {"schedules": data.people, **times, "availabilityViewInterval": 30}
        found = await api.send("POST", "/me/calendar/getSchedule", Schedules, body)
        return [decoded(row, dict[str, Any]) for row in found.value]


def _when(at: datetime) -> dict[str, str]:
    return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _told(it: Event) -> Message:
    return normal.event(Told("", it))
