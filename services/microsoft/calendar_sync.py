"""Which calendars there are, and each one's events: everything once, then what a delta link says is new.

A link tells of occurrences within a window, which is fixed when it is made. It only says which series,
exceptions and single events to read; the list of a calendar's events has no window and proves absence.
https://learn.microsoft.com/en-us/graph/delta-query-events
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from services.microsoft.calendar_models import Calendar, Head
from services.microsoft.calendar_read import home_of, read, told
from services.microsoft.dialect import Forgotten, NoService, NotThere
from services.microsoft.graph import Listed, stamp
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Resource

PAST, FUTURE, SLIDE = timedelta(days=60), timedelta(days=365), timedelta(days=30)
"""How far the window reaches, and when the next one begins with a walk over everything."""
OCCURRENCE = "an occurrence, told by its series"

Clock = Callable[[], datetime]


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists all calendars, and proves which ones are still there."""

    next: str = ""


class Sync(Struct, frozen=True):
    """`link` stands for everything that is stored, until `until`; `pinned` is the link that was taken
    before the walk over everything began, `next` the page under way."""

    link: str = ""
    pinned: str = ""
    next: str = ""
    until: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


async def calendars(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    while True:
        try:
            listed = await api.get(at.next or "/me/calendars?$top=50", Listed)
        except NoService:
            return
        at = Walk(listed.next)
        found = [decoded(row, Calendar) for row in listed.value]
        yield Page((), at, {}, tuple(map(_resource, found)))
        if not at.next:
            return


async def events(api: Api, at: Sync, resource: Resource, now: Clock = _now) -> AsyncIterator[Page]:
    """One calendar's events. Where Graph forgot our link, or the window slides, the walk ends where it
    may begin anew: only one that came to its end buries what it did not see."""
    resumed = bool(at.next or at.pinned)
    while True:
        if at.link and at.until < stamp(now()):
            yield Page((), Sync())
            return
        try:
            step = await (_since if at.link else _list if at.pinned else _pin)(
                api, at, resource.id, now()
            )
        except (NotThere, Forgotten) as error:
            if at.link:
                yield Page((), Sync())
                return
            if resumed:
                at, resumed = Sync(), False
                continue
            if isinstance(error, NotThere):
                return  # the calendar is gone, and all that was in it with it
            raise
        resumed = False
        done = at.link and not step.cursor.next
        if step.records or step.excluded or step.cursor != at:
            yield step
        at = step.cursor
        if done:
            return


async def _pin(api: Api, at: Sync, calendar: str, now: datetime) -> Page:
    """Take a place in what happens, before anything is listed; what is there already is not told yet."""
    window = f"startDateTime={stamp(now - PAST)}&endDateTime={stamp(now + FUTURE)}"
    first = f"{home_of(calendar)}/calendarView/delta?{window}"
    listed = await api.get(at.next or first, Listed)
    until = at.until or stamp(now + SLIDE)
    if listed.next:
        return Page((), Sync(next=listed.next, until=until))
    return Page((), Sync(pinned=listed.delta, until=until))


async def _list(api: Api, at: Sync, calendar: str, _: datetime) -> Page:
    """A page of all events: single ones, and series with their exceptions."""
    listed = await api.get(at.next or f"{home_of(calendar)}/events?$top=50", Listed)
    records = await told(api, calendar, listed.value)
    if listed.next:
        return Page(tuple(records), Sync("", at.pinned, listed.next, at.until))
    return Page(tuple(records), Sync(at.pinned, "", "", at.until))


async def _since(api: Api, at: Sync, calendar: str, now: datetime) -> Page:
    """What changed: an occurrence stands for its series, and what was removed may only have moved."""
    listed = await api.get(at.next or at.link, Listed)
    heads = [decoded(row, Head) for row in listed.value]
    plain = [it for it in heads if it.type == "occurrence" and it.seriesMasterId]
    wanted = [it.seriesMasterId or "" if it in plain else it.id for it in heads]
    records, excluded = await read(api, calendar, wanted, stamp(now))
    if plain:
        excluded[OCCURRENCE] = len(plain)
    link = Sync(at.link, "", listed.next, at.until)
    return Page(
        tuple(records), link if listed.next else Sync(listed.delta, "", "", at.until), excluded
    )


def _resource(it: Calendar) -> Resource:
    facts = {"primary": str(bool(it.isDefaultCalendar)), "can_edit": str(bool(it.canEdit))}
    return Resource(it.id, it.name or "", (), facts)
