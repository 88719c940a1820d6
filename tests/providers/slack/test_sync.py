"""Walks through conversations that go on meanwhile: nothing is lost, and nothing is told twice."""

from typing import Any

import pytest
from msgspec import json, structs

from services.slack import rescan, sync
from services.slack.channels import KINDS, Walk
from shared.errors import ItemGone, RateLimited, Refused, Unreadable
from shared.normalizer import Message
from shared.types import Page, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.slack.material import NOW, ROOM, Room, said, walk

pytestmark = pytest.mark.anyio

AUTH = {"ok": True, "user_id": "U0B", "team_id": "T01", "team": "Acme", "bot_id": "B0B"}
ORG = AUTH | {"team_id": None, "enterprise_id": "E01", "is_enterprise_install": True}
HOUR = 3600.0


def ids(*stamps: str) -> set[str]:
    return {f"C02:{ts}" for ts in stamps}


def clock(hours: float = 0.0) -> Any:
    return {"clock": lambda: NOW + hours * HOUR}


@pytest.mark.parametrize("most", [999, 15, 1])
async def test_14_everything_is_told_in_pages_of_any_size(most: int) -> None:
    room = Room(most)
    first = [room.say(second) for second in range(40)]
    answers = [room.say(50 + n, thread_ts=first[n % 3]) for n in range(20)]
    pages = await walk("messages", room.api)
    assert set(said(pages)) == ids(*first, *answers)
    told = [it.payload for page in pages for it in page.records]
    assert len(told) == len(first) + len(answers), "each once"
    assert room.api.asked[0].params["limit"] == "999"


async def test_12_an_empty_page_with_a_cursor_is_not_the_end() -> None:
    room = Room(2)
    stamps = [room.say(second) for second in range(5)]
    room.empty_pages = 2
    assert set(said(await walk("messages", room.api))) == ids(*stamps)


async def test_12_a_page_without_metadata_is_the_last() -> None:
    turns: list[dict[str, Any]] = [{}, {"response_metadata": None}, {"response_metadata": {}}]
    for turn in turns:
        body: dict[str, Any] = {"ok": True, "messages": [], **turn}
        (page,) = await walk("messages", FakeApi({("GET", "/conversations.history"): Answer(body)}))
        assert page.cursor == sync.Walk(mark=sync.BEFORE_ALL)


async def test_the_mark_moves_when_a_walk_is_complete_and_not_before() -> None:
    room = Room(2)
    stamps = [room.say(second * 1000) for second in range(5)]
    pages = await walk("messages", room.api)
    assert [page.cursor.mark for page in pages] == ["", "", stamps[-1]]
    late = room.say(10_000)
    fresh = await walk("messages", room.api, pages[-1].cursor)
    assert room.api.asked[-1].params["oldest"] < stamps[-1], "it looks back a little"
    assert set(said(fresh)) == ids(late, stamps[-1])
    assert fresh[-1].cursor.mark == late


async def test_a_walk_that_was_cut_off_goes_on_from_its_cursor() -> None:
    room = Room(3)
    stamps = [room.say(second * 1000) for second in range(10)]
    answers = [room.say(second * 1000 + 1, thread_ts=stamps[second]) for second in range(10)]
    whole = await walk("messages", room.api)
    for cut in range(len(whole) - 1):
        room.say(20_000 + cut)
        rest = await walk("messages", room.api, whole[cut].cursor)
        assert ids(*stamps, *answers) <= set(said(whole[: cut + 1] + rest))
        assert rest[-1].cursor.mark == stamps[-1], "what was said meanwhile is for the next walk"


async def test_what_is_said_during_a_walk_comes_with_the_next() -> None:
    room = Room(2)
    stamps = [room.say(second) for second in range(6)]

    def talking(call: Call) -> Answer:
        answer = room.history(call)
        stamps.append(room.say(1000 + len(stamps)))
        return answer

    room.api.answers["GET", "/conversations.history"] = talking
    first = await walk("messages", room.api)
    room.api.answers["GET", "/conversations.history"] = room.history
    second = await walk("messages", room.api, first[-1].cursor)
    assert set(said(first + second)) == ids(*stamps)


