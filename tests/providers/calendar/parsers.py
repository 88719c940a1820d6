"""What the calendar reads besides: WebDAV's XML, iCalendar streams, and series as their occurrences."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from services.calendar import dav, expand
from services.calendar.dialect import NotDav
from services.calendar.parts import split
from shared.errors import Unreadable
from tests.providers.calendar.material import message, one

BEGIN, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def multistatus(data: bytes) -> object:
    with suppress(NotDav):
        return dav.read(data)
    return None


def stream(data: bytes) -> object:
    found = []
    for part in split(data).parts:
        with suppress(Unreadable):
            found.append(message(one(part, {})))
    return found


def occurrences(data: bytes) -> object:
    return list(islice(expand.occurrences(data, BEGIN, END), 20))


PARSERS = {"multistatus": multistatus, "stream": stream, "occurrences": occurrences}
