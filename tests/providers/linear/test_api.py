"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any, TypeVar
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.linear.api import Linear
from services.linear.api_more import Around
from services.linear.quotas import MOST, points
from shared.errors import ItemGone, Unavailable
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.linear.material import ADA, ENG, LEE, answer, members

T = TypeVar("T")
RUN = UUID(int=7)
ISSUE = answer("issues")["found"]["nodes"][0]
COMMENT = answer("comments")["found"]["nodes"][0]
END = {"hasNextPage": False, "endCursor": None}
MORE = {"hasNextPage": True, "endCursor": "two"}
ID = ISSUE["id"]


class Recording(FakeApi):
    """Keeps the text of every query as well."""

    def __init__(self) -> None:
        super().__init__({})
        self.queries: list[str] = []

    async def graphql(self, query: str, type: type[T], /, **variables: Any) -> T:
        self.queries.append(query)
        return await super().graphql(query, type, **variables)


class Hub:
    """The caller's account: an Api that answers one thing, and the runs that were started."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self.api = Recording()
        self.started: list[str] = []

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    async def called(self, ids: Collection[str]) -> dict[str, str]:
        return {it: name for it, name in members().items() if it in ids}

    def answer(self, body: Any) -> None:
        self.api.answers["GRAPHQL", "*"] = body if isinstance(body, Exception) else Answer(body)

    @property
    def asked(self) -> Call:
        """The last query's variables."""
        return self.api.asked[-1]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Hub, TestClient[Any]]]:
    hub = Hub()

    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    async def names() -> Callable[[Collection[str]], Awaitable[dict[str, str]]]:
        return hub.called

    given = {"api": api, "names": names, "start_sync": start_sync}
    dependencies = {name: Provide(it) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=[Linear, Around], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield hub, it


@pytest.fixture
def hub(served: tuple[Hub, TestClient[Any]]) -> Hub:
    served[0].begin()
    return served[0]


@pytest.fixture
def client(served: tuple[Hub, TestClient[Any]]) -> TestClient[Any]:
    return served[1]


def test_issues_are_listed_like_those_that_are_published(hub: Hub, client: TestClient[Any]) -> None:
    node = ISSUE | {"description": "cc @lee"}
    hub.answer({"found": {"nodes": [node], "pageInfo": MORE}})
    wish: dict[str, str | int] = {
        "team": "ENG",
        "state": "In Progress",
        "assignee": "ada@example.com",
        "limit": 5,
    }
    wish |= {"since": "2026-01-01T01:00:00+01:00", "cursor": "one"}
    reply = client.get("/api/v1/issues", params=wish).json()
    assert reply["next"] == "two"
    (message,) = reply["messages"]
    assert (message["id"], message["metadata"]["identifier"]) == (f"issue:{ID}", "ENG-7")
    assert message["mentions"] == [{"id": LEE, "name": "Lee Fox", "email": "lee@example.com"}]
    assert hub.asked.body == {
        "first": 5,
        "after": "one",
        "filter": {
            "team": {"key": {"eq": "ENG"}},
            "state": {"name": {"eqIgnoreCase": "In Progress"}},
            "assignee": {"email": {"eqIgnoreCase": "ada@example.com"}},
            "updatedAt": {"gte": "2026-01-01T00:00:00Z"},
        },
    }


def test_issues_are_searched_and_read_by_either_name(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"found": {"nodes": [ISSUE], "pageInfo": END}})
    found = client.get("/api/v1/issues/search", params={"q": "stalls"}).json()
    assert (len(found["messages"]), found["next"]) == (1, "")
    assert hub.asked.body["term"] == "stalls"
    hub.answer({"found": ISSUE})
    for name in (ID, "ENG-7"):
        assert client.get(f"/api/v1/issues/{name}").json()["id"] == f"issue:{ID}"
        assert hub.asked.body == {"id": name}


def test_an_issue_that_is_not_there_is_a_404(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer(ItemGone())
    assert client.get("/api/v1/issues/ENG-404").status_code == 404


def test_an_issue_is_opened_by_an_id_of_the_callers_own(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"done": {"success": True, "entity": ISSUE}})
    body = {"team_id": ENG, "title": "Sync stalls", "id": ID, "label_ids": [LEE], "priority": 0}
    reply = client.post("/api/v1/issues", json=body)
    assert (reply.status_code, reply.json()["title"]) == (201, "Sync stalls")
    assert hub.asked.body == {
        "input": {
            "teamId": ENG,
            "title": "Sync stalls",
            "id": ID,
            "labelIds": [LEE],
            "priority": 0,
        }
    }


