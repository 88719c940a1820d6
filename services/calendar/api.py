"""Calendar's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import JSONBody

from services.calendar import asking as ask
from services.calendar import compose, expand, reading
from services.calendar.naming import ident_of
from services.calendar.reading import Held, Place
from shared.api import Content
from shared.errors import BadRequest, Changed
from shared.normalizer import Message
from shared.provider import Api

TYPE = "text/calendar; charset=utf-8"


class Calendars(Controller):
    path = "/"

    @get("/calendars", summary="List the calendars of the account")
    async def calendars(self, api: ask.Account) -> list[ask.Calendar]:
        return [reading.shown(it) for it in await reading.places(api)]

    @get("/events", summary="List events, each occurrence of a series by itself, by their start")
    async def events(
        self,
        *,
        api: ask.Account,
        calendar: ask.CalendarId,
        time_min: ask.Begin,
        time_max: ask.End,
        q: ask.Words = "",
        limit: ask.Limit = 100,
    ) -> list[Message]:
        begin, end = (it.astimezone(UTC) for it in (time_min, time_max))
        if not begin < end <= begin + expand.LONGEST:
            raise BadRequest("time_max is after time_min, by a year at most")
        at = await reading.place(api, calendar)
        found = await reading.within(api, at, f"{begin:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}")
        # Rules of whole years take a while to work out, in which others are served.
        told = await asyncio.to_thread(_occurrences, at, found, begin, end)
        words = q.casefold()
        shown = (it for it in told if words in _words(it))
        return [it for it, _ in zip(shown, range(limit), strict=False)]

    @get("/events/{ident:str}", summary="Read an event, or one changed occurrence of a series")
    async def event(self, api: ask.Account, ident: ask.Ident) -> Response[Message]:
        key, _, name = ident.partition(":")
        at = await reading.place(api, key)
        return _shown(at, await reading.held(api, at, name), name)

    @post("/events", summary="Make an event, once")
    async def create_event(
        self,
        *,
        api: ask.Account,
        calendar: ask.CalendarId,
        data: JSONBody[ask.NewEvent],
        send_updates: ask.Telling = "none",
    ) -> Response[Message]:
        at, uid = await reading.place(api, calendar), data.id or str(uuid4())
        invite, href = send_updates == "all", f"{at.path}{uid}.ics"
        text = compose.made(uid, data, at.own, datetime.now(UTC), invite=invite)
        try:
            await _put(api, href, text, {"if-none-match": "*"})
        except Changed:  # asked again: the first call did arrive
            if data.id is None:
                raise
        it = await reading.read(api, href)
        name = ident_of(reading.whole(it).walk("VEVENT")[0])
        return _shown(at, it, name, status=201)

    @patch(
        "/events/{ident:str}", summary="Change an event or an occurrence; with If-Match, as read"
    )
    async def change_event(
        self,
        *,
        api: ask.Account,
        ident: ask.Ident,
        data: JSONBody[ask.EventChange],
        if_match: ask.IfMatch = "",
        send_updates: ask.Telling = "none",
    ) -> Response[Message]:
        at, it, name = await _asked(api, ident, if_match)
        now, invite = datetime.now(UTC), send_updates == "all"
        text = compose.changed(reading.whole(it), name, data, at.own, now, invite=invite)
        await _put(api, it.href, text, {"if-match": it.etag})
        return _shown(at, await reading.read(api, it.href), name)

    @delete(
        "/events/{ident:str}", summary="Delete an event or an occurrence; with If-Match, as read"
    )
    async def delete_event(
        self, *, api: ask.Account, ident: ask.Ident, if_match: ask.IfMatch = ""
    ) -> None:
        _, it, name = await _asked(api, ident, if_match)
        if "#" in name:
            text = compose.without(reading.whole(it), name, datetime.now(UTC))
            await _put(api, it.href, text, {"if-match": it.etag})
        else:
            await api.send("DELETE", it.href, type(None), etag=it.etag)

    @post("/sync/activity", status_code=202, summary="Walk the account's calendars now")
    async def sync_activity(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])


async def _asked(api: Api, ident: str, if_match: str) -> tuple[Place, Held, str]:
    """What a write is about, as it is now. Raises Changed where the caller read something else."""
    key, _, name = ident.partition(":")
    at = await reading.place(api, key)
    it = await reading.held(api, at, name)
    if if_match and if_match != it.etag:
        raise Changed
    return at, it, name


async def _put(api: Api, href: str, text: bytes, headers: dict[str, str]) -> None:
    await api.send("PUT", href, type(None), Content(TYPE, text), headers=headers)


def _occurrences(at: Place, found: list[Held], begin: datetime, end: datetime) -> list[Message]:
    told = [
        (moment, at.message(part, it.href))
        for it in found
        for moment, part in expand.occurrences(it.ics, begin, end)
        if part.kind == "event"
    ]
    return [message for _, message in sorted(told, key=lambda it: (it[0], it[1].id))]


def _shown(at: Place, it: Held, name: str, status: int = 200) -> Response[Message]:
    """An event with the ETag of its resource, which `If-Match` takes."""
    headers = {"etag": it.etag} if it.etag else {}
    message = at.message(reading.part_of(it, name), it.href)
    return Response(message, status_code=status, headers=headers)


def _words(it: Message) -> str:
    return f"{it.title}\n{it.content}\n{it.metadata.get('location', '')}".casefold()
