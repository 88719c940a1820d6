"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client

from services.slack.files import LARGEST
from services.slack.provider import provider
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, FakeApi
from tests.providers.slack.material import Room

RUN = UUID(int=7)
TS = "1767600000.000200"
SAID = {"type": "message", "user": "U0B", "bot_id": "B0B", "text": "Hello <@U09>", "ts": TS}


class Hub:
    """The caller's account: an Api of recorded answers, and the runs that were started."""

    def __init__(self) -> None:
        self.api = FakeApi({})
        self.started: list[str] = []
        self.names = {"U09": "ana"}

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    async def called(self, ids: Collection[str]) -> dict[str, str]:
        return {it: self.names[it] for it in ids if it in self.names}

    def answer(self, method: str, path: str, body: Any) -> None:
        self.api.answers[method, path] = Answer({"ok": True, **body})


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient[Any]]:
    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    async def names() -> Callable[[Collection[str]], Awaitable[dict[str, str]]]:
        return hub.called

    given = {"api": api, "names": names, "start_sync": start_sync}
    dependencies = {name: Provide(it) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=[*provider.routes], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def test_conversations_are_listed(hub: Hub, client: TestClient[Any]) -> None:
    rows = [
        {"id": "C02", "name": "ops", "topic": {"value": "Ops"}, "purpose": {"value": ""}},
        {"id": "D04", "is_im": True, "user": "U07"},
    ]
    turn = {"response_metadata": {"next_cursor": "two"}}
    hub.answer("GET", "/users.conversations", {"channels": rows, **turn})
    reply = client.get("/api/v1/channels", params={"types": "public_channel,im", "cursor": "one"})
    assert reply.json() == {
        "channels": [
            {"id": "C02", "type": "channel", "name": "ops", "topic": "Ops"},
            {"id": "D04", "type": "im", "user": "U07"},
        ],
        "next": "two",
    }
    assert hub.api.asked[-1].params["types"] == "public_channel,im"
    assert hub.api.asked[-1].params["cursor"] == "one"


def test_an_organizations_lists_are_asked_for_by_workspace(
    hub: Hub, client: TestClient[Any]
) -> None:
    told = {"user_id": "U0B", "team_id": "T01", "team": "Acme"}
    hub.answer("GET", "/auth.test", told)
    assert client.get("/api/v1/workspaces").json() == {
        "workspaces": [{"id": "T01", "name": "Acme"}]
    }
    hub.answer("GET", "/auth.test", {**told, "team_id": "E01", "is_enterprise_install": True})
    listed = [{"id": "T02", "name": "Two"}, {"id": "T01", "name": "One"}]
    hub.answer("GET", "/auth.teams.list", {"teams": listed})
    assert client.get("/api/v1/workspaces").json() == {"workspaces": listed[::-1]}
    hub.answer("GET", "/users.conversations", {"channels": []})
    hub.answer("GET", "/users.list", {"members": []})
    for path in ("channels", "users"):
        assert client.get(f"/api/v1/{path}?team=T02").status_code == 200
        assert hub.api.asked[-1].params["team_id"] == "T02"
        client.get(f"/api/v1/{path}")
        assert "team_id" not in hub.api.asked[-1].params


@pytest.mark.parametrize("path", ["/messages?channel=C02&", "/channels/C02/messages?"])
def test_messages_are_listed_like_those_that_are_published(
    hub: Hub, client: TestClient[Any], path: str
) -> None:
    room = Room()
    for second in range(3):
        room.say(second)
    room.say(9, subtype="tombstone")
    hub.api.answers |= room.api.answers
    hub.answer("GET", "/conversations.info", {"channel": {"id": "C02", "name": "ops"}})
    first = client.get(f"/api/v1{path}limit=2").json()
    assert [it["id"] for it in first["messages"]] == ["C02:1767600002.000100"]
    assert first["messages"][0]["metadata"]["channel_type"] == "channel"
    second = client.get(f"/api/v1{path}limit=5&cursor={first['next']}").json()
    assert (len(second["messages"]), second["next"]) == (2, "")


def test_a_time_span_is_asked_for_to_the_microsecond(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("GET", "/conversations.info", {"channel": {"id": "C02"}})
    hub.answer("GET", "/conversations.history", {"messages": []})
    asked = {"channel": "C02", "since": "2026-01-05T09:00:00.000200+01:00"}
    assert client.get("/api/v1/messages", params=asked).json() == {"messages": [], "next": ""}
    assert hub.api.asked[-1].params["oldest"] == TS
    assert "latest" not in hub.api.asked[-1].params


def test_a_thread_is_listed_with_its_first_message(hub: Hub, client: TestClient[Any]) -> None:
    room = Room()
    parent = room.say(0)
    answer = room.say(1, thread_ts=parent)
    hub.api.answers |= room.api.answers
    hub.answer("GET", "/conversations.info", {"channel": {"id": "C02"}})
    found = client.get(f"/api/v1/channels/C02/messages/{parent}/replies").json()["messages"]
    assert [it["id"] for it in found] == [f"C02:{parent}", f"C02:{answer}"]


def test_people_are_listed_and_found_by_address(hub: Hub, client: TestClient[Any]) -> None:
    profile = {"display_name": "", "real_name": "Ana A", "email": "ana@example.com"}
    ana = {"id": "U07", "name": "ana", "profile": profile}
    bot = {"id": "U0B", "name": "hub", "is_bot": True, "deleted": True}
    hub.answer("GET", "/users.list", {"members": [ana, bot]})
    hub.answer("GET", "/users.lookupByEmail", {"user": ana})
    known = {"id": "U07", "name": "Ana A", "real_name": "Ana A", "email": "ana@example.com"}
    found = client.get("/api/v1/users").json()
    assert found["users"] == [known, {"id": "U0B", "name": "hub", "is_bot": True, "deleted": True}]
    one = client.get("/api/v1/users", params={"email": "ana@example.com"}).json()
    assert one["users"] == [known]


def test_something_is_said_in_a_thread_and_shown_to_all(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", "/chat.postMessage", {"channel": "C02", "message": SAID})
    body = {"channel": "C02", "text": "Hello", "thread_ts": TS, "reply_broadcast": True}
    reply = client.post("/api/v1/messages", json=body)
    assert (reply.status_code, reply.json()["id"]) == (201, f"C02:{TS}")
    assert reply.json()["content"] == "Hello @ana"
    assert hub.api.asked[-1].body == body
    client.post("/api/v1/messages", json={"channel": "C02", "text": "Hello"})
    assert hub.api.asked[-1].body == {"channel": "C02", "text": "Hello"}


def test_22_a_direct_message_is_opened_then_sent(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", "/conversations.open", {"channel": {"id": "D04", "is_im": True}})
    hub.answer("POST", "/chat.postMessage", {"channel": "D04", "message": SAID})
    reply = client.post("/api/v1/direct-messages", json={"users": ["U07", "U09"], "text": "Hi"})
    assert reply.json()["metadata"]["channel_type"] == "im"
    opened, sent = hub.api.asked
    assert opened.body == {"users": "U07,U09", "return_im": True}
    assert sent.body == {"channel": "D04", "text": "Hi"}


def test_what_was_said_is_changed_and_taken_back(hub: Hub, client: TestClient[Any]) -> None:
    row = {"type": "message", "user": "U0B", "text": "better"}
    hub.answer("POST", "/chat.update", {"channel": "C02", "ts": TS, "message": row})
    hub.answer("POST", "/chat.delete", {})
    path = f"/api/v1/channels/C02/messages/{TS}"
    changed = client.patch(path, json={"text": "better"}).json()
    assert (changed["id"], changed["content"]) == (f"C02:{TS}", "better")
    assert client.delete(path).status_code == 204
    assert hub.api.asked[-1].body == {"channel": "C02", "ts": TS}


def test_a_reaction_is_added_and_removed(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", "/reactions.add", {})
    hub.answer("POST", "/reactions.remove", {})
    path = f"/api/v1/channels/C02/messages/{TS}/reactions"
    mark = {"channel": "C02", "timestamp": TS, "name": "tada"}
    assert client.post(path, json={"name": "tada"}).status_code == 204
    assert client.delete(f"{path}/tada").status_code == 204
    assert [it.body for it in hub.api.asked] == [mark, mark]


def test_a_walk_is_started_and_told_by_its_run(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/messages")
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    client.post("/api/v1/sync/messages", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]


@pytest.mark.parametrize(
    "path",
    [
        "/messages",
        "/messages?channel=ops",
        "/messages?channel=C02%0A",
        "/channels/c02/messages",
        "/channels/C02%2F../messages",
        "/channels/C02/messages/1767600000.0002/replies",
        "/channels/C02/messages?limit=1000",
        "/channels?types=everything",
        "/users?email=nobody",
        "/users?team=acme",
        "/channels?team=T01%0A",
    ],
)
def test_what_is_no_name_never_reaches_slack(hub: Hub, client: TestClient[Any], path: str) -> None:
    assert client.get(f"/api/v1{path}").status_code in (400, 404)
    assert hub.api.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"channel": "C02"},
        {"channel": "C02", "text": ""},
        {"channel": "C02", "text": "x" * 40_001},
        {"channel": "#ops", "text": "x"},
        {"channel": "C02", "text": "x", "thread_ts": 1767600000.0002},
        {"channel": "C02", "text": "x", "token": "xoxb"},
        [],
    ],
)
def test_a_body_of_another_shape_is_refused(hub: Hub, client: TestClient[Any], body: Any) -> None:
    assert client.post("/api/v1/messages", json=body).status_code == 400
    assert hub.api.asked == []


def test_a_file_is_taken_to_where_slack_says_and_then_shared(
    hub: Hub, client: TestClient[Any]
) -> None:
    store = "https://files.slack.com/upload/v1/CwAB"
    hub.answer("POST", "/files.getUploadURLExternal", {"upload_url": store, "file_id": "F07"})
    hub.answer("UPLOAD", "/upload/v1/CwAB", {})
    shared = {"files": [{"id": "F07", "title": "a b.txt"}]}
    hub.answer("POST", "/files.completeUploadExternal", shared)
    wish = {"channel": "C02", "filename": "a b.txt", "text": "as asked", "thread_ts": TS}
    reply = client.post("/api/v1/files", params=wish, content=b"four")
    assert (reply.status_code, reply.json()) == (201, {"id": "F07", "title": "a b.txt"})
    asked, sent, done = hub.api.asked
    assert asked.body == "filename=a+b.txt&length=4"
    assert sent.body == "four"
    assert done.body == {
        "files": [{"id": "F07", "title": "a b.txt"}],
        "channel_id": "C02",
        "initial_comment": "as asked",
        "thread_ts": TS,
    }


@pytest.mark.parametrize(
    ("wish", "size", "status"),
    [
        ({"channel": "C02", "filename": "a.txt"}, 0, 400),
        ({"channel": "C02", "filename": "a.txt"}, LARGEST + 1, 413),
        ({"channel": "C02", "filename": "../a.txt"}, 4, 400),
        ({"channel": "C02", "filename": "a\n.txt"}, 4, 400),
        ({"channel": "C02/../x", "filename": "a.txt"}, 4, 400),
        ({"filename": "a.txt"}, 4, 400),
    ],
)
def test_what_is_no_file_never_reaches_slack(
    hub: Hub, client: TestClient[Any], wish: dict[str, str], size: int, status: int
) -> None:
    reply = client.post("/api/v1/files", params=wish, content=b"x" * size)
    assert reply.status_code == status
    assert hub.api.asked == []
