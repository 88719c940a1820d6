"""Channels walked upwards and back again: what is new, edited, deleted, hidden, or cannot be seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.discord.dialect import Lacking
from services.discord.history import WITHHELD
from services.discord.ids import at, first_of, latest
from services.discord.server import REST
from services.discord.sync import MOST, WINDOW, Walk, latest_before, whole
from shared.errors import ItemGone, Unavailable, Unreadable
from shared.types import Page, Resource
from tests.fakes.api import Answer
from tests.providers.discord.material import (
    BOT,
    HERE,
    MESSAGES,
    NOW,
    Room,
    ago,
    api,
    records,
    said,
    versions,
    walk,
)

pytestmark = pytest.mark.anyio

HOUR, DAY = 3600.0, 86_400.0


def last(pages: list[Page]) -> Any:
    return pages[-1].cursor


def room(count: int, *, since: float = HOUR) -> Room:
    """So many messages, a second apart."""
    return Room(*(since + number for number in range(count)))


def deleted(pages: list[Page]) -> list[str]:
    return [it.message.id for it in versions(records(pages)) if it.message.deleted]


def test_11_ids_tell_the_time_and_times_give_ids() -> None:
    assert at("175928847299117063") == datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC)
    moment = datetime(2026, 1, 5, 8, 0, 0, 123_000, tzinfo=UTC)
    assert at(first_of(moment)) == moment
    assert first_of(datetime(2010, 1, 1, tzinfo=UTC)) == "0"
    assert latest("9", None, "10", "") == "10"
    assert latest() == ""
    assert at("18446744073709551615").year == 2154


async def test_5_pages_come_newest_first_and_the_mark_is_the_largest_id_of_all() -> None:
    it = room(250)
    calls = it.api
    pages = await walk("messages", calls)
    assert [len(page.records) for page in pages] == [100, 100, 50]
    assert [message.id for message in said(pages)] == it.ids
    marks = [page.cursor.mark for page in pages]
    assert marks == [it.ids[99], it.ids[199], it.ids[249]]
    assert [call.params["after"] for call in calls.asked] == ["0", it.ids[99], it.ids[199]]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2)])
async def test_6_a_full_page_is_not_the_last_and_an_empty_one_is(count: int, pages: int) -> None:
    found = await walk("messages", room(count).api)
    assert len(found) == pages
    assert len(records(found)) == count
    assert not whole(last(found)), "the next walk is not one of everything"


async def test_a_walk_that_was_cut_goes_on_from_its_page() -> None:
    it = room(250)
    first, *_ = await walk("messages", it.api)
    assert first.cursor.whole
    calls = it.api
    rest = await walk("messages", calls, first.cursor)
    assert {message.id for message in said([first, *rest])} == set(it.ids)
    assert not last(rest).whole


async def test_what_comes_later_begins_a_minute_before_the_mark() -> None:
    it = room(3)
    mark = last(await walk("messages", it.api))
    late = it.say(HOUR - 30)
    calls = it.api
    pages = await walk("messages", calls, mark)
    assert late in {message.id for message in said(pages)}
    assert at(mark.mark) - at(calls.asked[0].params["after"]) == timedelta(minutes=1)


async def test_a_first_walk_proves_absence_and_no_other_does() -> None:
    assert whole(Walk())
    assert not whole(Walk("1"))
    assert not whole(Walk(looked="2026-01-05T08:00:00+00:00"))


async def test_7_an_empty_list_of_a_channel_that_has_messages_proves_nothing() -> None:
    it, where = room(5), Resource(HERE.id, "", (), {**HERE.facts, "last": ago(HOUR)})
    it.lost = Lacking("no history")
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{where.facts['last']}"] = it.lost
    with pytest.raises(Lacking):
        await walk("messages", calls, resource=where)
    calls.answers["GET", f"{MESSAGES}/{where.facts['last']}"] = Answer(it.rows[ago(HOUR)])
    with pytest.raises(Unavailable):
        await walk("messages", calls, resource=where)


async def test_7_where_the_last_message_was_deleted_an_empty_list_is_the_truth() -> None:
    where = Resource(HERE.id, "", (), {**HERE.facts, "last": ago(HOUR)})
    calls = room(0).api
    calls.answers["GET", f"{MESSAGES}/{where.facts['last']}"] = ItemGone()
    assert records(await walk("messages", calls, resource=where)) == []


@pytest.mark.parametrize("name", ["withheld", "withheld_bot"])
async def test_8_what_is_withheld_is_counted_and_makes_nothing_look_deleted(name: str) -> None:
    it = room(2)
    it.say(10.0, **{key: api(f"message.{name}")[key] for key in ("content", "author")})
    pages: list[Page] = []
    with pytest.raises(ItemGone, match="content"):
        pages += await walk("messages", it.api)
    known = Walk(it.ids[0], looked=moment())
    pages = await walk("messages", it.api, known)
    assert pages[0].excluded == {WITHHELD: 1}
    assert len(said(pages)) == 2


async def test_what_the_bot_said_itself_is_not_told() -> None:
    it = room(1)
    it.say(5.0, author={"id": BOT, "username": "hub"})
    assert [message.id for message in said(await walk("messages", it.api))] == it.ids[:1]


async def test_a_forum_has_threads_and_no_messages() -> None:
    where = Resource(HERE.id, "", (), {**HERE.facts, "type": "15"})
    assert await walk("messages", Room().api, resource=where) == []


async def test_one_odd_message_spoils_no_other() -> None:
    it = room(2)
    it.say(5.0, content={"not": "text"}, embeds="odd")
    pages = await walk("messages", it.api)
    assert len(records(pages)) == 3
    told = records(pages)
    with pytest.raises(Unreadable):
        versions(told)
    assert len(versions(told[:2])) == 2


async def test_a_message_without_an_id_is_no_message() -> None:
    calls = Room().api
    calls.answers["GET", MESSAGES] = Answer([{"content": "?"}])
    with pytest.raises(Unreadable):
        await walk("messages", calls)


def moment(seconds: float = 0.0) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


def rested(it: Room, *known: str, **facts: Any) -> Walk:
    """A channel whose last days were read an hour ago, when `known` stood there."""
    return Walk(it.ids[-1], looked=moment(-HOUR), known=known, **facts)


async def test_within_the_hour_nothing_is_looked_at_again() -> None:
    it = room(5)
    cursor = Walk(it.ids[-1], looked=moment(60 - REST.total_seconds()))
    calls = it.api
    await walk("messages", calls, cursor)
    assert ["after" in call.params for call in calls.asked] == [True]


async def test_after_an_hour_edits_are_seen_and_what_is_missing_is_deleted() -> None:
    it = room(5)
    cursor = rested(it, *it.ids)
    gone = it.ids[2]
    del it.rows[gone]
    it.rows[it.ids[0]]["content"] = "changed"
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{gone}"] = ItemGone()
    pages = await walk("messages", calls, cursor)
    assert deleted(pages) == [gone]
    assert "changed" in {message.content for message in said(pages)}
    assert last(pages).known == tuple(it.ids)


async def test_24_what_is_deleted_in_bulk_is_deleted_each() -> None:
    it = room(90)
    cursor = rested(it, *it.ids)
    gone = it.ids[5:85]
    for ident in gone:
        del it.rows[ident]
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{gone[-1]}"] = ItemGone()
    assert deleted(await walk("messages", calls, cursor)) == gone
    assert len(calls.asked) == 3, "one of them is asked for by its id"


async def test_nothing_is_deleted_while_the_newest_of_it_is_still_there() -> None:
    it = room(5)
    cursor = rested(it, *it.ids, ago(10.0))
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{ago(10.0)}"] = Answer(it.rows[it.ids[0]])
    with pytest.raises(Unavailable):
        await walk("messages", calls, cursor)


async def test_nothing_is_deleted_when_the_right_to_the_history_is_lost() -> None:
    it = room(5)
    cursor = rested(it, *it.ids)
    it.lost = Lacking("no history")
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{it.ids[-1]}"] = it.lost
    with pytest.raises(Lacking):
        await walk("messages", calls, cursor)


async def test_the_last_days_are_read_down_to_their_end_and_one_page_of_what_is_older() -> None:
    it = Room(*(HOUR * number for number in range(1, 500)))
    calls = it.api
    pages = await walk("messages", calls, rested(it))
    back = [call.params for call in calls.asked if "after" not in call.params]
    covered = WINDOW.total_seconds() / HOUR
    assert len(back) == 3, "two pages of the last days, one behind them"
    assert covered <= len(last(pages).known) == 200
    assert last(pages).lap == it.ids[-300]
    again = await walk("messages", it.api, Walk(it.ids[-1], looked=moment(-HOUR), lap=it.ids[100]))
    assert last(again).lap == it.ids[0]
    assert last(await walk("messages", it.api, rested(it, lap=it.ids[50]))).lap == "", "a new lap"


async def test_what_lies_behind_the_window_is_not_taken_for_deleted() -> None:
    it = Room(*(HOUR * number for number in range(1, 500)))
    pages = await walk("messages", it.api, rested(it, "5", it.ids[-1]))
    assert deleted(pages) == []


async def test_a_busy_channel_is_looked_at_as_far_as_there_is_time() -> None:
    it = room(MOST + 150)
    pages = await walk("messages", it.api, rested(it))
    assert len(last(pages).known) == MOST


async def test_a_look_back_that_was_cut_goes_on() -> None:
    it = room(250)
    cursor = rested(it, *it.ids)
    pages = await walk("messages", it.api, cursor)
    middle = next(page.cursor for page in pages if page.cursor.seen)
    gone = it.ids[10]
    del it.rows[gone]
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{gone}"] = ItemGone()
    rest = await walk("messages", calls, middle)
    assert deleted(rest) == [gone]
    assert len(last(rest).known) == 249


def test_the_older_page_is_never_within_the_last_days() -> None:
    assert latest_before("", "50") == "50"
    assert latest_before("70", "50") == "50"
    assert latest_before("9", "50") == "9"


async def test_a_deletion_outdoes_every_version_before_it() -> None:
    it = room(2)
    cursor = rested(it, *it.ids)
    gone = it.ids[0]
    edited = {**it.rows.pop(gone), "edited_timestamp": moment(-60)}
    calls = it.api
    calls.answers["GET", f"{MESSAGES}/{gone}"] = ItemGone()
    (tombstone,) = [
        it for it in versions(records(await walk("messages", calls, cursor))) if it.message.deleted
    ]
    it.rows[gone] = edited
    found = versions(records(await walk("messages", it.api)))
    assert tombstone.revision > max(one.revision for one in found)
    assert len(tombstone.revision) == len(found[0].revision)
