"""What walks hand on: a component with where it stood, or that it is gone.

Records of a first walk are versioned by what they say of themselves, so that a second one tells nothing
twice. Later ones are versioned by when they were seen: an event that was put back, or moved to another
calendar and home again, is older than its own tombstone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, json

from services.calendar.models import Gone, Told
from services.calendar.parts import Part
from shared.types import Record


def stamped(at: datetime) -> str:
    """A moment as revisions are written: UTC, with microseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def record(calendar: str, it: Part, seen: datetime | None, told: Mapping[str, Any]) -> Record:
    payload = json.encode(Told(calendar=calendar, ident=it.ident, ics=it.ics, **told))
    return Record(it.kind, Raw(payload), revision=stamped(seen) if seen else "")


def grave(calendar: str, ident: str, kind: str, seen: datetime) -> Record:
    payload = json.encode(Gone(calendar, ident, kind, stamped(seen)))
    return Record("gone", Raw(payload), revision=stamped(seen), removed=True)
