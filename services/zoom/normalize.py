"""Zoom's words in ours. Pure: no clock, no network, no database."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from services.zoom.models import (
    Attended,
    Held,
    Meeting,
    MeetingId,
    Participant,
    Past,
    Scheduled,
    given,
    moment,
)
from shared.errors import Unreadable
from shared.normalizer import Message, Person, Recipient

KINDS = {
    1: "instant",
    2: "scheduled",
    3: "recurring_without_time",
    4: "personal",
    8: "recurring",
    10: "screen_share",
}
MOST = 1000
"""People of a meeting who are named; `participants_count` counts them all."""


def scheduled(it: Scheduled) -> Message:
    """A meeting as it was planned. Without a time, or a series: it was made when it was made."""
    its, host = it.meeting, it.host
    when = its.created_at or its.start_time
    if not when:
        raise Unreadable("A meeting has no time at all.")
    author = Person(its.host_id, host.name, host.email.lower()) if host else Person(its.host_id)
    return Message(
        id=str(its.id),
        source="zoom",
        type="meeting",
        timestamp=moment(when),
        content=its.agenda.strip(),
        author=author if its.host_id else None,
        title=its.topic,
        url=its.join_url,
        thread_id=str(its.id),
        metadata=given(
            status="scheduled", start=its.start_time, join_url=its.join_url, **_about(its)
        ),
    )


def held(it: Held) -> Message:
    """One time of a meeting, with everybody who was there once."""
    its = it.meeting
    host = Person(its.host_id, its.user_name, its.user_email.lower())
    status = "ended" if its.end_time else "started"
    count = "" if its.participants_count is None else str(its.participants_count)
    return Message(
        id=its.uuid,
        source="zoom",
        type="meeting",
        timestamp=moment(its.start_time),
        updated_at=moment(its.end_time) if its.end_time else None,
        author=host if host != Person() else None,
        title=its.topic,
        thread_id=str(its.id),
        recipients=tuple(_attending(it.participants, its)),
        metadata=given(
            status=status,
            uuid=its.uuid,
            start=its.start_time,
            end=its.end_time,
            participants_count=count,
            **_about(its),
        ),
    )


def started(it: Past) -> Message:
    """One time of a meeting that goes on; what it was is told when it has ended."""
    return held(Held(it))


def attended(it: Attended) -> Message:
    """Somebody came to a meeting or left it; a guest has nothing but a name."""
    one = it.participant
    verb, when = ("left", one.leave_time) if one.leave_time else ("joined", one.join_time)
    author = Person(one.id, one.user_name, one.email.lower())
    same = "\0".join((one.participant_uuid or one.user_id, one.user_name, when))
    ident = sha256(same.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return Message(
        id=f"{it.uuid}:{verb}:{ident}",
        source="zoom",
        type="meeting_event",
        timestamp=moment(when),
        content=f"{one.user_name or 'Somebody'} {verb}",
        author=author if author != Person() else None,
        title=it.topic,
        thread_id=it.uuid,
        parent_id=it.uuid,
        metadata=given(
            event=f"participant_{verb}",
            meeting_id=str(it.id),
            uuid=it.uuid,
            leave_reason=one.leave_reason,
        ),
    )


def _attending(people: Iterable[Participant], its: Past) -> Iterator[Recipient]:
    """The host first, then everybody else; who came twice is one."""
    seen: set[str] = set()
    if its.host_id:
        yield Recipient(its.host_id, its.user_name, its.user_email.lower(), "organizer")
        seen.add(its.host_id)
    for one in people:
        email = one.user_email.lower()
        key = one.id or email or one.name
        if key and key not in seen and len(seen) < MOST:
            seen.add(key)
            yield Recipient(one.id, one.name, email, "attendee")


def _about(it: Meeting | Past) -> dict[str, str]:
    number: MeetingId = it.id
    kind = KINDS.get(it.type, str(it.type or ""))
    duration = "" if it.duration is None else str(it.duration)
    personal = str(it.pmi) if isinstance(it, Meeting) else ""
    told = {"meeting_id": str(number), "host_id": it.host_id, "timezone": it.timezone}
    return {**told, "duration": duration, "meeting_type": kind, "pmi": personal}