def test_an_issue_is_changed_and_emptied(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"done": {"success": True, "entity": ISSUE}})
    body = {"state_id": ADA, "description": "", "clear": ["assignee_id", "due_date"]}
    assert client.patch("/api/v1/issues/ENG-7", json=body).status_code == 200
    assert hub.asked.body == {
        "id": "ENG-7",
        "input": {"stateId": ADA, "description": "", "assigneeId": None, "dueDate": None},
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/issues/ENG-7"),
        ("POST", "/issues/ENG-7/archive"),
        ("DELETE", f"/comments/{ID}"),
        ("DELETE", f"/reactions/{ID}"),
    ],
)
def test_things_are_ended(hub: Hub, client: TestClient[Any], method: str, path: str) -> None:
    hub.answer({"done": {"success": True}})
    assert client.request(method, f"/api/v1{path}").status_code == 204
    assert len(hub.api.asked) == 1


def test_comments_are_listed_made_and_changed(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"issue": {"comments": {"nodes": [COMMENT], "pageInfo": END}}})
    (said,) = client.get("/api/v1/issues/ENG-7/comments").json()["messages"]
    assert said["parent_id"] == f"issue:{ID}"
    hub.answer({"done": {"success": True, "entity": COMMENT}})
    body = {"body": "Seen", "parent_id": COMMENT["id"]}
    assert client.post("/api/v1/issues/ENG-7/comments", json=body).status_code == 201
    wish = {"body": "Seen", "parentId": COMMENT["id"], "issueId": "ENG-7"}
    assert hub.asked.body == {"input": wish}
    client.patch(f"/api/v1/comments/{COMMENT['id']}", json={"body": "Better"})
    assert hub.asked.body == {"id": COMMENT["id"], "input": {"body": "Better"}}


def test_a_reaction_says_what_it_stands_at(hub: Hub, client: TestClient[Any]) -> None:
    mark = COMMENT["reactions"][0] | {"archivedAt": None}
    hub.answer({"done": {"success": True, "entity": mark}})
    path = f"/api/v1/comments/{COMMENT['id']}/reactions"
    reply = client.post(path, json={"emoji": "tada"}).json()
    assert reply["parent_id"] == f"comment:{COMMENT['id']}"
    assert hub.asked.body == {"input": {"emoji": "tada", "commentId": COMMENT["id"]}}


def test_a_link_and_an_update_are_made(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"done": {"success": True, "entity": answer("attachments")["found"]["nodes"][0]}})
    link = {"title": "Fix", "url": "https://example.com/42"}
    reply = client.post("/api/v1/issues/ENG-7/attachments", json=link)
    assert (reply.status_code, reply.json()["type"]) == (201, "attachment")
    hub.answer(
        {"done": {"success": True, "entity": answer("project_updates")["found"]["nodes"][0]}}
    )
    body = {"body": "Late", "health": "atRisk"}
    reply = client.post(f"/api/v1/projects/{ID}/updates", json=body)
    assert (reply.status_code, reply.json()["type"]) == (201, "project_update")
    assert hub.asked.body == {"input": {**body, "projectId": ID}}


def test_projects_are_listed_and_read(hub: Hub, client: TestClient[Any]) -> None:
    node = answer("projects")["found"]["nodes"][0]
    hub.answer({"found": {"nodes": [node], "pageInfo": END}})
    assert client.get("/api/v1/projects").json()["messages"][0]["title"] == "Faster sync"
    hub.answer({"found": node})
    assert client.get(f"/api/v1/projects/{node['id']}").json()["type"] == "project"


