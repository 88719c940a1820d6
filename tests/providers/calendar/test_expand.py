"""Series as their occurrences: changes of the clocks, exceptions, ends, and rules that never end."""

from datetime import UTC, datetime

import pytest

from services.calendar import expand
from tests.providers.calendar.material import body
from tests.providers.calendar.parsers import PARSERS

LINES = ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z", "SUMMARY:S")


def series(*lines: str) -> bytes:
    return "\r\n".join((*LINES, *lines, "END:VEVENT", "END:VCALENDAR", "")).encode()


def starts(ics: bytes, begin: str, end: str) -> list[str]:
    span = (datetime.fromisoformat(it).replace(tzinfo=UTC) for it in (begin, end))
    return [f"{at:%m-%d %H:%M}" for at, _ in expand.occurrences(ics, *span)]


@pytest.mark.parametrize(
    ("lines", "begin", "end", "expected"),
    [
        (  # the last Sunday of March: wall time stays
            ("DTSTART;TZID=Europe/Berlin:20260322T090000", "RRULE:FREQ=WEEKLY;COUNT=3"),
            "2026-03-01",
            "2026-05-01",
            ["03-22 08:00", "03-29 07:00", "04-05 07:00"],
        ),
        (  # the last Sunday of October
            ("DTSTART;TZID=Europe/Berlin:20261018T090000", "RRULE:FREQ=WEEKLY;COUNT=3"),
            "2026-10-01",
            "2026-12-01",
            ["10-18 07:00", "10-25 08:00", "11-01 08:00"],
        ),
        (  # UNTIL is inclusive
            ("DTSTART:20260301T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260303T090000Z"),
            "2026-03-01",
            "2026-04-01",
            ["03-01 09:00", "03-02 09:00", "03-03 09:00"],
        ),
        (  # an exception in UTC of a series with a zone
            (
                "DTSTART;TZID=Europe/Berlin:20260302T090000",
                "RRULE:FREQ=DAILY;COUNT=3",
                "EXDATE:20260303T080000Z",
            ),
            "2026-03-01",
            "2026-04-01",
            ["03-02 08:00", "03-04 08:00"],
        ),
        (  # a day that most years do not have
            ("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"),
            "2027-03-01",
            "2028-02-29",
            [],
        ),
        (
            ("DTSTART:20260131T090000Z", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3"),
            "2026-01-01",
            "2026-12-31",
            ["01-31 09:00", "03-31 09:00", "05-31 09:00"],
        ),
        (("DTSTART:20260305T100000Z",), "2026-03-01", "2026-04-01", ["03-05 10:00"]),
        (("DTSTART:20260305T100000Z",), "2026-03-06", "2026-04-01", []),
    ],
    ids=["spring", "autumn", "until", "exdate", "leap", "31st", "lone", "past"],
)
def test_occurrences(lines: tuple[str, ...], begin: str, end: str, expected: list[str]) -> None:
    assert starts(series(*lines), begin, end) == expected


def test_a_rule_without_end_is_worked_out_within_the_time_alone() -> None:
    ics = series("DTSTART:20000101T090000Z", "RRULE:FREQ=DAILY")
    assert len(starts(ics, "2026-03-01", "2026-03-31")) == 30
    assert (
        len(
            starts(
                series("DTSTART:20260101T000000Z", "RRULE:FREQ=HOURLY"), "2026-01-01", "2027-01-01"
            )
        )
        == expand.MOST
    )


@pytest.mark.parametrize("often", ["SECONDLY", "MINUTELY"])
def test_a_rule_by_the_second_is_told_as_one(often: str) -> None:
    ics = series("DTSTART:20260301T090000Z", f"RRULE:FREQ={often}")
    assert len(starts(ics, "2026-03-01", "2026-04-01")) == 1


def idents(name: str) -> list[str]:
    span = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    return [part.ident for _, part in expand.occurrences(body(name), *span)]


def test_what_follows_a_change_has_ids_of_its_own() -> None:
    found = idents("series.this_and_future")
    assert len(set(found)) == len(found) > 5


def test_a_moved_occurrence_stands_where_it_was_moved_to_under_its_first_name() -> None:
    found = idents("series.moved")
    assert "5f1c@acme.example#20260323T080000Z" in found
    assert "5f1c@acme.example#20260316T080000Z" not in found, "it was taken out"
    assert len(found) == 8


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 99, b"BEGIN:VCALENDAR\r\n" * 9, b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VTODO"],
)
def test_nonsense_is_unreadable_and_nothing_worse(name: str, data: bytes) -> None:
    from shared.errors import Unreadable  # noqa: PLC0415 - the one answer to it

    try:
        PARSERS[name](data)
    except Unreadable:
        return
