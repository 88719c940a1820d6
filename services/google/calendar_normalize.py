"""From an event to a Message: when, with whom, how often, and which one of a series."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.google import text
from services.google.calendar_models import Event, File, Told, When, Who
from shared.errors import Unreadable
from shared.normalizer import Attachment, Message, Person, Recipient


def event(it: Told) -> Message:
    """One event: a series is one item, each changed or cancelled instance another one."""
    its, calendar = it.event, it.calendar
    host = its.organizer or its.creator
    updated = moment(its.updated or it.seen)
    return Message(
        id=f"{calendar}:{its.id}",
        source="google_calendar",
        type="event",
        timestamp=moment(its.created) if its.created else updated,
        updated_at=updated,
        content=text.of_either(its.description),
        author=_person(host) if host else None,
        title=text.tidy(its.summary),
        url=its.htmlLink,
        thread_id=f"{calendar}:{its.recurringEventId or its.id}",
        parent_id=f"{calendar}:{its.recurringEventId}" if its.recurringEventId else "",
        recipients=tuple(_recipients(its)),
        attachments=tuple(_files(its.attachments)),
        metadata={name: fact for name, fact in _facts(calendar, its).items() if fact},
    )


def moment(at: str) -> datetime:
    """RFC 3339, as Google writes it; raises Unreadable."""
    try:
        found = datetime.fromisoformat(at)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise Unreadable("A time is not written as RFC 3339 says.") from problem


def written(at: When | None) -> str:
    """A day as it is, a moment with its offset: where there is none, the zone beside it tells."""
    if at is None or not at.dateTime:
        return at.date if at else ""
    try:
        found = datetime.fromisoformat(at.dateTime)
        if found.tzinfo is None and at.timeZone:
            return found.replace(tzinfo=ZoneInfo(at.timeZone)).isoformat()
    except (ValueError, LookupError, OSError):  # a zone that nobody here knows
        return at.dateTime
    return at.dateTime


def _facts(calendar: str, it: Event) -> dict[str, str]:
    own = next((one for one in it.attendees if one.self), None)
    whole = bool(it.start and it.start.date)
    return {
        "calendar_id": calendar,
        "status": it.status,
        "start": written(it.start),
        "end": "" if it.endTimeUnspecified else written(it.end),
        "last_day": _day_before(it.end) if whole else "",
        "all_day": "true" if whole else "",
        "time_zone": it.start.timeZone if it.start else "",
        "original_start": written(it.originalStartTime),
        "recurrence": "\n".join(it.recurrence),
        "ical_uid": it.iCalUID,
        "sequence": str(it.sequence) if it.sequence else "",
        "location": text.tidy(it.location),
        "meet_link": it.hangoutLink,
        "event_type": it.eventType,
        "visibility": it.visibility,
        "transparency": it.transparency,
        "response_status": own.responseStatus if own else "",
        "attendees_omitted": "true" if it.attendeesOmitted else "",
    }


def _day_before(end: When | None) -> str:
    """Google's last day is the first one that is free again."""
    try:
        return str(date.fromisoformat(end.date) - timedelta(days=1)) if end else ""
    except (ValueError, OverflowError):
        return ""


def _recipients(it: Event) -> Iterator[Recipient]:
    """The organizer once, then everybody who is invited, rooms too."""
    host = it.organizer and _person(it.organizer)
    if host:
        yield Recipient(id=host.id, name=host.name, email=host.email, role="organizer")
    for one in it.attendees:
        guest = _person(one)
        if guest and not (host and guest.id == host.id):
            yield Recipient(id=guest.id, name=guest.name, email=guest.email, role="attendee")


def _person(it: Who) -> Person | None:
    email = it.email.strip().lower()
    ident = email or it.id
    return Person(id=ident, name=it.displayName, email=email) if ident or it.displayName else None


def _files(files: list[File]) -> Iterator[Attachment]:
    for it in files:
        if it.fileId or it.fileUrl:
            yield Attachment(
                id=it.fileId or it.fileUrl, name=it.title, url=it.fileUrl, type=it.mimeType
            )
