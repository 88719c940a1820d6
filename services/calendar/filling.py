"""What a caller gives of an event, in iCalendar's properties."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from icalendar import Component, Event, vCalAddress, vText
from icalendar.parser import Contentline

from services.calendar import times
from services.calendar.asking import EventChange, Guest, When
from shared.errors import BadRequest


def fill(it: Component, data: EventChange, own: tuple[str, ...], *, invite: bool) -> None:
    """Write what was given. Raises BadRequest for times and rules that cannot be meant."""
    for name in ("summary", "description", "location"):
        if (text := getattr(data, name)) is not None:
            it.pop(name, None)
            if text:
                it.add(name, text)
    for name, at in (("dtstart", data.start), ("dtend", data.end)):
        if at is not None:
            it.pop(name, None)
            it.pop("duration", None)
            it.add(name, _when(at))
    begin, end = times.when(it, "DTSTART"), times.when(it, "DTEND")
    if end is not None and isinstance(begin, datetime) != isinstance(end, datetime):
        raise BadRequest("start and end are both days, or both moments.")
    if data.recurrence is not None:
        for name in ("RRULE", "RDATE", "EXDATE"):
            it.pop(name, None)
        for name, line in _lines(data.recurrence):
            it.add(name, line, encode=False)
    if data.attendees is not None:
        it.pop("ATTENDEE", None)
        for guest in data.attendees:
            it.add("attendee", _guest(guest, invite=invite), encode=False)
        if data.attendees and own and "ORGANIZER" not in it:
            it.add("organizer", vCalAddress(f"mailto:{own[0]}"), encode=False)


def _when(at: When) -> date | datetime:
    try:
        if at.dateTime is None:
            return date.fromisoformat(at.date or "")
        if at.timeZone:
            zone = ZoneInfo(at.timeZone)
            moment = at.dateTime
            return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, LookupError, OSError):
        raise BadRequest(
            "start and end need a date, or a dateTime with a timeZone of IANA."
        ) from None
    return at.dateTime.astimezone(UTC) if at.dateTime.tzinfo else at.dateTime


def _lines(recurrence: list[str]) -> Iterator[tuple[str, object]]:
    """The rules as icalendar reads them. Raises BadRequest for one that it cannot read."""
    body = "\r\n".join(("BEGIN:VEVENT", *map(str, map(Contentline, recurrence)), "END:VEVENT", ""))
    try:
        read = Event.from_ical(body)
    except ValueError:
        raise BadRequest("recurrence has a line that is none of RRULE, RDATE, EXDATE.") from None
    if read.errors:
        raise BadRequest("recurrence has a line that cannot be read.")
    for name in ("RRULE", "RDATE", "EXDATE"):
        value = read.get(name)
        for one in value if isinstance(value, list) else [value] * (value is not None):
            yield name, one


def _guest(it: Guest, *, invite: bool) -> vCalAddress:
    made = vCalAddress(f"mailto:{it.email}")
    made.params["ROLE"] = vText("OPT-PARTICIPANT" if it.optional else "REQ-PARTICIPANT")
    made.params["PARTSTAT"] = vText("NEEDS-ACTION")
    if it.displayName:
        made.params["CN"] = vText(it.displayName)
    if not invite:
        made.params["SCHEDULE-AGENT"] = vText("CLIENT")
    return made
