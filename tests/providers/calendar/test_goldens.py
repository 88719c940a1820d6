"""Every recorded file against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew.

The files are ours, in the shapes that Apple's, Nextcloud's, Fastmail's, Google's and Microsoft's calendars
write and that RFC 5545 shows.
"""

import pytest

from services.calendar.parts import split
from shared.errors import Unreadable
from shared.normalizer import encode
from tests.contract.reading import data, golden
from tests.providers.calendar.material import PAYLOADS, body, message, of, one

NAMES = sorted(it.stem for it in PAYLOADS.glob("*.ics"))
BROKEN = "broken.beside_good"


@pytest.mark.parametrize("name", [it for it in NAMES if it != BROKEN])
def test_a_recorded_file_becomes_its_golden(name: str) -> None:
    golden(data("calendar") / f"expected/{name}.json", map(encode, of(body(name))))


def test_a_broken_event_costs_nothing_but_itself() -> None:
    parts = split(body(BROKEN)).parts
    good, bad, odd = (one(it, {}) for it in parts)
    assert message(good).title == "Good"
    with pytest.raises(Unreadable, match="when it begins"):
        message(bad)
    found = message(odd)
    assert (found.title, found.metadata["start"]) == (
        "Ends at no time",
        "2026-03-05T10:00:00+00:00",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_taken_apart_and_read_again_as_the_same(name: str) -> None:
    for part in split(body(name)).parts:
        (again,) = split(part.ics.encode()).parts
        assert again == part
