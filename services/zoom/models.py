"""Zoom's own shapes: only the fields we read. https://developers.zoom.us/docs/api/meetings/"""

from datetime import UTC, datetime

from msgspec import Struct

from shared.errors import Unreadable

MeetingId = int | str
"""A number of up to eleven digits, which some events write as text."""


class User(Struct, frozen=True):
    """Whoever consented."""

    id: str
    account_id: str = ""
    email: str = ""
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    created_at: str = ""

    @property
    def name(self) -> str:
        return self.display_name or f"{self.first_name} {self.last_name}".strip()


class Meeting(Struct):
    """A meeting as it was scheduled; a series is one, whatever took place of it."""

    id: MeetingId
    host_id: str = ""
    topic: str = ""
    type: int = 0
    start_time: str = ""
    duration: int | None = None
    timezone: str = ""
    agenda: str = ""
    created_at: str = ""
    join_url: str = ""
    pmi: MeetingId = ""


class Scheduled(Struct):
    """A meeting, with its host where that is who consented."""

    meeting: Meeting
    host: User | None = None


class Past(Struct):
    """What took place: one time of one meeting, known by its `uuid`."""

    uuid: str
    id: MeetingId
    start_time: str
    end_time: str = ""
    host_id: str = ""
    user_name: str = ""
    user_email: str = ""
    topic: str = ""
    type: int = 0
    timezone: str = ""
    duration: int | None = None
    participants_count: int | None = None


class Participant(Struct, frozen=True):
    """Somebody who was there, once for each time of coming; guests have no id and no address."""

    id: str = ""
    name: str = ""
    user_email: str = ""
    join_time: str = ""
    leave_time: str = ""


class Held(Struct):
    """What took place and who was there, as far as the plan of the account tells."""

    meeting: Past
    participants: list[Participant] = []


class Attendee(Struct):
    """Whom an event is about; `email` and `id` are empty for guests."""

    user_id: str = ""
    user_name: str = ""
    id: str = ""
    participant_uuid: str = ""
    email: str = ""
    join_time: str = ""
    leave_time: str = ""
    leave_reason: str = ""


class Attended(Struct):
    """Somebody came or went."""

    uuid: str
    id: MeetingId
    participant: Attendee
    topic: str = ""


def moment(text: str) -> datetime:
    """RFC 3339, as Zoom writes it; raises Unreadable."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise Unreadable("A time is not written as RFC 3339 says.") from problem


def given(**facts: str) -> dict[str, str]:
    """Those facts that there are."""
    return {name: fact for name, fact in facts.items() if fact}
