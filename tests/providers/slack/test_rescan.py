"""What no event told is found: replies that are gone, and what happens to messages of long ago."""

import pytest
from msgspec import json

from services.slack import history, rescan
from shared.errors import ItemGone
from shared.normalizer import Message
from shared.types import Page
from tests.providers.slack.material import NOW, Room, said, walk

pytestmark = pytest.mark.anyio

DAY = 86_400.0


async def again(room: Room, after: list[Page], days: float) -> list[Page]:
    """The walk of that day."""
    cursor = after[-1].cursor if after else None
    return await walk("replies", room.api, cursor, clock=lambda: NOW + days * DAY)


def gone(pages: list[Page]) -> set[str]:
    found = {key: json.decode(body, type=Message) for key, body in said(pages).items()}
    return {key.removeprefix("C02:") for key, it in found.items() if it.deleted}


def drop(room: Room, reply: str) -> None:
    """A reply goes, and its thread gets shorter."""
    parent = room.rows[room.rows.pop(reply)["thread_ts"]]
    left = [ts for ts, row in room.rows.items() if row.get("thread_ts") == parent["ts"] != ts]
    parent |= {"reply_count": len(left), "latest_reply": max(left, default=None)}


@pytest.mark.parametrize("most", [999, 2])
async def test_5_a_reply_that_is_not_in_its_thread_any_more_was_deleted(most: int) -> None:
    room = Room(most)
    parents = [room.say(second) for second in (1, 2)]
    replies = [room.say(10 + n, thread_ts=parents[n % 2]) for n in range(8)]
    pages = await again(room, [], 0)
    for reply in (replies[0], replies[7]):
        drop(room, reply)
    pages = await again(room, pages, 0.1)
    assert gone(pages) == {replies[0], replies[7]}
    pages = await again(room, pages, 0.2)
    assert gone(pages) == set(), "it is told once"
    asked = len(room.api.asked)
    await again(room, pages, 0.3)
    assert all("replies" not in it.path for it in room.api.asked[asked:]), (
        "quiet threads cost nothing"
    )


async def test_a_reply_that_goes_while_another_comes_is_missed_too() -> None:
    room = Room()
    parent = room.say(1)
    replies = [room.say(10 + n, thread_ts=parent) for n in range(3)]
    pages = await again(room, [], 0)
    drop(room, replies[1])
    fresh = room.say(int(NOW + DAY / 10) - 1_767_600_000 - 60, thread_ts=parent)
    pages = await again(room, pages, 0.1)
    assert gone(pages) == {replies[1]}
    assert f"C02:{fresh}" in said(pages)


async def test_a_thread_that_cannot_be_read_deletes_nothing() -> None:
    room = Room()
    parent = room.say(1)
    replies = [room.say(10 + n, thread_ts=parent) for n in range(3)]
    pages = await again(room, [], 0)
    drop(room, replies[1])
    room.api.answers["GET", "/conversations.replies"] = ItemGone()
    assert gone(await again(room, pages, 0.1)) == set()


async def test_what_happens_to_messages_of_long_ago_is_found_a_page_each_walk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    room = Room()
    stamps = [room.say(second) for second in range(6)]
    pages = await again(room, [], 0)
    pages = await again(room, pages, 30)  # all is beyond the window now, and the lap begins
    late = room.say(int(NOW + 30 * DAY) - 1_767_600_000, thread_ts=stamps[1])
    room.rows[stamps[0]] |= {"text": "said better", "edited": {"user": "U07", "ts": late}}
    found: dict[str, bytes] = said(pages)
    for hour in range(1, 3):
        pages = await again(room, pages, 30 + hour / 24)
        found |= said(pages)
    assert set(found) == {f"C02:{ts}" for ts in (*stamps, late)}
    assert json.decode(found[f"C02:{stamps[0]}"], type=Message).content == "said better"
    assert pages[-1].cursor.lap == "", "the lap is over"
    for hour in range(3, 6):  # the answer came when the first lap had begun: the second looks too
        pages = await again(room, pages, 30 + hour / 24)
    asked = len(room.api.asked)
    for hour in range(6, 9):
        pages = await again(room, pages, 30 + hour / 24)
    assert all("replies" not in it.path for it in room.api.asked[asked:]), "seen by the lap before"
    assert gone(pages) == set()


async def test_a_first_walk_leaves_the_past_to_the_one_that_reads_everything() -> None:
    room = Room()
    room.say(-int(30 * DAY))
    pages = await again(room, [], 0)
    assert [call.params.get("latest") for call in room.api.asked] == [None]
    assert said(pages) == {}


async def test_what_is_remembered_of_replies_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescan, "MOST", 5)
    room = Room()
    parents = [room.say(second) for second in range(4)]
    for n in range(8):
        room.say(10 + n, thread_ts=parents[n % 4])
    pages = await again(room, [], 0)
    assert set(pages[-1].cursor.answers) == set(parents[2:])
