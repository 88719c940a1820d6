"""From an event to a Message: when, with whom, how often, and which one of a series."""

from collections.abc import Iterator

from services.microsoft import text, times
from services.microsoft.calendar_models import Event, Told
from services.microsoft.graph import Deleted, moment
from services.microsoft.mail_normalize import people
from shared.normalizer import Message, Recipient


def event(it: Told) -> Message:
    """One event: a series is one item, each occurrence that was changed another one."""
    its = it.event
    changed = moment(its.lastModifiedDateTime)
    host = next(people([its.organizer] if its.organizer else []), None)
    body = text.of(its.body.contentType, its.body.content or "") if its.body else ""
    return Message(
        id=its.id,
        source="outlook_calendar",
        type="event",
        timestamp=moment(its.createdDateTime) if its.createdDateTime else changed,
        updated_at=changed,
        content=body or text.tidy(its.bodyPreview or ""),
        author=host,
        title=text.tidy(its.subject or ""),
        url=its.webLink or "",
        thread_id=its.seriesMasterId or its.id,
        parent_id=its.seriesMasterId or "",
        recipients=tuple(_recipients(its)),
        metadata={name: text.tidy(fact) for name, fact in _facts(it).items() if fact},
    )


def deleted(it: Deleted) -> Message:
    """What is told of an event that is gone."""
    return Message(id=it.id, source="outlook_calendar", type="event", timestamp=moment(it.at))


def _facts(told: Told) -> dict[str, str]:
    it = told.event
    home = it.originalStartTimeZone
    end = times.day(it.end, home) if it.isAllDay else times.written(it.end)
    return {
        "calendar_id": told.calendar,
        "status": "cancelled" if it.isCancelled else "confirmed",
        "start": times.day(it.start, home) if it.isAllDay else times.written(it.start),
        "end": end,
        "last_day": times.day_before(end) if it.isAllDay else "",
        "all_day": "true" if it.isAllDay else "",
        "time_zone": times.called(home or (it.start.timeZone if it.start else "")),
        "original_start": it.originalStart or "",
        "recurrence": times.rule(it.recurrence) if it.recurrence else "",
        "cancelled_occurrences": ",".join(sorted(day.rpartition(".")[2] for day in told.cancelled)),
        "ical_uid": it.iCalUId or "",
        "event_type": it.type or "",
        "location": (it.location and it.location.displayName) or "",
        "join_url": (it.onlineMeeting and it.onlineMeeting.joinUrl) or it.onlineMeetingUrl or "",
        "show_as": it.showAs or "",
        "sensitivity": it.sensitivity or "",
        "response_status": (it.responseStatus and it.responseStatus.response) or "",
        "categories": ",".join(sorted(it.categories)),
    }


def _recipients(it: Event) -> Iterator[Recipient]:
    """The organizer once, then everybody who is invited, rooms too."""
    seen = set()
    for role, named in (
        ("organizer", [it.organizer] if it.organizer else []),
        ("attendee", it.attendees),
    ):
        for one in people(named):
            if one.id not in seen:
                yield Recipient(id=one.id, name=one.name, email=one.email, role=role)
            seen.add(one.id)
