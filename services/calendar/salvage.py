"""A stream that icalendar gives up on, cut into pieces that it may read one by one.

One reminder without a time, or one time zone without an offset, would else cost a whole calendar.
"""

import re
from collections.abc import Iterator

from icalendar import Alarm

_BLOCK = re.compile(
    r"^BEGIN:(VEVENT|VTODO|VTIMEZONE)\s*?\r?\n.*?^END:\1\s*?$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_ALARM = re.compile(
    r"^BEGIN:VALARM\s*?\r?\n.*?^END:VALARM\s*?\r?\n", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_LABEL = re.compile(r"^TZID:(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(r"^(X-WR-[A-Z]+|NAME)[:;].*$", re.MULTILINE | re.IGNORECASE)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Each component as a calendar of its own, whole and then without what mostly breaks it."""
    blocks = [(it[1].upper(), it[0].strip()) for it in _BLOCK.finditer(text)]
    zones = {
        label[1]: block
        for kind, block in blocks
        if kind == "VTIMEZONE" and (label := _LABEL.search(block))
    }
    head = [it[0].strip() for it in _HEAD.finditer(text[: text.upper().find("BEGIN:VEVENT")])]
    for kind, block in blocks:
        if kind != "VTIMEZONE":
            own = [zone for label, zone in zones.items() if f"TZID={label}" in block]
            yield _calendar(head, own, block), _calendar(head, [], _ALARM.sub(_sound, block))


def _sound(alarm: re.Match[str]) -> str:
    """A reminder that can be read, or nothing."""
    try:
        Alarm.from_ical(alarm[0])
    except Exception:
        return ""
    return alarm[0]


def _calendar(head: list[str], zones: list[str], block: str) -> str:
    return "\r\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", *head, *zones, block, "END:VCALENDAR", "")
    )
