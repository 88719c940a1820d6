"""Bytes as iCalendar: unfolded before they are decoded, and read by icalendar. RFC 5545 section 3.1"""

import re

from icalendar import Calendar

from shared.errors import Unreadable

_FOLD = re.compile(rb"\r?\n[ \t]")


def decoded(body: bytes) -> str:
    """The text of a stream, unfolded. Raises Unreadable for what is no iCalendar."""
    raw = _FOLD.sub(b"", body.removeprefix(b"\xef\xbb\xbf"))  # a fold may cut a character in two
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "BEGIN:VCALENDAR" not in text[:4096].upper():
        raise Unreadable("This is not an iCalendar stream.")
    return text


def calendars(text: str) -> list[Calendar]:
    """The calendars of a stream, of which there may be several. Raises Unreadable."""
    try:
        found = Calendar.from_ical(text, multiple=True)
    except Exception as problem:
        raise Unreadable("The iCalendar stream is broken.") from problem
    return [it for it in found if isinstance(it, Calendar)]
