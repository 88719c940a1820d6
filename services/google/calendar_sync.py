"""Which calendars there are, and each one's events: everything once, then what a token says is new.

https://developers.google.com/workspace/calendar/api/guides/sync
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import MsgspecError, Raw, Struct, json

from services.google.calendar_models import Calendar, Calendars, Head, Listed
from services.google.dialect import TokenDead
from shared.errors import Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

BASE = "/calendar/v3"
BUSY_ONLY = "a calendar of which only free and busy may be seen"


class Walk(Struct, frozen=True):
    """Ends where it began: every walk is whole and proves which calendars are still there."""

    next: str = ""


class Sync(Struct, frozen=True):
    """`token` stands for everything that is stored; `next` for the page under way."""

    token: str = ""
    next: str = ""


def events_of(calendar: str) -> str:
    """The path of a calendar's events; ids are addresses and may hold anything."""
    return f"{BASE}/calendars/{quote(calendar, safe='')}/events"


async def calendars(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    while True:
        more = {"pageToken": at.next} if at.next else {}
        listed = await api.get(
            f"{BASE}/users/me/calendarList", Calendars, maxResults=250, showHidden="true", **more
        )
        at = Walk(listed.nextPageToken)
        read = [it for it in listed.items if it.accessRole != "freeBusyReader" and not it.deleted]
        hidden = len(listed.items) - len(read)
        yield Page(
            (),
            at,
            {BUSY_ONLY: hidden} if hidden else {},
            tuple(_resource(it) for it in read),
        )
        if not at.next:
            return


def _now() -> datetime:
    return datetime.now(UTC)


async def events(
    api: Api, at: Sync, resource: Resource, now: Callable[[], datetime] = _now
) -> AsyncIterator[Page]:
    """Series and their exceptions, not every instance; the same question each time, as a token demands.

    A token that Google forgot (410) ends the walk where it may begin anew, and only a walk that came
    to its end buries what it did not see.
    """
    resumed = bool(at.next)
    while True:
        asked = {"syncToken": at.token, "pageToken": at.next}
        given = {name: value for name, value in asked.items() if value}
        try:
            listed = await api.get(events_of(resource.id), Listed, maxResults=250, **given)
        except (Refused, TokenDead) as error:
            if resumed:  # page tokens do not live for ever
                at, resumed = Sync(at.token), False
                continue
            if not at.token or not isinstance(error, TokenDead):
                raise
            yield Page((), Sync())
            return
        resumed, seen = False, now().isoformat(timespec="milliseconds")
        more = listed.nextPageToken
        following = Sync(at.token, more) if more else Sync(listed.nextSyncToken or at.token)
        if listed.items or following != at:
            yield Page(tuple(record(resource.id, it, seen) for it in listed.items), following)
        at = following
        if not more:
            return


def record(calendar: str, row: Raw, seen: str) -> Record:
    """An event that was deleted is a tombstone; an instance that was taken out of its series is told."""
    try:
        head = json.decode(row, type=Head)
    except (MsgspecError, RecursionError) as problem:
        raise Unreadable("Google lists an event of an unknown shape.") from problem
    payload = json.encode({"calendar": calendar, "seen": seen, "event": row})
    removed = head.status == "cancelled" and not head.recurringEventId
    return Record("calendar_event", Raw(payload), removed=removed)


def _resource(it: Calendar) -> Resource:
    facts = {
        "time_zone": it.timeZone,
        "access_role": it.accessRole,
        "primary": str(it.primary).lower(),
    }
    return Resource(it.id, it.summaryOverride or it.summary, (), facts)
