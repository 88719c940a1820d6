"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.jira.api import Jira
from services.jira.api_more import Around
from services.jira.parts import SHOWN
from services.jira.writes import document
from shared.errors import ItemGone, Unavailable
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.jira.material import CLOUD, HOST, OTHER, REST, SEARCH, SITES, answer

RUN = UUID(int=7)
ISSUE = answer("issue.everything")
COMMENT = ISSUE["fields"]["comment"]["comments"][0]
WORKLOG = ISSUE["fields"]["worklog"]["worklogs"][0]
ONE = answer("sites")[:1]
AT = f"{REST}/issue/SUP-42"


class Hub:
    """The caller's account: an Api that knows what the test told it, and the runs that were started."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything; the account reaches one site."""
        self.api = FakeApi({SITES: Answer(ONE)})
        self.started: list[str] = []

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    def answer(self, method: str, path: str, body: Any) -> None:
        self.api.answers[method, path] = body

    @property
    def asked(self) -> list[Call]:
        """The calls but for those that ask which sites there are."""
        return [it for it in self.api.asked if (it.method, it.path) != SITES]

    @property
    def question(self) -> dict[str, Any]:
        """The last search."""
        found: dict[str, Any] = json.decode(self.asked[-1].body)
        return found


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Hub, TestClient[Any]]]:
    hub = Hub()

    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    given = {"api": Provide(api), "start_sync": Provide(start_sync)}
    mounted = Router("/api/v1", route_handlers=[Jira, Around], dependencies=given)
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
    hub.answer(*SEARCH, Answer({"issues": [ISSUE], "nextPageToken": "two"}))
    wish: dict[str, str | int] = {"project": "SUP", "status": 'To "Do"', "assignee": "me"}
    wish |= {"limit": 5, "cursor": "one"}
    reply = client.get("/api/v1/issues", params=wish).json()
    assert reply["next"] == "two"
    (message,) = reply["messages"]
    assert (message["id"], message["metadata"]["key"]) == (f"{CLOUD}:issue:10042", "SUP-42")
    assert hub.question == {
        "jql": r'project = "SUP" AND status = "To \"Do\"" AND assignee = currentUser() '
        "ORDER BY updated DESC",
        "fields": SHOWN,
        "maxResults": 5,
        "nextPageToken": "one",
    }


@pytest.mark.parametrize(
    ("wish", "jql"),
    [
        ({}, "project is not EMPTY ORDER BY updated DESC"),
        ({"assignee": "none"}, "project is not EMPTY AND assignee is EMPTY ORDER BY updated DESC"),
        (
            {"assignee": "712020:aa-bb"},
            'project is not EMPTY AND assignee = "712020:aa-bb" ORDER BY updated DESC',
        ),
    ],
)
def test_a_list_is_narrowed_by_what_is_asked_for(
    hub: Hub, client: TestClient[Any], wish: dict[str, str], jql: str
) -> None:
    hub.answer(*SEARCH, Answer({"issues": []}))
    assert client.get("/api/v1/issues", params=wish).json() == {"messages": [], "next": ""}
    assert hub.question["jql"] == jql


