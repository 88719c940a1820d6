"""Who is meant: names come from a directory beside the message, never from a call for each of them."""

from typing import Any

import pytest

from services.slack import people
from services.slack.provider import provider
from shared.errors import ItemGone, Refused
from shared.normalizer import Message, Person, Version
from shared.sync.normalize import prepare
from shared.types import Names, Record, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.slack.material import Room, read, records, walk, webhook

pytestmark = pytest.mark.anyio

AUTH = {"ok": True, "user_id": "U0B", "team_id": "T01", "team": "Acme", "bot_id": "B0B"}
NAMES = {"U07": "ana", "U09": "bo", "C03": "ops", "S12": "dev", "U99": "nobody here"}


def named(record: Record) -> Message:
    """The record's Message, with the directory's names."""
    ids = set(people.DIRECTORY.ids(record))
    known = {ident: name for ident, name in NAMES.items() if ident in ids}
    version = prepare(provider)(people.DIRECTORY.put(record, known))
    assert isinstance(version, Version)
    return version.message


async def said_by_walk(text: str) -> Record:
    room = Room()
    room.say(1, text)
    (page,) = await walk("messages", room.api)
    (record,) = page.records
    return record


def said_by_event(text: str) -> Record:
    row = {"type": "message", "user": "U07", "text": text, "ts": "1767600001.000100"}
    event = {**row, "channel": "C02", "channel_type": "channel"}
    envelope = {"type": "event_callback", "team_id": "T01", "event": event, "event_id": "Ev1"}
    (record,) = records(envelope)
    return record


async def test_a_message_names_its_author_and_whom_it_mentions_through_both_doors() -> None:
    text = "<@U09> see <#C03> with <@U09|old name>, `<@U09>` and <@U55> of <!subteam^S12>"
    by_event, by_walk = named(said_by_event(text)), named(await said_by_walk(text))
    assert by_event == by_walk
    assert by_walk.content == "@bo see #ops with @bo, `@bo` and @U55 of @dev"
    assert by_walk.metadata["groups"] == "S12"
    assert by_walk.author == Person(id="U07", name="ana")
    assert by_walk.mentions == (Person(id="U09", name="bo"), Person(id="U55"))


def test_what_a_message_mentions_is_found_in_any_spelling() -> None:
    rows: list[tuple[bytes, set[str]]] = [
        (b'{"user":"U1","text":"<@U2> <#C3|x> <@W4|y>"}', {"U1", "U2", "C3", "W4"}),
        (rb'{"text":"\u003c@U2\u003e"}', {"U2"}),
        (b'{"blocks":[{"user_id": "U5"},{"channel_id":"C6"}]}', {"U5", "C6"}),
        (b'{"text":"<!subteam^S12> <!subteam^S13|@dev>"}', {"S12", "S13"}),
        (rb'{"text":"\u003c!subteam^S12\u003e"}', {"S12"}),
        (b'{"blocks":[{"type":"usergroup", "usergroup_id":"S14"}]}', {"S14"}),
        (b'{"text":"U7 @U8 <!here> <https://U9>","users":["U1"]}', set()),
        (b'{"user":"u1","text":"<@>"}', set()),
    ]
    for row, ids in rows:
        assert people.mentioned(row) == ids


def test_a_name_is_text_and_nothing_more() -> None:
    record = said_by_event("<@U09>")
    hostile = {"U09": '<@U07>","message":{} &amp; "', "U07": "a\\b"}
    version = prepare(provider)(people.DIRECTORY.put(record, hostile))
    assert isinstance(version, Version)
    assert version.message.content == f"@{hostile['U09']}"
    assert [it.id for it in version.message.mentions] == ["U09"]


async def test_everybody_is_listed_by_the_name_that_people_use() -> None:
    users = [
        {"id": "U01", "name": "a", "profile": {"display_name": "ana", "real_name": "Ana A"}},
        {"id": "U02", "name": "b", "profile": {"display_name": "", "real_name": "Bo B"}},
        {"id": "U03", "name": "c", "real_name": None, "deleted": True},
        {"id": "U04"},
    ]

    def listed(call: Call) -> Answer:
        first = "cursor" not in call.params
        turn = {"next_cursor": "two" if first else ""}
        return Answer(
            {"ok": True, "members": users[:2] if first else users[2:], "response_metadata": turn}
        )

    groups = [{"id": "S12", "handle": "dev", "name": "Developers"}, {"id": "S13", "name": "Old"}]
    api = FakeApi(
        {
            ("GET", "/auth.test"): Answer(AUTH),
            ("GET", "/usergroups.list"): Answer({"ok": True, "usergroups": groups}),
            ("GET", "/users.list"): listed,
        }
    )
    pages = await walk("people", api, resource=Resource())
    assert [dict(page.names) for page in pages] == [
        {"S12": "dev", "S13": "Old", "U01": "ana", "U02": "Bo B"},
        {"U03": "c", "U04": "U04"},
    ]
    assert pages[-1].cursor == people.Walk()
    asked = [call.params for call in api.asked if call.path == "/users.list"]
    assert [it.get("limit") for it in asked] == ["200", "200"]
    rest = await walk("people", api, pages[0].cursor, resource=Resource())
    assert [page.names for page in rest] == [pages[1].names], "groups are listed once a walk"