@pytest.mark.parametrize(
    ("path", "node", "kept"),
    [
        ("/teams", {"id": "t", "key": "ENG", "name": "E"}, {"id": "t", "key": "ENG", "name": "E"}),
        (
            "/users",
            {"id": "u", "name": "A", "email": "a@x"},
            {"id": "u", "name": "A", "email": "a@x"},
        ),
        (
            "/states?team=ENG",
            {"id": "s", "name": "Todo", "type": "unstarted", "team": {"key": "ENG"}},
            {"id": "s", "name": "Todo", "type": "unstarted", "team": "ENG"},
        ),
        ("/labels", {"id": "l", "name": "bug", "team": None}, {"id": "l", "name": "bug"}),
        (
            "/cycles?team=ENG",
            {"id": "c", "name": None, "number": 12.0, "team": {"key": "ENG"}},
            {"id": "c", "name": "12", "team": "ENG"},
        ),
    ],
)
def test_what_is_known_by_id_is_listed(
    hub: Hub, client: TestClient[Any], path: str, node: Any, kept: Any
) -> None:
    hub.answer({"found": {"nodes": [node], "pageInfo": MORE}})
    assert client.get(f"/api/v1{path}").json() == {"items": [kept], "next": "two"}
    assert hub.asked.body.get("team") == ("ENG" if "team=" in path else None)


def test_a_walk_is_started_and_told_by_its_run(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/issues")
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    client.post("/api/v1/sync/issues", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]


def test_a_write_that_did_nothing_is_no_success(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"done": {"success": False, "entity": None}})
    body = {"team_id": ENG, "title": "x"}
    assert client.post("/api/v1/issues", json=body).status_code == 502
    assert client.delete("/api/v1/issues/ENG-7").status_code == 502
    assert len(hub.api.asked) == 2


def test_a_write_of_which_nobody_knows_is_told_so_and_not_sent_again(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.answer(Unavailable("the answer broke off", unknown=True))
    reply = client.post("/api/v1/issues", json={"team_id": ENG, "title": "x"})
    assert reply.status_code in (502, 504)
    assert len(hub.api.asked) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/issues/eng-7",
        "/issues/ENG-0",
        "/issues/ENG-7%0A",
        "/issues/ENG-7%2F..",
        "/issues/%22%7D%7B",
        "/issues?team=eng",
        "/issues?limit=0",
        "/issues?limit=101",
        "/issues?assignee=ada",
        "/issues?since=yesterday",
        "/issues/search",
        "/issues/search?q=",
        "/projects/ENG-7",
        "/states?team=%22",
    ],
)
def test_what_is_no_name_never_reaches_linear(hub: Hub, client: TestClient[Any], path: str) -> None:
    assert client.get(f"/api/v1{path}").status_code in (400, 404)
    assert hub.api.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "x"},
        {"team_id": ENG},
        {"team_id": "ENG", "title": "x"},
        {"team_id": ENG, "title": ""},
        {"team_id": ENG, "title": "x" * 513},
        {"team_id": ENG, "title": "x", "priority": 5},
        {"team_id": ENG, "title": "x", "due_date": "tomorrow"},
        {"team_id": ENG, "title": "x", "createdAt": "2020-01-01"},
        {"team_id": ENG, "title": "x", "id": "mine"},
        [],
    ],
)
def test_a_body_of_another_shape_is_refused(hub: Hub, client: TestClient[Any], body: Any) -> None:
    assert client.post("/api/v1/issues", json=body).status_code == 400
    assert hub.api.asked == []


def test_no_call_of_ours_costs_more_than_linear_allows(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer({"found": {"nodes": [], "pageInfo": END}})
    for path in ("/issues", "/issues/search?q=x", "/projects", "/teams", "/users", "/cycles"):
        parting = "&" if "?" in path else "?"
        assert client.get(f"/api/v1{path}{parting}limit=100").status_code == 200
    assert len(hub.api.queries) == 6
    assert max(points(query, (("first", 100),)) for query in hub.api.queries) < MOST


def test_words_of_a_caller_never_become_a_part_of_a_query(
    hub: Hub, client: TestClient[Any]
) -> None:
    words = '"}) { id } } mutation { issueDelete(id: "x") { success } }'
    hub.answer({"done": {"success": True, "entity": ISSUE}})
    assert client.post("/api/v1/issues", json={"team_id": ENG, "title": words}).is_success
    hub.answer({"found": {"nodes": [], "pageInfo": END}})
    wish = {"q": words, "cursor": words}
    assert client.get("/api/v1/issues/search", params=wish).is_success
    assert client.get("/api/v1/issues", params={"state": words}).is_success
    assert not [query for query in hub.api.queries if "issueDelete" in query]
    assert words in json.encode(hub.asked.body).decode().replace('\\"', '"')
