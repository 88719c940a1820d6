"""Times as Exchange writes them: without an offset, in zones of Windows; and rules as RFC 5545 has them."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from services.microsoft.calendar_models import Recurrence, When
from services.microsoft.zones import IANA
from shared.errors import Unreadable

_FREQUENCIES = {"daily": "DAILY", "weekly": "WEEKLY", "Monthly": "MONTHLY", "Yearly": "YEARLY"}
_INDEXES = {"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "-1"}


def zone(name: str | None) -> tzinfo | None:
    """The zone of a name; None for one that nobody here knows (`tzone://Microsoft/Custom`)."""
    if not name or name == "UTC":
        return UTC if name else None
    try:
        return ZoneInfo(IANA.get(name, name))
    except (LookupError, ValueError, OSError):
        return None


def called(name: str | None) -> str:
    """A zone by IANA's name where it has one."""
    return IANA.get(name, name) if name else ""


def written(at: When | None) -> str:
    """A moment with its offset, in UTC where its zone is unknown; raises Unreadable."""
    return _read(at).isoformat().replace("+00:00", "Z") if at else ""


def day(at: When | None, home: str | None) -> str:
    """The day on which something of whole days begins or ends, as it is in the zone where it was made.

    Exchange gives midnight there; where it gives another hour, it converted the time.
    """
    if at is None:
        return ""
    found = _read(at)
    if (found.hour, found.minute) != (0, 0):
        found = found.astimezone(zone(home) or UTC)
    return found.date().isoformat()


def day_before(end: str) -> str:
    """The last day of something whose end is the first day that is free again."""
    return (date.fromisoformat(end) - timedelta(days=1)).isoformat() if end else ""


def rule(it: Recurrence) -> str:
    """A recurrence as an RRULE; "" for a pattern of an unknown kind."""
    pattern, until = it.pattern, it.range
    kind = pattern.type.removeprefix("absolute").removeprefix("relative")
    if kind not in _FREQUENCIES:
        return ""
    parts = {"FREQ": _FREQUENCIES[kind]}
    if pattern.interval > 1:
        parts["INTERVAL"] = str(pattern.interval)
    if kind == "Yearly" and pattern.month:
        parts["BYMONTH"] = str(pattern.month)
    if pattern.type.startswith("absolute"):
        parts["BYMONTHDAY"] = str(pattern.dayOfMonth)
    elif pattern.daysOfWeek:
        index = _INDEXES.get(pattern.index or "", "") if pattern.type.startswith("relative") else ""
        parts["BYDAY"] = ",".join(index + day[:2].upper() for day in pattern.daysOfWeek)
    if kind == "weekly" and pattern.firstDayOfWeek:
        parts["WKST"] = pattern.firstDayOfWeek[:2].upper()
    if until.type == "numbered":
        parts["COUNT"] = str(until.numberOfOccurrences)
    elif until.type == "endDate" and until.endDate:
        parts["UNTIL"] = until.endDate.replace("-", "")
    return "RRULE:" + ";".join(f"{name}={value}" for name, value in parts.items())


def _read(at: When) -> datetime:
    try:
        found = datetime.fromisoformat(at.dateTime).replace(microsecond=0)
        return found if found.tzinfo else found.replace(tzinfo=zone(at.timeZone) or UTC)
    except (ValueError, OverflowError) as problem:
        raise Unreadable("A time is not written as Exchange writes it.") from problem