def test_since_is_asked_for_in_minutes_ago(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer(*SEARCH, Answer({"issues": []}))
    for since in ("2026-01-01T01:00:00+01:00", "2999-01-01T00:00:00Z"):
        assert client.get("/api/v1/issues", params={"since": since}).is_success
        assert " AND updated >= -" in hub.question["jql"]
    assert "updated >= -1m " in hub.question["jql"], "of the future nothing is known"


def test_issues_are_searched_by_words_or_by_jql(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer(*SEARCH, Answer({"issues": [ISSUE]}))
    assert len(client.get("/api/v1/issues/search?q=boot").json()["messages"]) == 1
    assert hub.question["jql"] == 'text ~ "boot" ORDER BY updated DESC'
    assert client.get("/api/v1/issues/search", params={"jql": "labels = x"}).is_success
    assert hub.question["jql"] == "labels = x"
    for wish in ({}, {"q": "a", "jql": "b"}):
        assert client.get("/api/v1/issues/search", params=wish).status_code == 400


def test_an_issue_is_read_by_either_name(hub: Hub, client: TestClient[Any]) -> None:
    for name in ("10042", "SUP-42"):
        hub.answer("GET", f"{REST}/issue/{name}", Answer(ISSUE))
        assert client.get(f"/api/v1/issues/{name}").json()["id"] == f"{CLOUD}:issue:10042"
    hub.answer("GET", f"{REST}/issue/SUP-404", ItemGone())
    assert client.get("/api/v1/issues/SUP-404").status_code == 404


def test_14_of_several_sites_one_has_to_be_chosen(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer(*SITES, Answer(answer("sites")))
    reply = client.get("/api/v1/issues/SUP-42")
    assert reply.status_code == 400
    assert "acme.atlassian.net, globex.atlassian.net" in reply.text
    hub.answer("GET", AT, Answer(ISSUE))
    hub.answer("GET", f"/ex/jira/{OTHER}/rest/api/3/issue/SUP-42", Answer(ISSUE))
    for site, cloud in ((HOST, CLOUD), (CLOUD, CLOUD), (OTHER, OTHER)):
        reply = client.get("/api/v1/issues/SUP-42", params={"site": site})
        assert reply.json()["id"] == f"{cloud}:issue:10042"
    assert client.get("/api/v1/issues/SUP-42?site=other.example").status_code == 404


def test_an_issue_is_opened_in_jiras_words(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", f"{REST}/issue", Answer({"id": "10042", "key": "SUP-42"}, 201))
    hub.answer("GET", AT, Answer(ISSUE))
    body = {"project": "SUP", "issuetype": "Bug", "summary": "No boot", "description": "a\nb"}
    body |= {"priority": "High", "assignee": "712020:aa-bb", "parent": "SUP-1"}
    reply = client.post("/api/v1/issues", json=body | {"labels": ["ops"], "duedate": "2026-02-01"})
    assert (reply.status_code, reply.json()["title"]) == (201, "No boot")
    assert hub.asked[0].body == {
        "fields": {
            "project": {"key": "SUP"},
            "issuetype": {"name": "Bug"},
            "summary": "No boot",
            "description": document("a\nb"),
            "priority": {"name": "High"},
            "assignee": {"accountId": "712020:aa-bb"},
            "parent": {"key": "SUP-1"},
            "labels": ["ops"],
            "duedate": "2026-02-01",
        }
    }


def test_an_issue_is_changed_and_emptied(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("PUT", AT, Answer(None, 204))
    hub.answer("GET", AT, Answer(ISSUE))
    body = {"summary": "Better", "labels": [], "parent": "10001", "clear": ["assignee", "duedate"]}
    assert client.patch("/api/v1/issues/SUP-42", json=body).status_code == 200
    assert hub.asked[0].body == {
        "fields": {
            "summary": "Better",
            "labels": [],
            "parent": {"id": "10001"},
            "assignee": None,
            "duedate": None,
        }
    }


def test_what_was_written_and_cannot_be_read_back_is_told_so(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.answer("PUT", AT, Answer(None, 204))
    hub.answer("GET", AT, Unavailable())
    reply = client.patch("/api/v1/issues/SUP-42", json={"summary": "x"})
    assert reply.status_code in (502, 504)
    assert "was written" in reply.text
    assert [it.method for it in hub.asked].count("PUT") == 1


def test_a_write_of_which_nobody_knows_is_not_sent_again(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", f"{REST}/issue", Unavailable("the answer broke off", unknown=True))
    body = {"project": "SUP", "issuetype": "Bug", "summary": "x"}
    assert client.post("/api/v1/issues", json=body).status_code in (502, 504)
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    ("name", "ident"), [("Close", "31"), ("close", "31"), ("Done", "31"), ("in progress", "11")]
)
def test_22_an_issue_is_moved_by_the_name_of_the_way_or_of_its_end(
    hub: Hub, client: TestClient[Any], name: str, ident: str
) -> None:
    hub.answer("GET", f"{AT}/transitions", Answer(answer("transitions")))
    hub.answer("POST", f"{AT}/transitions", Answer(None, 204))
    hub.answer("GET", AT, Answer(ISSUE))
    reply = client.post("/api/v1/issues/SUP-42/transitions", json={"name": name})
    assert (reply.status_code, reply.json()["metadata"]["status"]) == (200, "Done")
    assert hub.asked[1].body == {"transition": {"id": ident}}


def test_22_a_way_that_is_not_open_is_refused_with_those_that_are(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.answer("GET", f"{AT}/transitions", Answer(answer("transitions")))
    reply = client.post("/api/v1/issues/SUP-42/transitions", json={"name": "Reopen"})
    assert reply.status_code == 400
    assert "Close, Start" in reply.text
    listed = client.get("/api/v1/issues/SUP-42/transitions").json()["items"]
    assert listed[0] == {"id": "11", "name": "Start", "to": "In Progress"}


def test_comments_are_listed_made_changed_and_taken_back(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("GET", AT, Answer(ISSUE))
    said = f"{AT}/comment"
    hub.answer("GET", said, Answer({"comments": [COMMENT], "total": 2}))
    reply = client.get("/api/v1/issues/SUP-42/comments?limit=1").json()
    assert (reply["messages"][0]["parent_id"], reply["next"]) == (f"{CLOUD}:issue:10042", "1")
    assert client.get("/api/v1/issues/SUP-42/comments?cursor=1").json()["next"] == ""
    hub.answer("POST", f"{REST}/issue/10042/comment", Answer(COMMENT, 201))
    body = {"body": "Seen", "role": "Developers"}
    reply = client.post("/api/v1/issues/SUP-42/comments", json=body)
    assert (reply.status_code, reply.json()["type"]) == (201, "comment")
    assert hub.asked[-1].body == {
        "body": document("Seen"),
        "visibility": {"type": "role", "value": "Developers"},
    }
    hub.answer("PUT", f"{REST}/issue/10042/comment/20011", Answer(COMMENT))
    path = "/api/v1/issues/SUP-42/comments/20011"
    assert client.patch(path, json={"body": "Better"}).status_code == 200
    hub.answer("DELETE", f"{said}/20011", Answer(None, 204))
    assert client.delete(path).status_code == 204


def test_time_is_logged_with_jiras_own_form_of_a_moment(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("GET", AT, Answer(ISSUE))
    hub.answer("POST", f"{REST}/issue/10042/worklog", Answer(WORKLOG, 201))
    body = {"seconds": 3600, "started": "2026-01-02T08:00:00+01:00", "comment": "Looked"}
    reply = client.post("/api/v1/issues/SUP-42/worklogs", json=body)
    assert (reply.status_code, reply.json()["metadata"]["seconds"]) == (201, "3600")
    assert hub.asked[-1].body == {
        "timeSpentSeconds": 3600,
        "started": "2026-01-02T08:00:00.000+0100",
        "comment": document("Looked"),
    }


def test_a_file_is_passed_on_and_one_that_is_too_large_is_not(
    hub: Hub, client: TestClient[Any]
) -> None:
    about: dict[str, Any] = {"id": 10500, "filename": "log \U0001f680.txt", "size": 5}
    hub.answer("GET", f"{REST}/attachment/10500", Answer(about))
    hub.answer("GET", f"{REST}/attachment/content/10500", Answer(b"bytes"))
    reply = client.get("/api/v1/attachments/10500")
    assert (reply.status_code, reply.content) == (200, b"bytes")
    assert "log%20%F0%9F%9A%80.txt" in reply.headers["content-disposition"]
    assert hub.asked[-1].params == {"redirect": "false"}
    hub.answer("GET", f"{REST}/attachment/10500", Answer(about | {"size": 1 << 40}))
    assert client.get("/api/v1/attachments/10500").status_code >= 400
    assert len(hub.asked) == 3


def test_two_issues_are_linked(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", f"{REST}/issueLink", Answer(None, 201))
    reply = client.post("/api/v1/issues/SUP-42/links", json={"type": "Blocks", "to": "10043"})
    assert reply.status_code == 204
    assert hub.asked[-1].body["inwardIssue"] == {"id": "10043"}


def test_what_is_known_by_id_is_listed(hub: Hub, client: TestClient[Any]) -> None:
    assert client.get("/api/v1/sites").json()["items"] == [
        {"id": CLOUD, "name": "acme", "key": HOST}
    ]
    hub.answer("GET", f"{REST}/project/search", Answer(answer("projects")))
    projects = client.get("/api/v1/projects?q=sup").json()
    assert projects == {"items": [{"id": "10000", "name": "Support", "key": "SUP"}], "next": ""}
    hub.answer("GET", f"{REST}/user/search", Answer([answer("myself")]))
    users = client.get("/api/v1/users?q=ada&limit=1").json()
    assert users == {"items": [{"id": "712020:aa-bb", "name": "Ada Park"}], "next": "1"}
    hub.answer("GET", f"{REST}/status", Answer([{"id": "3", "name": "In Progress"}]))
    assert client.get("/api/v1/statuses").json()["items"][0]["name"] == "In Progress"


def test_a_walk_is_started_and_told_by_its_run(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/issues")
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    client.post("/api/v1/sync/issues", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]


@pytest.mark.parametrize(
    "path",
    [
        "/issues/sup-42",
        "/issues/SUP-0",
        "/issues/SUP-42%0A",
        "/issues/SUP-42%2F..",
        "/issues/..",
        "/issues?project=sup",
        "/issues?project=%22",
        "/issues?limit=0",
        "/issues?limit=101",
        "/issues?assignee=a%20b",
        "/issues?since=yesterday",
        "/issues/search?q=",
        "/issues/SUP-42/comments?cursor=-1",
        "/issues?site=a%2Fb",
        "/issues?site=",
    ],
)
def test_what_is_no_name_never_reaches_jira(hub: Hub, client: TestClient[Any], path: str) -> None:
    assert client.get(f"/api/v1{path}").status_code in (400, 404)
    assert hub.api.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"project": None},
        {"project": "sup"},
        {"summary": ""},
        {"summary": "x" * 256},
        {"labels": ["with space"]},
        {"labels": "ops"},
        {"assignee": "a b"},
        {"parent": "SUP"},
        {"duedate": "tomorrow"},
        {"description": "x" * 32_768},
        {"reporter": "712020:aa-bb"},
    ],
)
def test_a_body_of_another_shape_is_refused(
    hub: Hub, client: TestClient[Any], change: dict[str, Any]
) -> None:
    body = {"project": "SUP", "issuetype": "Bug", "summary": "x"} | change
    assert client.post("/api/v1/issues", json=body).status_code == 400
    assert hub.api.asked == []


def test_words_of_a_caller_never_become_a_part_of_a_question(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.answer(*SEARCH, Answer({"issues": []}))
    words = 'x" OR project = SECRET OR text ~ "\\'
    quoted = r'"x\" OR project = SECRET OR text ~ \"\\"'
    assert client.get("/api/v1/issues/search", params={"q": words}).is_success
    assert hub.question["jql"] == f"text ~ {quoted} ORDER BY updated DESC"
    assert client.get("/api/v1/issues", params={"status": words}).is_success
    assert f"status = {quoted} ORDER" in hub.question["jql"]