@pytest.mark.parametrize(
    ("missing", "left"),
    [("users.list", {"S12": "dev"}), ("usergroups.list", {"U01": "ana"}), ("", {})],
)
async def test_23_without_a_scope_its_names_are_missing_and_nothing_fails(
    missing: str, left: dict[str, str]
) -> None:
    answers: dict[tuple[str, str], Any] = {
        ("GET", "/auth.test"): Answer(AUTH),
        ("GET", "/users.list"): Answer({"ok": True, "members": [{"id": "U01", "name": "ana"}]}),
        ("GET", "/usergroups.list"): Answer(
            {"ok": True, "usergroups": [{"id": "S12", "handle": "dev"}]}
        ),
    }
    gone = [f"/{missing}"] if missing else ["/users.list", "/usergroups.list"]
    api = FakeApi({key: ItemGone() if key[1] in gone else it for key, it in answers.items()})
    (page,) = await walk("people", api, resource=Resource())
    assert (page.names, page.cursor) == (left, people.Walk())


async def test_18_an_organizations_people_are_listed_by_workspace() -> None:
    org = {**AUTH, "team_id": None, "enterprise_id": "E1", "is_enterprise_install": True}
    teams = {"ok": True, "teams": [{"id": "T0"}, {"id": "T1"}, {"id": "T2"}]}

    def grouped(call: Call) -> Answer:
        group = {"id": f"S{call.params['team_id']}", "handle": "x"}
        return Answer({"ok": True, "usergroups": [group]})

    def listed(call: Call) -> Answer:
        if call.params.get("cursor") == "forgotten":
            raise Refused
        if call.params["team_id"] == "T0":
            raise ItemGone("team_access_not_granted")
        return Answer({"ok": True, "members": [{"id": f"U{call.params['team_id']}", "name": "x"}]})

    api = FakeApi(
        {
            ("GET", "/auth.test"): Answer(org),
            ("GET", "/auth.teams.list"): Answer(teams),
            ("GET", "/usergroups.list"): grouped,
            ("GET", "/users.list"): listed,
        }
    )
    pages = await walk("people", api, resource=Resource())
    assert [list(page.names) for page in pages] == [["ST0"], ["ST1", "UT1"], ["ST2", "UT2"]]
    again = await walk("people", api, people.Walk("T2", "forgotten"), resource=Resource())
    assert [list(page.names) for page in again] == [["UT2"]]


@pytest.mark.parametrize("kind", ["subteam_created", "subteam_updated"])
def test_an_event_tells_what_a_group_is_called_from_now_on(kind: str) -> None:
    (told,) = read(webhook(kind))
    assert told == Names(("team:T01",), {"S12": "developers"})


@pytest.mark.parametrize("kind", ["user_change", "team_join", "user_profile_changed"])
def test_an_event_tells_what_somebody_is_called_from_now_on(kind: str) -> None:
    user = {"id": "U07", "name": "a", "profile": {"display_name": "Ana Maria"}}
    event: dict[str, Any] = {"type": kind, "user": user}
    envelope = {"type": "event_callback", "team_id": "T01", "event": event, "event_id": "Ev1"}
    assert read(envelope) == [Names(("team:T01",), {"U07": "Ana Maria"})]


async def test_channels_are_called_by_the_name_that_a_walk_finds() -> None:
    def listed(call: Call) -> Answer:
        public = call.params["types"] == "public_channel"
        return Answer({"ok": True, "channels": [{"id": "C03", "name": "ops"}] if public else []})

    api = FakeApi({("GET", "/auth.test"): Answer(AUTH), ("GET", "/users.conversations"): listed})
    pages = await walk("channels", api, resource=Resource())
    assert {k: v for page in pages for k, v in page.names.items()} == {"C03": "ops"}
