"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client

from services.twitter.api import X
from shared.errors import BadRequest, ItemGone, Refused, Unavailable
from shared.service.problems import HANDLERS
from tests.fakes.api import FakeApi
from tests.providers.twitter.material import ADA, ME, answer, recorded

RUN = UUID(int=7)
POST = answer("posts")["data"][5]


class Hub:
    """The caller's account, and the runs that were started."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.api = recorded()
        self.started: list[str] = []

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Hub, TestClient[Any]]]:
    hub = Hub()

    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    dependencies = {"api": Provide(api), "start_sync": Provide(start_sync)}
    mounted = Router("/api/v1", route_handlers=[X], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield hub, it


@pytest.fixture
def hub(served: tuple[Hub, TestClient[Any]]) -> Hub:
    served[0].begin()
    return served[0]


@pytest.fixture
def client(served: tuple[Hub, TestClient[Any]]) -> TestClient[Any]:
    return served[1]


def test_it_says_whose_account_it_is(hub: Hub, client: TestClient[Any]) -> None:
    assert client.get("/api/v1/me").json() == {"id": ME, "handle": "grace_h", "name": "Grace"}
    hub.api.answers["GET", "/2/users/by/username/ada"] = {"data": {"id": ADA, "username": "ada"}}
    assert client.get("/api/v1/users/ada").json() == {"id": ADA, "handle": "ada"}


def test_posts_and_mentions_are_listed_like_those_that_are_published(
    hub: Hub, client: TestClient[Any]
) -> None:
    wish = {"limit": "50", "cursor": "two", "since": "2026-07-01T01:00:00+01:00"}
    posts = client.get("/api/v1/posts", params=wish).json()
    assert [it["id"] for it in posts["messages"]][:2] == [
        "post:2080761390344937796",
        "post:2080761390344937860",
    ]
    asked = next(it.params for it in hub.api.asked if it.path.endswith("/tweets") and ME in it.path)
    assert (asked["max_results"], asked["pagination_token"]) == ("50", "two")
    assert asked["start_time"] == "2026-07-01T00:00:00Z"
    repost = next(it for it in posts["messages"] if it["metadata"]["kind"] == "repost")
    assert repost["content"].startswith("A long story")
    mentions = client.get("/api/v1/mentions").json()["messages"]
    assert mentions[1]["metadata"]["mentions_me"] == "true"


def test_posts_are_searched_and_read(hub: Hub, client: TestClient[Any]) -> None:
    page = answer("mentions")
    page["meta"]["next_token"] = "more"
    hub.api.answers["GET", "/2/tweets/search/recent"] = page
    found = client.get("/api/v1/posts/search", params={"q": "from:ada", "limit": 5}).json()
    assert (len(found["messages"]), found["next"]) == (3, "more")
    asked = hub.api.asked[0].params
    assert (asked["query"], asked["max_results"]) == ("from:ada", "10")
    client.get("/api/v1/threads/2080761390344937796", params={"cursor": "more"})
    asked = hub.api.asked[-2].params
    assert (asked["query"], asked["next_token"]) == ("conversation_id:2080761390344937796", "more")
    hub.api.answers["GET", f"/2/tweets/{POST['id']}"] = {"data": POST}
    assert client.get(f"/api/v1/posts/{POST['id']}").json()["id"] == f"post:{POST['id']}"


def test_counts_are_read_where_somebody_asks(hub: Hub, client: TestClient[Any]) -> None:
    for name in ("retweet_count", "repost_count"):
        counts = {"public_metrics": {"like_count": 2, name: 3, "impression_count": 9}}
        hub.api.answers["GET", "/2/tweets/7"] = {"data": counts}
        told = client.get("/api/v1/posts/7/metrics").json()
        assert (told["likes"], told["reposts"], told["views"]) == (2, 3, 9)


def test_messages_are_listed(hub: Hub, client: TestClient[Any]) -> None:
    told = client.get("/api/v1/messages").json()["messages"]
    assert (len(told), told[0]["author"]["name"]) == (6, "ada")
    path = f"/2/dm_conversations/{ADA}-{ME}/dm_events"
    hub.api.answers["GET", path] = answer("messages")
    told = client.get(f"/api/v1/conversations/{ADA}-{ME}").json()["messages"]
    assert len(told) == 6


def test_a_post_is_sent_once_with_what_was_wished(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["POST", "/2/tweets"] = {"data": {"id": "9", "text": "Hello"}}
    wish = {
        "text": "Hello",
        "reply_to": "7",
        "edits": "8",
        "media_ids": ["5"],
        "reply_settings": "following",
        "poll": {"options": ["a", "b"]},
    }
    made = client.post("/api/v1/posts", json=wish)
    assert made.status_code == 201
    assert made.json() == {"id": "9", "url": "https://x.com/i/status/9"}
    (asked,) = hub.api.asked
    assert asked.body == {
        "text": "Hello",
        "reply": {"in_reply_to_tweet_id": "7"},
        "edit_options": {"previous_post_id": "8"},
        "media": {"media_ids": ["5"]},
        "reply_settings": "following",
        "poll": {"options": ["a", "b"], "duration_minutes": 1440},
    }


@pytest.mark.parametrize(
    "text", ["see https://example.com", "see example.com for more", "HTTP://X"]
)
def test_a_link_costs_more_and_has_to_be_meant(
    hub: Hub, client: TestClient[Any], text: str
) -> None:
    hub.api.answers["POST", "/2/tweets"] = {"data": {"id": "9"}}
    refused = client.post("/api/v1/posts", json={"text": text})
    assert refused.status_code == 400
    assert "accept_link_price" in refused.text
    assert hub.api.asked == []
    meant = {"text": text, "accept_link_price": True}
    assert client.post("/api/v1/posts", json=meant).status_code == 201
    assert "accept_link_price" not in hub.api.asked[0].body


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest("X lets an app reply only where it was summoned."), 400),
        (Refused("no credits"), 502),
        (ItemGone(), 404),
        (Unavailable("nobody knows", unknown=True), 502),
    ],
)
def test_a_write_that_fails_is_told_and_not_tried_again(
    hub: Hub, client: TestClient[Any], error: Exception, status: int
) -> None:
    hub.api.answers["POST", "/2/tweets"] = error
    assert client.post("/api/v1/posts", json={"text": "Hello"}).status_code == status
    assert len(hub.api.asked) == 1


def test_a_post_is_deleted(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["DELETE", "/2/tweets/7"] = {"data": {"deleted": True}}
    assert client.delete("/api/v1/posts/7").status_code == 204


def test_messages_are_sent_to_somebody_and_into_a_conversation(
    hub: Hub, client: TestClient[Any]
) -> None:
    made = {"data": {"dm_event_id": "5", "dm_conversation_id": f"{ADA}-{ME}"}}
    paths = {
        f"/api/v1/users/{ADA}/messages": f"/2/dm_conversations/with/{ADA}/messages",
        f"/api/v1/conversations/{ADA}-{ME}/messages": f"/2/dm_conversations/{ADA}-{ME}/messages",
    }
    for ours, theirs in paths.items():
        hub.api.answers["POST", theirs] = made
        reply = client.post(ours, json={"text": "Hi", "media_id": "5"})
        assert reply.json() == {"id": "5", "conversation_id": f"{ADA}-{ME}"}
        assert hub.api.asked[-1].body == {"text": "Hi", "attachments": [{"media_id": "5"}]}


def test_a_walk_can_be_asked_for(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/activity", json={"mode": "full"})
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    assert client.post("/api/v1/sync/activity").status_code == 202
    assert hub.started == ["full", "incremental"]


BAD = [
    ("GET", "/users/a.b", None),
    ("GET", "/users/sixteen_letters_", None),
    ("GET", "/posts/seven", None),
    ("GET", "/posts/07", None),
    ("GET", "/posts/12345678901234567890", None),
    ("GET", "/posts/7%0A", None),
    ("GET", "/posts?limit=4", None),
    ("GET", "/posts?limit=101", None),
    ("GET", "/posts/search", None),
    ("GET", f"/posts/search?q={'a' * 513}", None),
    ("GET", "/conversations/7-", None),
    ("GET", "/conversations/..", None),
    ("POST", "/posts", {}),
    ("POST", "/posts", {"text": ""}),
    ("POST", "/posts", {"text": "a", "unknown": 1}),
    ("POST", "/posts", {"text": "a", "reply_to": "me"}),
    ("POST", "/posts", {"text": "a", "media_ids": ["1", "2", "3", "4", "5"]}),
    ("POST", "/posts", {"text": "a", "poll": {"options": ["one"]}}),
    ("POST", "/posts", {"text": "a", "reply_settings": "nobody"}),
    ("POST", "/users/ada/messages", {"text": "a"}),
    ("POST", "/users/7/messages", {"text": ""}),
    ("POST", "/sync/activity", {"mode": "all"}),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), BAD, ids=[f"{m} {p[:40]} {n}" for n, (m, p, _) in enumerate(BAD)]
)
def test_a_bad_wish_is_refused_before_x_is_asked(
    hub: Hub, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code in (400, 404)
    assert hub.api.asked == []
