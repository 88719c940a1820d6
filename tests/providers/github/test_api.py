"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client

from services.github.api import GitHub
from tests.fakes.api import Answer, FakeApi, gone
from tests.providers.github.material import answer, at, issue

REPO = "/repos/acme/api"
RUN = UUID(int=7)


class Hub:
    """The caller's account: an Api of recorded answers, and the runs that were started."""

    def __init__(self) -> None:
        self.api = FakeApi({("GET", REPO): Answer({"id": 555, "full_name": "acme/api"})})
        self.started: list[str] = []

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient[Any]]:
    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    dependencies = {"api": Provide(api), "start_sync": Provide(start_sync)}
    mounted = Router("/api/v1", route_handlers=[GitHub], dependencies=dependencies)
    with create_test_client([mounted]) as it:
        yield it


def ids(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [it["id"] for it in reply.json()]


def test_issues_are_listed_without_the_pull_requests_among_them(
    hub: Hub, client: TestClient[Any]
) -> None:
    rows = [issue(1, at(1)), issue(2, at(2), pull_request={"url": "x"})]
    hub.api.answers["GET", f"{REPO}/issues"] = Answer(rows)
    asked = {"repository": "acme/api", "state": "all", "since": "2026-03-01T12:00:00+02:00"}
    assert ids(client.get("/api/v1/issues", params=asked)) == ["555:issue:1"]
    params = hub.api.asked[-1].params
    assert (params["state"], params["since"]) == ("all", "2026-03-01T10:00:00Z")


def test_pulls_commits_and_repositories_are_listed(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers |= {
        ("GET", f"{REPO}/pulls"): Answer([issue(3, at(3))]),
        ("GET", f"{REPO}/commits"): Answer(answer("commits")),
        ("GET", "/user/repos"): gone,
        ("GET", "/installation/repositories"): Answer(answer("installation-repositories")),
    }
    where = {"repository": "acme/api"}
    assert ids(client.get("/api/v1/pulls", params=where)) == ["555:pull:3"]
    (commit,) = ids(client.get("/api/v1/commits", params=where))
    assert commit.startswith("555:commit:")
    assert ids(client.get("/api/v1/repositories")) == ["1296269:repository"]


def test_a_number_may_be_that_of_a_pull_request(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers |= {
        ("GET", f"{REPO}/issues/7"): Answer(issue(7, at(1), pull_request={})),
        ("GET", f"{REPO}/pulls/7"): Answer(issue(7, at(1))),
        ("GET", f"{REPO}/issues/8"): Answer(issue(8, at(1))),
    }
    assert client.get("/api/v1/issues/acme/api/7").json()["id"] == "555:pull:7"
    assert client.get("/api/v1/issues/acme/api/8").json()["id"] == "555:issue:8"


def test_an_issue_is_opened_changed_and_commented(hub: Hub, client: TestClient[Any]) -> None:
    comment = answer("issue-comments")[0]
    hub.api.answers |= {
        ("POST", f"{REPO}/issues"): Answer(issue(9, at(1))),
        ("PATCH", f"{REPO}/issues/9"): Answer(issue(9, at(2), state="closed")),
        ("POST", f"{REPO}/issues/9/comments"): Answer(comment),
    }
    opened = client.post("/api/v1/issues/acme/api", json={"title": "Hello", "labels": ["bug"]})
    assert (opened.status_code, opened.json()["id"]) == (201, "555:issue:9")
    assert hub.api.asked[-1].body == {"title": "Hello", "labels": ["bug"]}
    closed = client.patch("/api/v1/issues/acme/api/9", json={"state": "closed"})
    assert closed.json()["metadata"]["state"] == "closed"
    assert hub.api.asked[-1].body == {"state": "closed"}
    said = client.post("/api/v1/issues/acme/api/9/comments", json={"body": "Me too"})
    assert said.json()["content"] == "Me too"


def test_a_pull_request_is_reviewed(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["POST", f"{REPO}/pulls/12/reviews"] = Answer(answer("reviews")[0])
    given = client.post("/api/v1/pulls/acme/api/12/reviews", json={"event": "APPROVE"})
    assert given.json()["metadata"]["state"] == "approved"


def test_a_walk_is_started_and_told_by_its_run(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/activity")
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    client.post("/api/v1/sync/activity", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]


@pytest.mark.parametrize(
    "name",
    [
        "acme",
        "acme/",
        "/api",
        "../user",
        "acme/..",
        "./x",
        "acme/api/x",
        "acme/a?b",
        "acme/a#b",
        "acme/a b",
        "acme/api\n",
        "acme/%2e%2e",
        "acme/ä",
        "@acme/api",
        "acme/" + "a" * 101,
    ],
)
def test_a_repository_that_is_no_name_never_reaches_github(
    hub: Hub, client: TestClient[Any], name: str
) -> None:
    assert client.get("/api/v1/issues", params={"repository": name}).status_code == 400
    assert hub.api.asked == []


@pytest.mark.parametrize(
    "path", ["..%2F/api/7", "acme/..%2F..%2Fuser/7", "%2e%2e/api/7", "acme/api/0", "acme/api/-1"]
)
def test_a_path_that_leads_elsewhere_never_reaches_github(
    hub: Hub, client: TestClient[Any], path: str
) -> None:
    assert client.get(f"/api/v1/issues/{path}").status_code in (400, 404)
    assert hub.api.asked == []


@pytest.mark.parametrize(
    "body",
    [{}, {"title": ""}, {"title": 1}, {"title": "x", "state": "open"}, {"title": "x" * 257}, []],
)
def test_a_body_of_another_shape_is_refused(hub: Hub, client: TestClient[Any], body: Any) -> None:
    assert client.post("/api/v1/issues/acme/api", json=body).status_code == 400
    assert hub.api.asked == []
