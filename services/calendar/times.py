"""Days, moments with a zone, and times that float: each is told as it was meant.

A day stays a day and is never moved to UTC. A time without a zone gets the calendar's; where the
calendar has none either, it keeps floating.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.calendar.naming import broken

When = date | datetime


def when(it: Component, name: str) -> When | None:
    """A date or a moment; None where there is none, or icalendar could not read it."""
    value = it.get(name)
    value = value[0] if isinstance(value, list) else value
    found = None if value is None or broken(value) else getattr(value, "dt", None)
    return found if isinstance(found, date) else None


def located(at: When | None, zone: str) -> When | None:
    """The same, with the calendar's zone where it has none of its own."""
    if isinstance(at, datetime) and at.tzinfo is None and zone:
        try:
            return at.replace(tzinfo=ZoneInfo(zone))
        except (ValueError, LookupError, OSError):  # a zone that nobody here knows
            return at
    return at


def instant(at: When | None) -> datetime | None:
    """The moment in UTC, for a day its beginning there; None for what floats."""
    if at is None:
        return None
    try:
        if isinstance(at, datetime):
            return at.astimezone(UTC) if at.tzinfo else None
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def floating(at: When | None) -> datetime | None:
    """The moment in UTC, where a floating time counts as one of UTC."""
    known = instant(at)
    return at.replace(tzinfo=UTC) if known is None and isinstance(at, datetime) else known


def written(at: When | None) -> str:
    """A day as it is, a moment with its offset, a floating time without."""
    return at.isoformat() if at else ""


def end_of(it: Component, zone: str) -> When | None:
    """When it ends, which may have to be told from how long it takes. RFC 5545 section 3.6.1"""
    begin, end = when(it, "DTSTART"), when(it, "DTEND")
    if end is not None or begin is None:
        return located(end, zone)
    if (takes := span(it, "DURATION")) is not None:
        # A length in days keeps the wall time over a change of the clocks, one in hours does not.
        if isinstance(begin, datetime) and begin.tzinfo and takes % timedelta(days=1):
            return (begin.astimezone(UTC) + takes).astimezone(begin.tzinfo)
        return located(begin + takes, zone)
    return located(begin if isinstance(begin, datetime) else begin + timedelta(days=1), zone)


def span(it: Component, name: str) -> timedelta | None:
    """A length of time, None where there is none that can be read."""
    value: Any = it.get(name)
    found = None if value is None or broken(value) else getattr(value, "dt", None)
    return found if isinstance(found, timedelta) else None


def zone_of(it: Component, zone: str) -> str:
    """What the zone of the beginning is called: by IANA where that is known, else as the file says."""
    value, at = it.get("DTSTART"), when(it, "DTSTART")
    if not isinstance(at, datetime):
        return ""
    if at.tzinfo is None:
        return str(value.params.get("TZID", "")) or zone
    label = str(value.params.get("TZID", ""))
    return str(getattr(at.tzinfo, "key", "")) or WINDOWS_TO_OLSON.get(label, label) or "UTC"