async def test_a_thread_that_vanished_does_not_stop_the_walk() -> None:
    room = Room()
    gone = room.say(1)
    answer = room.say(2, thread_ts=gone)
    kept = room.say(3)
    room.api.answers["GET", "/conversations.replies"] = ItemGone()
    assert set(said(await walk("messages", room.api))) == ids(gone, kept) - ids(answer)


async def test_a_conversation_that_is_closed_ends_its_own_walk_only() -> None:
    with pytest.raises(ItemGone):
        await walk("messages", FakeApi({("GET", "/conversations.history"): ItemGone()}))


async def test_13_a_limit_in_the_middle_keeps_what_was_stored() -> None:
    room = Room(2)
    stamps = [room.say(second) for second in range(6)]
    asked = 0

    def limited(call: Call) -> Any:
        nonlocal asked
        asked += 1
        return RateLimited("wait", retry_after=60) if asked == 3 else room.history(call)

    room.api.answers["GET", "/conversations.history"] = limited
    found: list[Page] = []

    async def keep() -> None:
        async for page in sync.messages(room.api, sync.Walk(), ROOM):
            found.append(page)

    with pytest.raises(RateLimited):
        await keep()
    found += await walk("messages", room.api, found[-1].cursor)
    assert set(said(found)) == ids(*stamps)
    assert asked == 4, "nothing was asked for twice"


async def test_a_new_reply_to_an_old_message_is_found() -> None:
    room = Room()
    old, last = room.say(0), room.say(50_000)
    pages = await walk("messages", room.api)
    again = await walk("replies", room.api, **clock())
    reply = room.say(101_000, thread_ts=old)
    assert set(said(await walk("messages", room.api, pages[-1].cursor))) == ids(last)
    found = await walk("replies", room.api, again[-1].cursor, **clock(1))
    assert set(said(found)) == ids(old, last, reply)
    quiet = await walk("replies", room.api, found[-1].cursor, **clock(2))
    assert set(said(quiet)) == ids(old, last), "a thread that is quiet is not read again"


async def test_edits_and_reactions_that_no_event_told_are_found() -> None:
    room = Room()
    ts = room.say(0, "said badly")
    before = await walk("replies", room.api, **clock())
    room.rows[ts] |= {
        "text": "said better",
        "edited": {"user": "U07", "ts": "1767690000.000000"},
        "reactions": [{"name": "tada", "count": 2}],
    }
    after = await walk("replies", room.api, before[-1].cursor, **clock(1))
    message = json.decode(said(after)[f"C02:{ts}"], type=Message)
    assert (message.content, message.metadata["reactions"]) == ("said better", "tada:2")
    (record,) = after[0].records
    assert record.revision == "1767690000.000000"


@pytest.mark.parametrize("most", [999, 3])
async def test_what_is_not_listed_any_more_was_deleted(most: int) -> None:
    room = Room(most)
    stamps = [room.say(second * 100) for second in range(10)]
    before = await walk("replies", room.api, **clock())
    for ts in (stamps[0], stamps[4], stamps[9]):
        del room.rows[ts]
    late = room.say(5000)
    after = await walk("replies", room.api, before[-1].cursor, **clock(1))
    removed = {it.revision for page in after for it in page.records if it.removed}
    gone = [key for key, body in said(after).items() if json.decode(body, type=Message).deleted]
    assert set(gone) == ids(stamps[0], stamps[4], stamps[9])
    assert set(said(after)) == ids(*stamps, late)
    assert min(removed) > late, "a deletion is newer than every version"
    calm = await walk("replies", room.api, after[-1].cursor, **clock(2))
    assert not [it for page in calm for it in page.records if it.removed], "it is told once"


async def test_what_only_grew_too_old_was_not_deleted() -> None:
    room = Room()
    old, young = room.say(0), room.say(90_000)
    before = await walk("replies", room.api, **clock())
    after = await walk("replies", room.api, before[-1].cursor, **clock(7 * 24 - 20))
    assert set(said(after)) == ids(young, old), "the lap comes by"
    assert old not in after[-1].cursor.known
    assert not [it for page in after for it in page.records if it.removed]


