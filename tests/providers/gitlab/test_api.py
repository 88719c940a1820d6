"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client

from services.gitlab.api import GitLab
from services.gitlab.api_code import Code
from tests.fakes.api import Answer, FakeApi
from tests.providers.gitlab.material import AT, answer

H = "gitlab.com:42"
ISSUE, MR = answer("issues")[0], answer("merge-requests")[0]
HERE = {"project": "acme/api"}


@pytest.fixture
def api() -> FakeApi:
    project = Answer(answer("project"))
    return FakeApi({("GET", AT): project, ("GET", "/api/v4/projects/acme%2Fapi"): project})


@pytest.fixture
def client(api: FakeApi) -> Iterator[TestClient[Any]]:
    async def provide() -> FakeApi:
        return api

    mounted = Router(
        "/api/v1", route_handlers=[GitLab, Code], dependencies={"api": Provide(provide)}
    )
    with create_test_client([mounted]) as it:
        yield it


def ids(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [it["id"] for it in reply.json()]


def test_lists_are_messages(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= {
        ("GET", "/api/v4/projects"): Answer(answer("projects")),
        ("GET", f"{AT}/issues"): Answer(answer("issues")),
        ("GET", f"{AT}/merge_requests"): Answer(answer("merge-requests")),
        ("GET", f"{AT}/repository/commits"): Answer(answer("commits")),
        ("GET", f"{AT}/pipelines"): Answer(answer("pipelines")),
        ("GET", f"{AT}/releases"): Answer(answer("releases")),
    }
    assert ids(client.get("/api/v1/projects"))[0] == f"{H}:project"
    assert ids(client.get("/api/v1/issues", params=HERE))[0] == f"{H}:issue:301"
    assert ids(client.get("/api/v1/merge_requests", params=HERE))[0] == f"{H}:mr:880"
    assert ids(client.get("/api/v1/commits", params=HERE))[0].startswith(f"{H}:commit:")
    assert ids(client.get("/api/v1/pipelines", params=HERE)) == [f"{H}:pipeline:31"]
    assert ids(client.get("/api/v1/releases", params=HERE)) == [f"{H}:release:v1.0.0"]


def test_a_list_is_searched_by_words_state_and_time(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", f"{AT}/issues"] = Answer([])
    wish = {**HERE, "state": "all", "search": "retry", "since": "2026-03-01T12:00:00+02:00"}
    assert ids(client.get("/api/v1/issues", params=wish)) == []
    asked = api.asked[-1].params
    assert asked == {
        "page": "1",
        "per_page": "30",
        "sort": "desc",
        "order_by": "updated_at",
        "state": "all",
        "search": "retry",
        "updated_after": "2026-03-01T10:00:00Z",
    }


def test_23_a_path_is_one_segment(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", "/api/v4/projects/acme%2Fplatform%2Fedge"] = Answer(answer("project"))
    api.answers["GET", f"{AT}/issues"] = Answer([])
    assert ids(client.get("/api/v1/issues", params={"project": "acme/platform/edge"})) == []
    assert ids(client.get("/api/v1/issues", params={"project": "42"})) == []


def test_an_issue_is_opened_changed_and_closed(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= {
        ("POST", f"{AT}/issues"): Answer(ISSUE),
        ("PUT", f"{AT}/issues/5"): Answer(ISSUE | {"state": "closed"}),
        ("GET", f"{AT}/issues/5"): Answer(ISSUE),
    }
    wish = {"title": "Hello", "labels": ["bug", "API"], "due_date": "2026-03-01"}
    opened = client.post("/api/v1/issues/42", json=wish)
    assert (opened.status_code, opened.json()["id"]) == (201, f"{H}:issue:301")
    assert api.asked[-1].body == {"title": "Hello", "labels": "bug,API", "due_date": "2026-03-01"}
    change = {"state": "closed", "assignee_ids": [], "description": "", "add_labels": ["x"]}
    closed = client.patch("/api/v1/issues/42/5", json=change)
    assert closed.json()["metadata"]["state"] == "closed"
    assert api.asked[-1].body == {
        "state_event": "close",
        "assignee_ids": [],
        "description": "",
        "add_labels": "x",
    }
    client.patch("/api/v1/issues/42/5", json={"state": "opened"})
    assert api.asked[-1].body == {"state_event": "reopen"}
    assert client.get("/api/v1/issues/42/5").json()["id"] == f"{H}:issue:301"


def test_a_merge_request_is_asked_for_changed_and_merged(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {
        ("POST", f"{AT}/merge_requests"): Answer(MR),
        ("PUT", f"{AT}/merge_requests/3"): Answer(MR),
        ("PUT", f"{AT}/merge_requests/3/merge"): Answer(MR | {"state": "merged"}),
        ("GET", f"{AT}/merge_requests/3"): Answer(MR),
    }
    wish = {"title": "Retry", "source_branch": "retry", "target_branch": "main"}
    assert client.post("/api/v1/merge_requests/42", json=wish).json()["id"] == f"{H}:mr:880"
    assert api.asked[-1].body == wish
    client.patch("/api/v1/merge_requests/42/3", json={"reviewer_ids": [12]})
    assert api.asked[-1].body == {"reviewer_ids": [12]}
    merged = client.post("/api/v1/merge_requests/42/3/merge", json={"sha": MR["sha"]})
    assert merged.json()["metadata"]["state"] == "merged"
    assert api.asked[-1].body == {"sha": MR["sha"]}
    assert client.get("/api/v1/merge_requests/42/3").json()["type"] == "pull_request"
    blind = client.post("/api/v1/merge_requests/42/3/merge", json={})
    assert blind.status_code == 400, "nobody merges what he has not seen"


def test_21_a_comment_of_a_caller_carries_nothing_out(
    api: FakeApi, client: TestClient[Any]
) -> None:
    note = answer("issue-discussions")[0]["notes"][0]
    api.answers |= {
        ("GET", f"{AT}/issues/5"): Answer(ISSUE),
        ("POST", f"{AT}/issues/5/notes"): Answer(note),
    }
    said = client.post("/api/v1/issues/42/5/comments", json={"body": "/close", "internal": True})
    assert said.status_code == 201, said.text
    assert api.asked[-1].body == {"body": "\\/close", "internal": True}
    assert said.json()["url"].endswith("/issues/5#note_7001")
    assert said.json()["thread_id"] == said.json()["parent_id"] == f"{H}:issue:301"


def test_a_thread_is_answered_and_read(api: FakeApi, client: TestClient[Any]) -> None:
    threads = answer("merge-request-discussions")
    api.answers |= {
        ("GET", f"{AT}/merge_requests/3"): Answer(MR),
        ("GET", f"{AT}/merge_requests/3/discussions"): Answer(threads),
        ("POST", f"{AT}/merge_requests/3/discussions/a1/notes"): Answer(threads[1]["notes"][1]),
    }
    wish = {"body": "Because.", "discussion_id": "a1"}
    said = client.post("/api/v1/merge_requests/42/3/comments", json=wish)
    assert api.asked[-1].body == {"body": "Because."}
    assert said.json()["thread_id"] == f"{H}:discussion:a1"
    heard = ids(client.get("/api/v1/merge_requests/42/3/comments"))
    assert heard == [f"{H}:note:{n}" for n in (7002, 7003, 7004)]


def test_what_gitlab_notes_itself_is_no_comment(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= {
        ("GET", f"{AT}/issues/5"): Answer(ISSUE),
        ("GET", f"{AT}/issues/5/discussions"): Answer(answer("issue-discussions")),
    }
    assert ids(client.get("/api/v1/issues/42/5/comments")) == [f"{H}:note:7001"]


def test_a_pipeline_is_started_read_and_steered(api: FakeApi, client: TestClient[Any]) -> None:
    whole = Answer(answer("pipeline"))
    api.answers |= {
        ("POST", f"{AT}/pipeline"): whole,
        ("GET", f"{AT}/pipelines/31"): whole,
        ("POST", f"{AT}/pipelines/31/retry"): whole,
        ("POST", f"{AT}/pipelines/31/cancel"): whole,
    }
    assert client.post("/api/v1/pipelines/42", json={"ref": "main"}).status_code == 201
    assert api.asked[-1].body == {"ref": "main"}
    assert client.get("/api/v1/pipelines/42/31").json()["metadata"]["status"] == "success"
    for verb in ("retry", "cancel"):
        assert client.post(f"/api/v1/pipelines/42/31/{verb}").status_code == 201
    assert client.post("/api/v1/pipelines/42/31/erase").status_code == 400


NO_NAMES = [
    "",
    "/api",
    "acme/",
    "../user",
    "acme/..",
    "./x",
    "a?b",
    "a#b",
    "a b",
    "acme/api\n",
    "a%2Fb",
]
NO_PATHS = ["42/0", "0/5", "-1/5", "acme/5", "42/..%2F..%2Fuser"]
NO_ISSUES: list[Any] = [
    {},
    {"title": ""},
    {"title": 1},
    {"title": "x", "state": "open"},
    {"title": "x" * 256},
    [],
]


def test_what_is_no_project_no_path_and_no_issue_never_reaches_gitlab(
    api: FakeApi, client: TestClient[Any]
) -> None:
    for name in NO_NAMES:
        assert client.get("/api/v1/issues", params={"project": name}).status_code == 400, name
    for path in NO_PATHS:
        assert client.get(f"/api/v1/issues/{path}").status_code in (400, 404), path
    for body in NO_ISSUES:
        assert client.post("/api/v1/issues/42", json=body).status_code == 400, body
    assert api.asked == []
