"""Reading ahead changes neither the order nor what a failure leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from msgspec import Raw

from shared.errors import Unreadable
from shared.sync import ahead
from shared.sync.ahead import Reading
from shared.types import Page, Record

pytestmark = pytest.mark.anyio


async def pages(many: int, records: int = 1, error: Exception | None = None) -> AsyncIterator[Page]:
    for number in range(many):
        yield Page((Record("note", Raw(b"{}")),) * records, number)
    if error:
        raise error


async def read(reading: Reading) -> list[list[int]]:
    return [[page.cursor for page in group] async for group in reading.groups()]


def never() -> bool:
    return False


async def test_every_page_comes_once_and_in_order() -> None:
    groups = await read(Reading(pages(23), never))
    assert [it for group in groups for it in group] == list(range(23))


async def test_pages_that_are_there_come_together_until_a_group_is_full() -> None:
    assert await read(Reading(pages(5, records=250), never)) == [[0, 1], [2, 3], [4]]


async def test_what_was_read_before_a_failure_comes_first() -> None:
    groups = Reading(pages(3, error=Unreadable("no more")), never).groups()
    assert [page.cursor for page in await anext(groups)] == [0, 1, 2]
    with pytest.raises(Unreadable, match="no more"):
        await anext(groups)


async def test_a_reading_that_is_cut_hands_over_what_it_has() -> None:
    reading = Reading(pages(9), lambda: True)
    assert await read(reading) == [[0]]
    assert reading.cut


async def test_pages_without_an_end_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MOST_PAGES", 3)
    with pytest.raises(Unreadable, match="no end"):
        await read(Reading(pages(9), never))


async def test_no_more_is_read_than_fits_ahead_and_closing_stops_the_reading() -> None:
    asked = 0

    async def endless() -> AsyncIterator[Page]:
        nonlocal asked
        while True:
            asked += 1
            yield Page((Record("note", Raw(b"{}")),) * ahead.TOGETHER, asked)

    async with aclosing(Reading(endless(), never).groups()) as groups:
        await anext(groups)
        await asyncio.sleep(0.05)
    held = asked
    assert held <= ahead.WAITING + 2
    await asyncio.sleep(0.01)
    assert asked == held