async def test_a_busy_conversation_is_looked_at_as_far_as_its_last_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescan, "MOST", 4)
    room = Room(2)
    stamps = [room.say(second) for second in range(10)]
    before = await walk("replies", room.api, **clock())
    assert set(before[-1].cursor.known) == set(stamps[-4:])
    del room.rows[stamps[-1]], room.rows[stamps[-3]]
    after = await walk("replies", room.api, before[-1].cursor, **clock(1))
    removed = [it for page in after for it in page.records if it.removed]
    assert len(removed) == 2
    for second in range(20, 23):
        room.say(second)
    pushed = await walk("replies", room.api, after[-1].cursor, **clock(2))
    assert not [it for page in pushed for it in page.records if it.removed], "only out of sight"


async def test_a_tombstone_in_the_history_is_a_deletion() -> None:
    room = Room()
    ts = room.say(0, "This message was deleted.", subtype="tombstone")
    (page,) = await walk("messages", room.api)
    assert json.decode(said([page])[f"C02:{ts}"], type=Message).deleted
    assert page.records[0].revision > ts


async def test_what_this_app_said_is_not_told() -> None:
    room = Room()
    kept = room.say(3, user="U0D", bot_id="B09")
    room.say(1, user="U0B", bot_id="B0B")
    room.say(2, user=None, bot_id="B0B", subtype="bot_message")
    room.say(4, subtype="channel_join")
    assert set(said(await walk("messages", room.api))) == ids(kept)
    person = Resource("C02", "ops", (), {"type": "channel"})
    assert len(said(await walk("messages", room.api, resource=person))) == 3


async def test_what_this_app_said_is_not_told_to_a_persons_account_either() -> None:
    room = Room()
    typed = room.say(1)
    other = room.say(2, bot_id="B09", app_id="A09")
    room.say(3, user="U0B", bot_id="B0B", app_id="A01")
    room.say(4, bot_id="B0B", bot_profile={"app_id": "A01"})
    person = Resource("C02", "ops", (), {"type": "channel", "app": "A01"})
    assert set(said(await walk("messages", room.api, resource=person))) == ids(typed, other)


@pytest.mark.parametrize("name", ["messages", "replies"])
async def test_a_cursor_that_slack_forgot_begins_the_walk_anew(name: str) -> None:
    room = Room(2)
    stamps = [room.say(second) for second in range(6)]
    first, *_ = await walk(name, room.api, **({} if name == "messages" else clock()))

    def forgetful(call: Call) -> Any:
        return (
            Refused("invalid_cursor") if call.params.get("cursor") == "lost" else room.history(call)
        )

    room.api.answers["GET", "/conversations.history"] = forgetful
    lost = structs.replace(first.cursor, next="lost")
    found = await walk(name, room.api, lost, **({} if name == "messages" else clock()))
    assert set(said(found)) == ids(*stamps)
    room.api.answers["GET", "/conversations.history"] = Refused("invalid_arguments")
    with pytest.raises(Refused):
        await walk(name, room.api, lost)


async def test_a_row_without_a_ts_is_unreadable() -> None:
    body = {"ok": True, "messages": [{"type": "message", "text": "?"}]}
    with pytest.raises(Unreadable):
        await walk("messages", FakeApi({("GET", "/conversations.history"): Answer(body)}))


def conversations(call: Call) -> Any:
    """One conversation of each kind, the public ones on two pages; private ones may not be seen."""
    rows: dict[str, list[dict[str, Any]]] = {
        "public_channel": [{"id": "C02", "name": "ops"}, {"id": "C03", "name": "dev"}],
        "mpim": [{"id": "G05", "is_mpim": True, "is_private": True, "name": "mpdm-a--b-1"}],
        "im": [{"id": "D04", "is_im": True, "user": "U07"}],
    }
    kind, after = call.params["types"], call.params.get("cursor", "")
    if kind == "private_channel":
        return ItemGone("missing_scope")
    if kind == "public_channel":
        part = rows[kind][1:] if after else rows[kind][:1]
        turn = {"next_cursor": "" if after else "two"}
        return Answer({"ok": True, "channels": part, "response_metadata": turn})
    return Answer({"ok": True, "channels": rows[kind]})


