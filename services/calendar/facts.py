"""What stands beside the text of an event or a task, in the words that other calendars here use."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from icalendar import Component

from services.calendar import people, times
from services.calendar.models import Told
from services.calendar.text import texts, tidy

_ANSWERS = {
    "NEEDS-ACTION": "needsAction",
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "tentative",
    "DELEGATED": "delegated",
}


def _common(told: Told, it: Component) -> dict[str, str]:
    seen = str(it.get("CLASS", "")).lower()
    return {
        "calendar_id": told.calendar,
        "href": told.href,
        "original_start": times.written(times.located(times.when(it, "RECURRENCE-ID"), told.zone)),
        "recurrence": "\n".join(_rules(it)),
        "ical_uid": str(it.get("UID", "")),
        "sequence": _number(it, "SEQUENCE"),
        "priority": _number(it, "PRIORITY"),
        "location": tidy(texts(it, "LOCATION")),
        "categories": ",".join(sorted(people.categories(it))),
        "visibility": "" if seen in ("", "public") else seen,
        "join_url": people.conference(it),
    }


def of_event(told: Told, it: Component, begin: times.When) -> dict[str, str]:
    end, whole = times.end_of(it, told.zone), not isinstance(begin, datetime)
    answer = people.answer_of(it, told.own)
    return {
        **_common(told, it),
        "status": str(it.get("STATUS", "")).lower() or "confirmed",
        "start": times.written(begin),
        "end": times.written(end),
        "last_day": str(max(begin, end - timedelta(days=1))) if whole and end else "",
        "all_day": "true" if whole else "",
        "time_zone": times.zone_of(it, told.zone),
        "transparency": "transparent" if str(it.get("TRANSP", "")).upper() == "TRANSPARENT" else "",
        "response_status": _ANSWERS.get(answer, ""),
        "reminders": ",".join(map(str, people.reminders(it, begin, end))),
    }


def of_task(told: Told, it: Component) -> dict[str, str]:
    named = {name: times.located(times.when(it, name), told.zone) for name in ("DTSTART", "DUE")}
    if named["DUE"] is None and (takes := times.span(it, "DURATION")) and named["DTSTART"]:
        named["DUE"] = named["DTSTART"] + takes
    return {
        **_common(told, it),
        "status": str(it.get("STATUS", "")).lower() or "needs-action",
        "start": times.written(named["DTSTART"]),
        "due": times.written(named["DUE"]),
        "completed": times.written(times.when(it, "COMPLETED")),
        "percent_complete": _number(it, "PERCENT-COMPLETE"),
        "part_of": str(
            it.get("RELATED-TO", "") if not isinstance(it.get("RELATED-TO"), list) else ""
        ),
    }


def _rules(it: Component) -> Iterator[str]:
    """The lines that say when it happens again, as they stand there."""
    for line in it.content_lines():
        if str(line).upper().startswith(("RRULE", "RDATE", "EXDATE", "EXRULE")):
            yield str(line)


def _number(it: Component, name: str) -> str:
    value = it.get(name)
    return str(int(value)) if isinstance(value, int) and value else ""
