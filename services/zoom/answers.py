"""Calls that answer a caller, with Messages like those that are published."""

from datetime import date
from typing import Any

from msgspec import Struct, structs

from services.zoom import asking as ask
from services.zoom import instances as read
from services.zoom import normalize, recorded, summaries
from services.zoom.listing import Listed
from services.zoom.models import Held, Meeting, Past, Scheduled, User
from services.zoom.paths import safe, segment
from services.zoom.recorded import File, Recording, Transcript
from shared.errors import BadRequest, ItemGone, Unavailable
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded

LONGEST = 31
"""Days between the ends of a list, at most."""


class Listing(Struct):
    meetings: list[ask.Time] = []


async def meetings(api: Api, which: str, cursor: str, limit: int) -> ask.Messages:
    """One page of what is planned; a list tells only the beginning of a long agenda."""
    asked = {"type": which, **_after(cursor)}
    found = await api.get("/users/me/meetings", Listed, page_size=limit, **asked)
    me = await api.get("/users/me", User)
    told = [_planned(decoded(row, Meeting), me) for row in found.meetings]
    return ask.Messages(told, found.next_page_token)


async def meeting(api: Api, number: str) -> Message:
    found = await api.get(f"/meetings/{number}", Meeting)
    return _planned(found, await api.get("/users/me", User))


async def create(api: Api, data: dict[str, Any]) -> Message:
    """The host is who asks: so is whoever is known of them before anything is made."""
    me = await api.get("/users/me", User)
    return _planned(await api.send("POST", "/users/me/meetings", Meeting, data), me)


async def instances(api: Api, number: str) -> ask.Times:
    found = await api.get(f"/past_meetings/{number}/instances", Listing)
    return ask.Times([ask.Time(safe(it.uuid), it.start_time) for it in found.meetings])


async def past(api: Api, which: str) -> Message:
    found = await api.get(f"/past_meetings/{segment(which)}", Past)
    return normalize.held(Held(found, await read.participants(api, which)))


async def summary(api: Api, which: str) -> Message:
    path = f"/meetings/{segment(which)}/meeting_summary"
    return summaries.summary(await api.get(path, summaries.Summary))


async def recordings(
    api: Api, since: date | None, until: date | None, cursor: str, limit: int
) -> ask.Messages:
    if since and until and not 0 <= (until - since).days <= LONGEST:
        raise BadRequest("Zoom lists a month at most; ask for one month after another.")
    days = {"from": since, "to": until}
    asked = {name: it.isoformat() for name, it in days.items() if it}
    found = await api.get(
        "/users/me/recordings", Listed, page_size=limit, **asked, **_after(cursor)
    )
    me = await api.get("/users/me", User)
    rows = [decoded(row, Recording) for row in found.meetings]
    told = [recorded.recording(recorded.hosted(it, me)) for it in rows]
    return ask.Messages(told, found.next_page_token)


async def recording(api: Api, which: str) -> Message:
    return recorded.recording(await read.recorded(api, which))


async def transcripts(api: Api, which: str) -> ask.Messages:
    """Every transcript that Zoom has finished; raises ItemGone where none can be had."""
    its = await read.recorded(api, which)
    people = await read.participants(api, its.uuid)
    about, told = structs.replace(its, recording_files=[]), []
    for it in its.recording_files:
        text = await read.transcript(api, it) if it.transcribes and it.done else None
        if text is not None:
            told.append(recorded.transcript(Transcript(about, it, text, people)))
    if not told:
        raise ItemGone("There is no transcript of this meeting, or none yet.")
    return ask.Messages(told)


async def file(api: Api, which: str, ident: str) -> File:
    """A file of a recording; raises ItemGone, and Unavailable while Zoom makes it."""
    files = (await read.recorded(api, which)).recording_files
    found = next((it for it in files if it.id == ident), None)
    if found is None:
        raise ItemGone("There is no such file in this recording.")
    if not found.done:
        raise Unavailable("Zoom has not finished this file yet.")
    return found


def wanted(data: Struct) -> dict[str, Any]:
    """What was asked for, without what was left out."""
    given = structs.asdict(data)
    found = {name: it for name, it in given.items() if it is not None}
    if not found:
        raise BadRequest("Nothing is to be changed.")
    return found


def _planned(it: Meeting, me: User) -> Message:
    return normalize.scheduled(Scheduled(it, me if it.host_id == me.id else None))


def _after(cursor: str) -> dict[str, str]:
    return {"next_page_token": cursor} if cursor else {}
