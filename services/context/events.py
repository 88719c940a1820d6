"""When something takes place, as a Message says it: calendars, meetings, and invitations in mails.

An invitation and the calendar's own entry have the same iCalendar UID; whichever is told first, one
event comes of it, and the calendar knows better.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from services.context.people import clean
from shared.normalizer import Message

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Event(Struct, frozen=True):
    """One telling of an event. `start` and `end` are as the provider writes them; `starts` and `ends`
    order them (a day begins at midnight UTC, and so is read a time without a zone)."""

    kind: str
    series: UUID
    precedence: str
    title: str
    uid: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    start: str = ""
    end: str = ""
    all_day: bool = False
    cancelled: bool = False
    location: str = ""
    link: str = ""


def event(it: Message, user_id: str, account_id: UUID) -> Event | None:
    """The event that the Message tells of, if it does."""
    facts = {name: clean(fact)[:500] for name, fact in it.metadata.items()}
    uid = facts.get("ical_uid") or facts.get("ics_uid") or ""
    if it.type in ("event", "meeting"):
        kind = "calendar" if it.type == "event" else "meeting"
    elif it.type == "email" and uid and facts.get("has_invite") == "true":
        kind = "invitation"
    else:
        return None
    start, end = facts.get("start", ""), facts.get("end", "")
    same = (uid, facts.get("original_start", "")) if uid else (str(account_id), it.source, it.id)
    said = facts.get("status", "").lower() in ("cancelled", "canceled")
    at = (it.updated_at or it.timestamp).astimezone(UTC).isoformat()
    return Event(
        kind=kind,
        series=UUID(bytes=sha256("\0".join((user_id, *same)).encode()).digest()[:16]),
        precedence=f"{int(kind != 'invitation')}{at}{account_id}{it.source}{it.id}",
        title=clean(it.title)[:500],
        uid=uid,
        starts=moment(start),
        ends=moment(end),
        start=start,
        end=end,
        all_day=facts.get("all_day") == "true" or bool(_DAY.fullmatch(start)),
        cancelled=said
        or facts.get("is_cancelled") == "true"
        or facts.get("invite_method", "").upper() == "CANCEL",
        location=facts.get("location", ""),
        link=facts.get("meet_link") or facts.get("join_url") or clean(it.url)[:2000],
    )


def moment(text: str) -> datetime | None:
    """A day or a time as providers write them, None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
