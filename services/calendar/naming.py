"""What names an event or a task within its calendar, for as long as it is there."""

import re
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from icalendar import Component
from icalendar.prop import vBroken

_SAFE = "!$&'()*+,;=:@~-._{}"


def key_of(place: str) -> str:
    """Our short name of a calendar, from its path or a feed's address, which nobody should read there."""
    return sha256(place.encode()).hexdigest()[:16]


def ident_of(it: Component) -> str:
    """The UID, and for one occurrence of a series its original start in UTC."""
    uid = str(it.get("UID") or "").strip()
    if not uid:
        made = f"{_raw(it, 'DTSTART')}\0{it.get('SUMMARY') or ''}"
        uid = f"sha256:{sha256(made.encode('utf-8', 'replace')).hexdigest()[:32]}"
    named = quote(uid, safe=_SAFE) if len(uid) < 500 else sha256(uid.encode()).hexdigest()
    return f"{named}#{stamp(it)}" if "RECURRENCE-ID" in it else named


def stamp(it: Component, name: str = "RECURRENCE-ID") -> str:
    """A moment as an id has it: `20260323T080000Z`, `20260323` for a day."""
    at = getattr(it.get(name), "dt", None) if not broken(it.get(name)) else None
    if isinstance(at, datetime):
        return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" if at.tzinfo else f"{at:%Y%m%dT%H%M%S}"
    return f"{at:%Y%m%d}" if isinstance(at, date) else re.sub(r"[^0-9A-Za-z]", "", _raw(it, name))


def broken(value: Any) -> bool:
    """Whether icalendar could not read a value."""
    return isinstance(value, vBroken)


def _raw(it: Component, name: str) -> str:
    value = it.get(name)
    ical = getattr(value, "to_ical", None)
    return ical().decode() if ical and not broken(value) else str(value or "")
