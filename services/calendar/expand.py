"""A series as its occurrences within a time, on this machine: servers do it each in its own way."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped] # it has none
from icalendar import Calendar, Component

from services.calendar.ical import calendars, decoded
from services.calendar.naming import ident_of, stamp
from services.calendar.parts import Part, split

MOST = 1000
"""Occurrences of one series, at most."""
LONGEST = timedelta(days=366)
_DENSE = re.compile(rb"^RRULE[^\n]*FREQ=(SECONDLY|MINUTELY)", re.MULTILINE | re.IGNORECASE)


def occurrences(ics: bytes, begin: datetime, end: datetime) -> Iterator[tuple[datetime, Part]]:
    """Each event, and each occurrence of a series, that overlaps the time, with its moment in UTC.

    A series by the minute or second is told as one: nobody wants a day of it. Raises Unreadable.
    """
    if _DENSE.search(ics):
        for part in split(ics).parts:
            yield begin, part
        return
    for calendar in calendars(decoded(ics)):
        seen: set[str] = set()
        query = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True)
        zone = str(calendar.get("X-WR-TIMEZONE") or "")
        for it in islice(query.after(begin), MOST):
            at = _moment(it.start, zone)
            if at >= end:
                break
            part = _part(calendar, it, seen)
            seen.add(part.ident)
            yield at, part


def _part(calendar: Calendar, it: Component, seen: set[str]) -> Part:
    """One occurrence as a part; a lone event has its own id, and no trace of a series."""
    uid = str(it.get("UID", ""))
    mine = [one for one in calendar.walk("VEVENT") if str(one.get("UID", "")) == uid]
    lone = len(mine) == 1 and not {"RRULE", "RDATE", "RECURRENCE-ID"} & set(mine[0])
    if lone:
        return next(part for part in split(_text(calendar, mine[0])).parts)
    ident = ident_of(it)
    if ident in seen:  # all that follows a THISANDFUTURE has one RECURRENCE-ID
        ident = f"{ident.partition('#')[0]}#{stamp(it, 'DTSTART')}"
    (part,) = split(_text(calendar, it)).parts
    return part._replace(ident=ident)


def _text(calendar: Calendar, it: Component) -> bytes:
    own = Calendar()
    own.add("version", "2.0")
    own.add("prodid", "-//Self Integrations//Calendar//EN")
    for zone in calendar.walk("VTIMEZONE"):
        own.add_component(zone)
    own.add_component(it)
    return bytes(own.to_ical())


def _moment(at: date | datetime, zone: str) -> datetime:
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    if at.tzinfo is None:
        try:
            at = at.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
        except (ValueError, LookupError, OSError):
            at = at.replace(tzinfo=UTC)
    return at.astimezone(UTC)
