"""Events as they are written: made once, changed only as they were read, answered for oneself alone."""

from uuid import uuid4

from litestar import Controller, Response, delete, patch, post
from litestar.params import JSONBody

from services.google import asking as ask
from services.google.calendar_api import home_of, shown
from services.google.calendar_asking import Answer, EventChange, NewEvent
from services.google.calendar_models import Event, Invited
from services.google.calendar_sync import events_of
from services.google.dialect import AlreadyDeleted, AlreadyThere
from shared.errors import BadRequest
from shared.normalizer import Message


class Planning(Controller):
    path = "/"

    @post("/events", summary="Make an event, once")
    async def create_event(
        self,
        *,
        api: ask.Account,
        data: JSONBody[NewEvent],
        calendar: ask.CalendarId = "primary",
        send_updates: ask.Telling = "none",
    ) -> Response[Message]:
        home, data.id = await home_of(api, calendar), data.id or uuid4().hex
        try:
            made = await api.send("POST", events_of(home), Event, data, sendUpdates=send_updates)
        except AlreadyThere:  # asked again: the first call did arrive
            made = await api.get(f"{events_of(home)}/{data.id}", Event)
        return shown(home, made, status=201)

    @patch("/events/{ident:str}", summary="Change an event; with If-Match, only as it was read")
    async def change_event(
        self,
        *,
        api: ask.Account,
        ident: ask.Ident,
        data: JSONBody[EventChange],
        if_match: ask.IfMatch = "",
        calendar: ask.CalendarId = "primary",
        send_updates: ask.Telling = "none",
    ) -> Response[Message]:
        home = await home_of(api, calendar)
        path = f"{events_of(home)}/{ident}"
        done = await api.send("PATCH", path, Event, data, etag=if_match, sendUpdates=send_updates)
        return shown(home, done)

    @delete("/events/{ident:str}", summary="Delete an event; with If-Match, only as it was read")
    async def delete_event(
        self,
        *,
        api: ask.Account,
        ident: ask.Ident,
        if_match: ask.IfMatch = "",
        calendar: ask.CalendarId = "primary",
        send_updates: ask.Telling = "none",
    ) -> None:
        path = f"{events_of(await home_of(api, calendar))}/{ident}"
        try:
            await api.send("DELETE", path, type(None), etag=if_match, sendUpdates=send_updates)
        except AlreadyDeleted:
            return

    @post("/events/{ident:str}/answer", status_code=200, summary="Accept or decline an invitation")
    async def answer_event(
        self,
        *,
        api: ask.Account,
        ident: ask.Ident,
        data: JSONBody[Answer],
        calendar: ask.CalendarId = "primary",
        send_updates: ask.Telling = "none",
    ) -> Response[Message]:
        home = await home_of(api, calendar)
        path = f"{events_of(home)}/{ident}"
        event = await api.get(path, Invited)
        own = next((it for it in event.attendees if it.get("self")), None)
        if own is None:
            raise BadRequest("This account is not among the guests of the event.")
        own["responseStatus"] = data.response
        # The list of guests is replaced as a whole, so it must be the one that was just read.
        wanted = {"attendees": event.attendees}
        done = await api.send(
            "PATCH", path, Event, wanted, etag=event.etag, sendUpdates=send_updates
        )
        return shown(home, done)
