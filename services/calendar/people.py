"""Who is in an event, what hangs on it, and when it reminds."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from icalendar import Component

from services.calendar import times
from services.calendar.naming import broken
from services.calendar.text import tidy
from shared.normalizer import Attachment, Person, Recipient


def several(it: Component, name: str) -> list[Any]:
    """Every value of a property that could be read."""
    value = it.get(name)
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [one for one in found if not broken(one)]


def address(value: Any) -> str:
    """The mail address of a calendar user, small letters; empty where it has none."""
    text = str(value).strip()
    mail = text[7:] if text.lower().startswith("mailto:") else str(value.params.get("EMAIL", ""))
    return mail.strip().lower()


def person(value: Any) -> Person | None:
    """A calendar user: by address, else by whatever names it."""
    mail, name = address(value), tidy(str(value.params.get("CN", "")))
    ident = mail or str(value).strip()
    return (
        Person(id=ident, name="" if name == mail else name, email=mail) if ident or name else None
    )


def organizer(it: Component) -> Person | None:
    found = several(it, "ORGANIZER")
    return person(found[0]) if found else None


def recipients(it: Component) -> Iterator[Recipient]:
    """The organizer once, then everybody who is invited, rooms too."""
    seen = set()
    role = "assignee" if it.name == "VTODO" else "attendee"
    for part, name in (("organizer", "ORGANIZER"), (role, "ATTENDEE")):
        for one in map(person, several(it, name)):
            if one and one.id not in seen:
                seen.add(one.id)
                yield Recipient(id=one.id, name=one.name, email=one.email, role=part)


def answer_of(it: Component, own: tuple[str, ...]) -> str:
    """What the account's person said to the invitation, in iCalendar's word."""
    for one in several(it, "ATTENDEE"):
        if address(one) in own:
            return str(one.params.get("PARTSTAT", "NEEDS-ACTION")).upper()
    return ""


def files(it: Component) -> Iterator[Attachment]:
    """What is attached: by address, or inside the file, of which only the size is told."""
    for one in several(it, "ATTACH"):
        kind, name = str(one.params.get("FMTTYPE", "")), str(one.params.get("FILENAME", ""))
        if str(one.params.get("VALUE", "")).upper() == "BINARY":
            try:
                held = b64decode(one.to_ical(), validate=True)
            except (Error, ValueError):
                continue
            yield Attachment(id=_named(held), name=name, type=kind, size=len(held))
        elif (uri := str(one).strip()) and not uri.lower().startswith("data:"):
            web = uri.startswith(("https://", "http://"))
            last = unquote(PurePosixPath(urlsplit(uri).path).name) if web else ""
            yield Attachment(
                id=_named(uri.encode("utf-8", "replace")),
                name=tidy(name or last),
                url=uri if web else "",
                type=kind,
            )


def categories(it: Component) -> set[str]:
    found = {str(word) for one in several(it, "CATEGORIES") for word in getattr(one, "cats", [])}
    return {tidy(word).replace(",", " ") for word in found} - {""}


def conference(it: Component) -> str:
    """Where to join by video, as RFC 7986 and the great calendars say it."""
    names = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
    found = (str(one) for name in names for one in several(it, name))
    return next((uri for uri in found if uri.startswith("https://")), "")


def reminders(it: Component, begin: times.When, end: times.When | None) -> list[int]:
    """Minutes before the beginning, the longest first; negative for later ones."""
    found = set()
    for alarm in it.walk("VALARM"):
        if (before := times.span(alarm, "TRIGGER")) is not None:
            late = str(alarm["TRIGGER"].params.get("RELATED", "")).upper() == "END"
            start, stop = times.floating(begin), times.floating(end)
            found.add(-before - (stop - start) if late and start and stop else -before)
        elif (at := times.instant(times.when(alarm, "TRIGGER"))) and (
            start := times.instant(begin)
        ):
            found.add(start - at)
    return sorted({it // timedelta(minutes=1) for it in found}, reverse=True)


def _named(held: bytes) -> str:
    return sha256(held).hexdigest()[:32]
