"""Events as they are written: new ones, changes that keep what we do not know, single occurrences.

RFC 5545 section 3.8.7.4 and RFC 6638: a change is counted, and nobody is invited unless that is asked for.
"""

from copy import deepcopy
from datetime import UTC, date, datetime

from icalendar import Calendar, Component, Event

from services.calendar import times
from services.calendar.asking import EventChange
from services.calendar.filling import fill
from services.calendar.naming import stamp
from shared.errors import ItemGone

PRODUCT = "-//Self Integrations//Calendar//EN"


def made(
    uid: str, data: EventChange, own: tuple[str, ...], now: datetime, *, invite: bool
) -> bytes:
    """A calendar of one new event."""
    calendar, event = Calendar(), Event()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    event.add("uid", uid)
    event.add("created", now)
    fill(event, data, own, invite=invite)
    _touch(event, now, sequence=0)
    calendar.add_component(event)
    return _written(calendar)


def changed(
    calendar: Calendar,
    ident: str,
    data: EventChange,
    own: tuple[str, ...],
    now: datetime,
    *,
    invite: bool,
) -> bytes:
    """The resource with one event changed; an occurrence that was as its series gets a place of its own."""
    event = _found(calendar, ident) or _parted(calendar, ident)
    fill(event, data, own, invite=invite)
    _touch(event, now, sequence=_sequence(event) + 1)
    return _written(calendar)


def without(calendar: Calendar, ident: str, now: datetime) -> bytes:
    """The resource without one occurrence of its series."""
    master = _master(calendar)
    when = _original(master, ident)
    if (own := _found(calendar, ident)) is not None:
        calendar.subcomponents.remove(own)
    master.add("exdate", when)
    _touch(master, now, sequence=_sequence(master) + 1)
    return _written(calendar)


def _found(calendar: Calendar, ident: str) -> Component | None:
    original = ident.partition("#")[2]
    for it in calendar.walk("VEVENT"):
        if (stamp(it) if "RECURRENCE-ID" in it else "") == original:
            return it
    return None


def _master(calendar: Calendar) -> Component:
    for it in calendar.walk("VEVENT"):
        if "RECURRENCE-ID" not in it and ("RRULE" in it or "RDATE" in it):
            return it
    raise ItemGone("There is no such event.")


def _parted(calendar: Calendar, ident: str) -> Component:
    """An occurrence as an event of its own, which begins where the series says."""
    master = _master(calendar)
    when, event = _original(master, ident), deepcopy(master)
    begin, end = times.when(master, "DTSTART"), times.end_of(master, "")
    for name in ("RRULE", "RDATE", "EXDATE", "DURATION", "DTEND", "DTSTART"):
        event.pop(name, None)
    event.add("dtstart", when)
    if begin and end:
        event.add("dtend", when + (end - begin))
    event.add("recurrence-id", when)
    calendar.add_component(event)
    return event


def _original(master: Component, ident: str) -> date | datetime:
    """The moment that an id names, as the series writes its own. Raises ItemGone."""
    text, begin = ident.partition("#")[2], times.when(master, "DTSTART")
    try:
        if not isinstance(begin, datetime):
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
        if begin.tzinfo is None:
            return datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - it floats
        at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return at.astimezone(begin.tzinfo)
    except ValueError:
        raise ItemGone("There is no such event.") from None


def _touch(it: Component, now: datetime, *, sequence: int) -> None:
    for name, value in (("dtstamp", now), ("last-modified", now), ("sequence", sequence)):
        it.pop(name, None)
        it.add(name, value)


def _sequence(it: Component) -> int:
    value = it.get("SEQUENCE", 0)
    return int(value) if isinstance(value, int) else 0


def _written(calendar: Calendar) -> bytes:
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
