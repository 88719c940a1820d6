"""From a component of iCalendar to a Message: when, with whom, how often, and which one of a series."""

from datetime import UTC, datetime

from icalendar import Component
from msgspec import structs

from services.calendar import facts, people, times
from services.calendar.ical import calendars
from services.calendar.models import Gone, Told
from services.calendar.text import texts, tidy
from shared.errors import Unreadable
from shared.normalizer import Message, Person

SOURCE = "calendar"


def event(it: Told) -> Message:
    """One event: a series is one item, each changed or cancelled occurrence another one."""
    its = _component(it, "VEVENT")
    begin = times.located(times.when(its, "DTSTART"), it.zone)
    if begin is None:
        raise Unreadable("The event does not say when it begins.")
    return _message(it, its, "event", facts.of_event(it, its, begin), begin)


def task(it: Told) -> Message:
    """One task, with what is known of when it is due and how far it is."""
    its = _component(it, "VTODO")
    return _message(it, its, "task", facts.of_task(it, its), times.when(its, "DTSTART"))


def gone(it: Gone) -> Message:
    """What is told of an item that is not there any more."""
    return Message(
        id=f"{it.calendar}:{it.ident}",
        source=SOURCE,
        type=it.kind,
        timestamp=datetime.fromisoformat(it.at),
    )


def _component(it: Told, name: str) -> Component:
    found = [one for each in calendars(it.ics) for one in each.walk(name)]
    if not found:
        raise Unreadable(f"There is no {name} in what was kept.")
    return found[0]


def _message(
    told: Told, it: Component, kind: str, known: dict[str, str], begin: times.When | None
) -> Message:
    updated = times.floating(times.when(it, "LAST-MODIFIED"))
    if not told.feed:  # there, it is the moment at which the feed was asked
        updated = updated or times.floating(times.when(it, "DTSTAMP"))
    made = times.floating(times.when(it, "CREATED")) or updated or times.floating(begin)
    series, whole = told.ident.partition("#")[0], f"{told.calendar}:{told.ident}"
    hidden = told.foreign and str(it.get("CLASS", "")).upper() in ("PRIVATE", "CONFIDENTIAL")
    bare = Message(
        id=whole,
        source=SOURCE,
        type=kind,
        timestamp=made or datetime(1970, 1, 1, tzinfo=UTC),
        updated_at=updated,
        thread_id=f"{told.calendar}:{series}",
        parent_id=f"{told.calendar}:{series}" if series != told.ident else "",
    )
    if hidden:
        open_ = (
            "calendar_id",
            "href",
            "status",
            "start",
            "end",
            "last_day",
            "all_day",
            "time_zone",
        )
        shown = {name: known[name] for name in (*open_, "visibility") if known.get(name)}
        return structs.replace(bare, metadata=shown)
    return structs.replace(
        bare,
        title=tidy(texts(it, "SUMMARY")),
        content=tidy(texts(it, "DESCRIPTION")),
        url=_url(it),
        author=people.organizer(it) or _owner(told),
        recipients=tuple(people.recipients(it)),
        attachments=tuple(people.files(it)),
        metadata={name: fact for name, fact in known.items() if fact},
    )


def _url(it: Component) -> str:
    found = str(it.get("URL", ""))
    return found if found.startswith(("https://", "http://")) else ""


def _owner(told: Told) -> Person | None:
    """Who made an event without an organizer: in a calendar of one's own, oneself."""
    if not told.own or told.foreign:
        return None
    return Person(id=told.own[0], email=told.own[0])
