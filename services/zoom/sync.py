"""What there is: meetings that are planned, meetings that took place, and what was recorded.

Lists tell too little, so what took place and what was recorded are only found here; `instances` reads them.
https://developers.zoom.us/docs/api/meetings/
"""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import timedelta

from msgspec import Raw, Struct, json

from services.zoom.dialect import TokenDead
from services.zoom.listing import PER_PAGE, Clock, Listed, Walk, by_month, readable
from services.zoom.models import Meeting, MeetingId, User, moment
from services.zoom.recorded import Recording
from shared.errors import ItemGone, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

CUT = 250
"""Characters of an agenda after which a list cuts it off."""
LATER = (timedelta(hours=1), timedelta(days=1))
"""After the end of a meeting: what Zoom makes of it is read again then."""
ODD = "listed in an unknown shape"
TWICE = "another time of a meeting that is listed already"


class Planned(Struct, frozen=True):
    """Ends where it began, so that every walk is whole and proves what is still planned."""

    next: str = ""


class Row(Struct):
    """One time of a meeting, as far as a walk needs to know it."""

    uuid: str
    id: MeetingId = 0
    start_time: str = ""
    duration: int | None = None


async def meetings(api: Api, at: Planned, _: Resource) -> AsyncIterator[Page]:
    """Everything that is planned, was not held yet, or may be held again."""
    me = await api.get("/users/me", User)
    again = False
    while True:
        more = {"next_page_token": at.next} if at.next else {}
        try:
            listed = await api.get(
                "/users/me/meetings", Listed, type="scheduled", page_size=PER_PAGE, **more
            )
        except TokenDead:
            if not at.next or again:
                raise
            at, again = Planned(), True
            continue
        at = Planned(listed.next_page_token)
        found, odd = readable(listed.meetings, Meeting)
        once = {str(it.id): it for it in reversed(found)}
        records = [await planned(api, it, me) for it in reversed(once.values())]
        # What nobody understands becomes a dead letter, so that the walk proves no absence.
        records += [Record("scheduled", Raw(b'{"meeting":%b}' % bytes(row))) for row in odd]
        same = len(found) - len(once)
        yield Page(tuple(records), at, {TWICE: same} if same else {})
        if not at.next:
            return


async def planned(api: Api, its: Meeting, me: User) -> Record:
    """A meeting with its host; one call more where the list cut off what it is about."""
    if len(its.agenda) >= CUT:
        with suppress(ItemGone):  # or not granted: the beginning is better than nothing
            its.agenda = (await api.get(f"/meetings/{its.id}", Meeting)).agenda
    host = me if its.host_id == me.id else None
    return Record("scheduled", Raw(json.encode({"meeting": its, "host": host})), revision="0")


async def past(api: Api, at: Walk, _: Resource, clock: Clock = time.time) -> AsyncIterator[Page]:
    """What took place, for others to read: at once, an hour after its end, and a day after."""
    async for rows, cursor in by_month(
        api, at, "/users/me/meetings", clock, type="previous_meetings"
    ):
        found, odd = readable(rows, Row)
        places = tuple(_took_place(found, clock()))
        yield Page((), cursor, {ODD: len(odd)} if odd else {}, resources=places)


async def library(api: Api, at: Walk, _: Resource, clock: Clock = time.time) -> AsyncIterator[Page]:
    """What was recorded, for others to read: when its files change, which the list tells."""
    async for rows, cursor in by_month(api, at, "/users/me/recordings", clock):
        found, odd = readable(rows, Recording)
        files = {it.uuid: {"files": _files(it)} for it in found}
        places = tuple(Resource(uuid, facts=it) for uuid, it in files.items())
        yield Page((), cursor, {ODD: len(odd)} if odd else {}, resources=places)


def _took_place(rows: Iterable[Row], now: float) -> Iterable[Resource]:
    for uuid, it in {it.uuid: it for it in rows}.items():
        passed = 0
        with suppress(Unreadable, OverflowError):  # without a time it is read once
            ended = moment(it.start_time) + timedelta(minutes=it.duration or 0)
            passed = sum(now >= (ended + span).timestamp() for span in LATER)
        yield Resource(uuid, facts={"start": it.start_time, "read": str(passed)})


def _files(it: Recording) -> str:
    """What the files are and how far they are, in any order."""
    each = (f"{one.id}:{one.file_size}:{one.status}" for one in it.recording_files)
    return f"{it.topic} {' '.join(sorted(each))}"
