"""An iCalendar stream taken apart: every event and task by itself, with the zones that it names.

RFC 5545. What icalendar cannot read of one component costs that component only.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from icalendar import Calendar, Component, vDuration

from services.calendar import salvage
from services.calendar.ical import calendars, decoded
from services.calendar.naming import ident_of, key_of
from shared.errors import Unreadable

KINDS = {"VEVENT": "event", "VTODO": "task"}
OTHER = {
    "VJOURNAL": "a journal entry, which no calendar shows",
    "VFREEBUSY": "free and busy times without events",
    "VAVAILABILITY": "working hours",
}
_UID = re.compile(r"^UID:(.+)$", re.MULTILINE)
_FLEETING = re.compile(r"^DTSTAMP[;:].*\r?\n", re.MULTILINE)


class Part(NamedTuple):
    """One component: what becomes of it, what names it within its calendar, its text, its last moment."""

    kind: str
    ident: str
    ics: str
    until: str

    @property
    def version(self) -> str:
        """What changes when the text does; not with the moment at which a feed was written."""
        return sha256(_FLEETING.sub("", self.ics).encode()).hexdigest()[:32]


class Stream(NamedTuple):
    """All parts in order, what else was there, and what the stream says of itself."""

    parts: list[Part]
    excluded: Counter[str]
    name: str
    zone: str
    every: timedelta | None


def split(body: bytes) -> Stream:
    """Take a stream apart. Raises Unreadable for what is no iCalendar."""
    text = decoded(body)
    try:
        return _stream(calendars(text), [])
    except Unreadable:
        found, lost = [], []
        for tries in salvage.pieces(text):
            for piece in tries:
                with suppress(Unreadable):
                    found += calendars(piece)
                    break
            else:
                lost.append(tries[0])
        if not found and not lost:
            raise
        return _stream(found, lost)


def _stream(found: list[Calendar], lost: list[str]) -> Stream:
    parts = {it.ident: it for it in map(whole, lost)}
    excluded, name, zone, every = Counter[str](), "", "", None
    counts: dict[str, int] = {}
    for it in found:
        zones = {str(one.get("TZID")): one for one in it.walk("VTIMEZONE")}
        name = name or str(it.get("X-WR-CALNAME") or it.get("NAME") or "")
        zone = zone or str(it.get("X-WR-TIMEZONE") or "")
        every = every or _every(it)
        for one in it.subcomponents:
            if one.name in KINDS:
                part, count = _part(one, zones), one.get("SEQUENCE", 0)
                if not isinstance(count, int) or count >= counts.get(part.ident, 0):
                    parts[part.ident] = part
                    counts[part.ident] = count if isinstance(count, int) else 0
            elif one.name in OTHER:
                excluded[OTHER[one.name]] += 1
    return Stream(list(parts.values()), excluded, name, zone, every)


def whole(text: str) -> Part:
    """A text that nobody can take apart, as one part, so that it is kept for somebody to look at."""
    said = _UID.search(text)
    return Part("event", key_of(said[1] if said else text), text, "")


def _part(it: Component, zones: dict[str, Component]) -> Part:
    own = Calendar()
    own.add("version", "2.0")
    own.add("prodid", "-//Self Integrations//Calendar//EN")
    for label in dict.fromkeys(_labels(it)):
        if label in zones:
            own.add_component(zones[label])
    own.add_component(it)
    return Part(KINDS[it.name or ""], ident_of(it), own.to_ical().decode(), _until(it))


def _labels(it: Component) -> Iterator[str]:
    for one in it.walk():
        for _, value in one.property_items(recursive=False):
            params = getattr(value, "params", {})
            if "TZID" in params:
                yield str(params["TZID"])


def _until(it: Component) -> str:
    """When it is over, in UTC; empty for a series, and where nobody can tell."""
    if "RRULE" in it or "RDATE" in it or it.name != "VEVENT":
        return ""
    try:
        end = it.end  # type: ignore[attr-defined] # an Event, by its name
        moment = (
            end if isinstance(end, datetime) else datetime(end.year, end.month, end.day, tzinfo=UTC)
        )
        return (
            f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
            if moment.tzinfo
            else f"{moment:%Y%m%dT%H%M%S}"
        )
    except Exception:  # an end that is missing, broken, or before all time
        return ""


def _every(it: Calendar) -> timedelta | None:
    for name in ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
        said = it.get(name)
        if said is None:
            continue
        with suppress(Exception):  # a hint that cannot be read is none
            found = getattr(said, "td", None) or getattr(said, "dt", None)
            return found if isinstance(found, timedelta) else vDuration.from_ical(str(said))  # type: ignore[no-untyped-call]
    return None
