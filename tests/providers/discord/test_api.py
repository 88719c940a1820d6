"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.discord.dialect import Lacking
from services.discord.provider import provider
from shared.errors import BadRequest, ItemGone, Unavailable
from shared.normalizer import encode
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.discord.material import BOT, CHANNEL, GUILD, MIA, NAMES, api, listed

RUN = UUID(int=7)
MESSAGES = f"/channels/{CHANNEL}/messages"
FOREIGN = "1400000000000000666"


class Hub:
    """The caller's account: an Api of recorded answers, and the runs that were started."""

    def __init__(self) -> None:
        self.api = FakeApi({})
        self.api.beside = {"guild_id": GUILD, "bot_id": BOT, "user_id": MIA}
        self.started: list[str] = []
        self.answer("GET", f"/channels/{CHANNEL}", api("channels")[1])
        self.answer("GET", f"/channels/{FOREIGN}", {"id": FOREIGN, "guild_id": "1", "type": 0})

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    async def called(self, ids: Collection[str]) -> dict[str, str]:
        return {it: NAMES[it] for it in ids if it in NAMES}

    def answer(self, method: str, path: str, body: Any) -> None:
        raised = callable(body) or isinstance(body, Exception)
        self.api.answers[method, path] = body if raised else Answer(body)

    def echo(self, method: str, path: str) -> None:
        """Answer a write with the message that came of it."""

        def made(call: Call) -> Answer:
            row = {**api("message.own"), "content": call.body["content"]}
            loud = "everyone" in call.body["allowed_mentions"]["parse"]
            return Answer({**row, "mention_everyone": loud})

        self.answer(method, path, made)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient[Any]]:
    async def given() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    async def names() -> Callable[[Collection[str]], Awaitable[dict[str, str]]]:
        return hub.called

    parts = {"api": given, "names": names, "start_sync": start_sync}
    dependencies = {name: Provide(it) for name, it in parts.items()}
    mounted = Router("/api/v1", route_handlers=[*provider.routes], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


@pytest.mark.anyio
async def test_messages_are_read_as_they_are_published(hub: Hub, client: TestClient[Any]) -> None:
    for name in ("mention_channel", "reply", "forward", "attachment", "reactions"):
        row = api(f"message.{name}")
        hub.answer("GET", MESSAGES, [row])
        hub.answer("GET", f"{MESSAGES}/{row['id']}", row)
        (published,) = await listed(row)
        found = client.get("/api/v1/messages", params={"channel": CHANNEL}).json()
        assert found["messages"][0] == json.decode(encode(published))
        one = client.get(f"/api/v1{MESSAGES}/{row['id']}").json()
        assert one == found["messages"][0]


def test_pages_go_back_by_the_oldest_id(hub: Hub, client: TestClient[Any]) -> None:
    rows = [{**api("message.plain"), "id": str(it)} for it in (30, 20, 100)]
    hub.answer("GET", MESSAGES, rows)
    found = client.get(f"/api/v1{MESSAGES}", params={"limit": 3, "before": "200"}).json()
    assert found["next"] == "20"
    assert hub.api.asked[-1].params == {"limit": "3", "before": "200"}
    found = client.get(f"/api/v1{MESSAGES}", params={"limit": 4, "after": "10"}).json()
    assert "next" not in found or found["next"] == ""


def test_a_system_note_is_no_message(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("GET", MESSAGES, [api("message.system_user_join"), api("message.plain")])
    hub.answer("GET", f"{MESSAGES}/1457628800000000001", api("message.system_user_join"))
    assert len(client.get(f"/api/v1{MESSAGES}").json()["messages"]) == 1
    assert client.get(f"/api/v1{MESSAGES}/1457628800000000001").status_code == 404


FOREIGNERS = [
    ("GET", f"/messages?channel={FOREIGN}", None),
    ("GET", f"/channels/{FOREIGN}/messages", None),
    ("GET", f"/channels/{FOREIGN}/messages/1", None),
    ("GET", f"/channels/{FOREIGN}/messages/1/attachments/2", None),
    ("GET", f"/channels/{FOREIGN}/threads", None),
    ("POST", "/messages", {"channel": FOREIGN, "text": "x"}),
    ("PATCH", f"/channels/{FOREIGN}/messages/1", {"text": "x"}),
    ("DELETE", f"/channels/{FOREIGN}/messages/1", None),
    ("PUT", f"/channels/{FOREIGN}/messages/1/reactions/👍", None),
    ("DELETE", f"/channels/{FOREIGN}/messages/1/reactions/👍", None),
    ("POST", f"/channels/{FOREIGN}/messages/1/threads", {"name": "x"}),
]


@pytest.mark.parametrize(("method", "path", "body"), FOREIGNERS)
def test_a_channel_of_another_server_is_not_there_though_the_bot_may_see_it(
    hub: Hub, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code == 404, reply.text
    assert [it.path for it in hub.api.asked] == [f"/channels/{FOREIGN}"]


def test_every_route_with_a_channel_is_among_those() -> None:
    tried = {(method, path.partition("?")[0].count("/")) for method, path, _ in FOREIGNERS}
    for router in provider.routes:
        for handler in getattr(router, "__dict__", {}).values():
            for path in getattr(handler, "paths", ()):
                if "{channel" in path:
                    methods = handler.http_methods
                    assert {(it, path.count("/")) for it in methods} & tried, path


def test_23_nobody_is_called_by_what_a_caller_lets_the_bot_say(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.echo("POST", MESSAGES)
    body = {"channel": CHANNEL, "text": "@everyone <@&1390000000000000030> <@1111111111111111111>"}
    said = client.post("/api/v1/messages", json=body)
    assert said.status_code == 201, said.text
    sent = hub.api.asked[-1].body["allowed_mentions"]
    assert sent == {"parse": [], "replied_user": False, "users": []}
    assert "announced" not in said.json()["metadata"]
    client.post("/api/v1/messages", json={**body, "mention_users": [MIA], "reply_to": "5"})
    sent = hub.api.asked[-1].body
    assert sent["allowed_mentions"] == {"parse": [], "replied_user": False, "users": [MIA]}
    assert sent["message_reference"] == {"message_id": "5", "fail_if_not_exists": True}


def test_an_edit_calls_nobody_either(hub: Hub, client: TestClient[Any]) -> None:
    hub.echo("PATCH", f"{MESSAGES}/5")
    client.patch(f"/api/v1{MESSAGES}/5", json={"text": "@everyone"})
    assert hub.api.asked[-1].body["allowed_mentions"]["parse"] == []


def test_a_nonce_makes_a_message_once(hub: Hub, client: TestClient[Any]) -> None:
    hub.echo("POST", MESSAGES)
    client.post("/api/v1/messages", json={"channel": CHANNEL, "text": "x", "nonce": "n1"})
    sent = hub.api.asked[-1].body
    assert (sent["nonce"], sent["enforce_nonce"]) == ("n1", True)


def test_direct_messages_go_to_people_of_the_server_only(hub: Hub, client: TestClient[Any]) -> None:
    member = f"/guilds/{GUILD}/members/{MIA}"
    hub.answer("GET", member, ItemGone())
    body = {"user": MIA, "text": "Hello"}
    assert client.post("/api/v1/direct-messages", json=body).status_code == 404
    assert [it.path for it in hub.api.asked] == [member]
    hub.answer("GET", member, {**api("member"), "user": {"id": MIA, "username": "mia"}})
    hub.answer("POST", "/users/@me/channels", {"id": "77", "type": 1})
    hub.echo("POST", "/channels/77/messages")
    said = client.post("/api/v1/direct-messages", json=body)
    assert said.status_code == 201
    assert "guild_id" not in said.json()["metadata"]
    assert said.json()["url"].startswith("https://discord.com/channels/@me/")


BAD: list[tuple[str, str, Any]] = [
    ("POST", "/messages", {}),
    ("POST", "/messages", {"channel": CHANNEL}),
    ("POST", "/messages", {"channel": CHANNEL, "text": ""}),
    ("POST", "/messages", {"channel": "../1", "text": "x"}),
    ("POST", "/messages", {"channel": CHANNEL, "text": "x", "tts": True}),
    ("POST", "/messages", {"channel": CHANNEL, "text": "x", "nonce": "n" * 26}),
    ("POST", "/messages", {"channel": CHANNEL, "text": "x", "mention_users": ["everyone"]}),
    ("POST", "/direct-messages", {"user": "@me", "text": "x"}),
    ("PATCH", f"{MESSAGES}/5", {"text": None}),
    ("POST", f"{MESSAGES}/5/threads", {"name": ""}),
    ("POST", f"{MESSAGES}/5/threads", {"name": "n" * 101}),
    ("GET", "/messages?channel=@me", None),
    ("GET", "/messages", None),
    ("GET", f"/messages?channel={CHANNEL}&limit=0", None),
    ("GET", f"/messages?channel={CHANNEL}&limit=101", None),
    ("GET", f"/messages?channel={CHANNEL}&before=x", None),
    ("GET", f"/messages?channel={CHANNEL}%0a", None),
    ("GET", f"{MESSAGES}/x", None),
    ("GET", "/members?query=", None),
    ("GET", "/search?query=x&offset=9976", None),
    ("PUT", f"{MESSAGES}/5/reactions/a b", None),
    ("POST", "/sync/messages", {"mode": "sideways"}),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
def test_bad_input_is_answered_before_discord_is_asked(
    hub: Hub, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code == 400, reply.text
    assert hub.api.asked == []


@pytest.mark.parametrize(("length", "status"), [(2000, 201), (2001, 400)])
def test_22_a_message_has_two_thousand_characters_at_most(
    hub: Hub, client: TestClient[Any], length: int, status: int
) -> None:
    hub.echo("POST", MESSAGES)
    body = {"channel": CHANNEL, "text": "é" * length}
    assert client.post("/api/v1/messages", json=body).status_code == status


def test_17_a_files_address_is_fetched_anew_because_it_expires(
    hub: Hub, client: TestClient[Any]
) -> None:
    row = api("message.attachment")
    (file,) = row["attachments"]
    hub.answer("GET", f"{MESSAGES}/{row['id']}", row)
    path = f"/api/v1{MESSAGES}/{row['id']}/attachments"
    assert client.get(f"{path}/{file['id']}").json() == {"url": file["url"]}
    fresh = file["url"].replace("695c0000", "695d0000")
    hub.answer("GET", f"{MESSAGES}/{row['id']}", {**row, "attachments": [{**file, "url": fresh}]})
    assert client.get(f"{path}/{file['id']}").json() == {"url": fresh}
    assert client.get(f"{path}/1").status_code == 404
    copied = api("message.forward_file")
    hub.answer("GET", f"{MESSAGES}/{copied['id']}", copied)
    (inner,) = copied["message_snapshots"][0]["message"]["attachments"]
    found = client.get(f"/api/v1{MESSAGES}/{copied['id']}/attachments/{inner['id']}")
    assert found.json() == {"url": inner["url"]}


def test_reactions_are_sent_as_discord_wants_them(hub: Hub, client: TestClient[Any]) -> None:
    for emoji, sent in (
        ("👍", "%F0%9F%91%8D"),
        ("ok:216154654256398347", "ok%3A216154654256398347"),
    ):
        path = f"{MESSAGES}/5/reactions/{sent}/@me"
        for method in ("PUT", "DELETE"):
            hub.answer(method, path, None)
            reply = client.request(method, f"/api/v1{MESSAGES}/5/reactions/{emoji}")
            assert reply.status_code == 204, reply.text
            assert hub.api.asked[-1].path == path


def test_lists_tell_what_the_bot_may_read(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("GET", f"/guilds/{GUILD}", api("guild"))
    hub.answer("GET", f"/guilds/{GUILD}/members/{BOT}", api("member"))
    hub.answer("GET", f"/guilds/{GUILD}/channels", api("channels"))
    found = {it["name"]: it for it in client.get("/api/v1/channels").json()["channels"]}
    assert "hidden" not in found
    assert found["no-history"]["readable"] is False
    assert found["general"]["topic"] == "All"
    roles = client.get("/api/v1/roles").json()["roles"]
    assert {"id": "1390000000000000030", "name": "ops"} in roles
    hub.answer("GET", f"/guilds/{GUILD}/threads/active", api("threads.active"))
    hub.answer("GET", f"/channels/{CHANNEL}/threads/archived/public", api("threads.archived"))
    assert len(client.get("/api/v1/threads").json()["channels"]) == 2
    closed = client.get(f"/api/v1/channels/{CHANNEL}/threads").json()["channels"]
    assert [it["archived"] for it in closed] == [True, True]
    hub.answer("GET", f"/guilds/{GUILD}/members/search", [api("member")])
    (person,) = client.get("/api/v1/members", params={"query": "hu"}).json()["members"]
    assert (person["id"], person["is_bot"]) == (BOT, True)
    hub.answer("GET", "/users/@me/guilds", [api("guild")])
    assert client.get("/api/v1/servers").json() == {"servers": [{"id": GUILD, "name": "Acme"}]}


def test_where_somebody_is_heard_now(hub: Hub, client: TestClient[Any]) -> None:
    path = f"/guilds/{GUILD}/voice-states/{MIA}"
    state = {"channel_id": "1400000000000000010", "self_mute": True, "mute": False, "deaf": False}
    hub.answer("GET", path, state)
    found = client.get(f"/api/v1/members/{MIA}/voice").json()
    assert found == {"user": MIA, "channel": "1400000000000000010", "muted": True}
    hub.answer("GET", path, ItemGone())
    assert client.get(f"/api/v1/members/{MIA}/voice").json() == {"user": MIA}


def test_a_search_gives_its_hits_and_where_it_goes_on(hub: Hub, client: TestClient[Any]) -> None:
    row = api("message.plain")
    body = {"total_results": 30, "messages": [[row], [api("message.reply")]]}
    hub.answer("GET", f"/guilds/{GUILD}/messages/search", body)
    found = client.get("/api/v1/search", params={"query": "green"}).json()
    assert (len(found["messages"]), found["total"], found["next"]) == (2, 30, 25)
    assert hub.api.asked[-1].params == {"content": "green", "limit": "25", "offset": "0"}
    assert client.get("/api/v1/search?query=green&offset=25").json()["next"] is None


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (Lacking("no"), 404),
        (ItemGone("no"), 404),
        (BadRequest("content"), 400),
        (Unavailable("who knows", unknown=True), 502),
    ],
)
def test_what_discord_refuses_is_told_and_never_sent_twice(
    hub: Hub, client: TestClient[Any], problem: Exception, status: int
) -> None:
    hub.answer("POST", MESSAGES, problem)
    reply = client.post("/api/v1/messages", json={"channel": CHANNEL, "text": "x"})
    assert reply.status_code == status
    assert len([it for it in hub.api.asked if it.method == "POST"]) == 1


def test_a_sync_is_started(hub: Hub, client: TestClient[Any]) -> None:
    assert client.post("/api/v1/sync/messages").json() == {"run_ids": [str(RUN)]}
    client.post("/api/v1/sync/messages", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]