async def test_23_a_missing_scope_hides_one_kind_and_stops_nothing() -> None:
    answers: Any = {
        ("GET", "/auth.test"): Answer(AUTH),
        ("GET", "/users.conversations"): conversations,
    }
    api = FakeApi(answers)
    pages = await walk("channels", api)
    found = {it.id: it for page in pages for it in page.resources}
    assert {key: it.facts["type"] for key, it in found.items()} == {
        "C02": "channel",
        "C03": "channel",
        "G05": "mpim",
        "D04": "im",
    }
    assert found["C02"].routes == ("channel:C02",)
    assert (found["D04"].name, found["D04"].facts["bot_user"]) == ("U07", "U0B")
    assert pages[-1].cursor == Walk(), "it ends where it began, so that it proves what is left"
    for number, page in enumerate(pages[:-1]):
        rest = await walk("channels", api, page.cursor)
        assert [it.resources for it in rest] == [it.resources for it in pages[number + 1 :]]


async def test_a_forgotten_cursor_begins_the_kind_of_conversation_anew() -> None:
    def forgetful(call: Call) -> Any:
        lost = call.params.get("cursor") == "lost"
        return Refused("invalid_cursor") if lost else conversations(call)

    answers: Any = {
        ("GET", "/auth.test"): Answer(AUTH),
        ("GET", "/users.conversations"): forgetful,
    }
    pages = await walk("channels", FakeApi(answers), Walk("", "public_channel", "lost"))
    assert {it.id for page in pages for it in page.resources} == {"C02", "C03", "G05", "D04"}


async def test_18_an_organization_is_walked_workspace_by_workspace() -> None:
    def teams(call: Call) -> Answer:
        if "cursor" in call.params:
            return Answer({"ok": True, "teams": [{"id": "T01"}]})
        turn = {"next_cursor": "two"}
        return Answer({"ok": True, "teams": [{"id": "T02"}], "response_metadata": turn})

    def listed(call: Call) -> Answer:
        row = {"id": f"C{call.params['team_id']}", "name": "general"}
        found = [row] if call.params["types"] == "public_channel" else []
        return Answer({"ok": True, "channels": found})

    answers: Any = {
        ("GET", "/auth.test"): Answer(ORG),
        ("GET", "/auth.teams.list"): teams,
        ("GET", "/users.conversations"): listed,
    }
    pages = await walk("channels", FakeApi(answers))
    assert len(pages) == 2 * len(KINDS)
    assert [it.id for page in pages for it in page.resources] == ["CT01", "CT02"]
    assert [page.routes for page in pages] == [("team:T01", "team:T02")] + [None] * 7
    for number, page in enumerate(pages[:-1]):
        rest = await walk("channels", FakeApi(answers), page.cursor)
        assert [it.resources for it in rest] == [it.resources for it in pages[number + 1 :]]
    gone = await walk("channels", FakeApi(answers), Walk("T00", "im", "lost"))
    assert len(gone) == len(pages), "of a workspace that is gone nothing is asked"


async def test_18_a_workspace_that_goes_in_the_middle_stops_nothing() -> None:
    def listed(call: Call) -> Any:
        if call.params["team_id"] == "T01":
            return ItemGone("team_access_not_granted")
        return Answer({"ok": True, "channels": [{"id": "C11", "name": "general"}]})

    answers: Any = {
        ("GET", "/auth.test"): Answer(ORG),
        ("GET", "/auth.teams.list"): Answer({"ok": True, "teams": [{"id": "T01"}, {"id": "T02"}]}),
        ("GET", "/users.conversations"): listed,
    }
    pages = await walk("channels", FakeApi(answers))
    assert {it.id for page in pages for it in page.resources} == {"C11"}


async def test_18_an_organization_that_gave_no_workspace_yet_is_walked_in_peace() -> None:
    answers: Any = {
        ("GET", "/auth.test"): Answer(ORG),
        ("GET", "/auth.teams.list"): Answer({"ok": True, "teams": []}),
    }
    (page,) = await walk("channels", FakeApi(answers))
    assert (page.resources, page.routes, page.cursor) == ((), (), Walk())
    assert await walk("people", FakeApi(answers)) == []


async def test_a_workspaces_own_install_claims_no_other_routes() -> None:
    answers: Any = {
        ("GET", "/auth.test"): Answer(AUTH),
        ("GET", "/users.conversations"): conversations,
    }
    api = FakeApi(answers)
    api.beside = {"app_id": "A01"}
    pages = await walk("channels", api)
    assert {page.routes for page in pages} == {None}
    assert {it.facts["app"] for page in pages for it in page.resources} == {"A01"}
