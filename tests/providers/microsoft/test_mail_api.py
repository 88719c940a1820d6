"""Outlook's endpoints, with the hub's part played by the test."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client

from services.microsoft.api import ROUTES
from services.microsoft.dialect import NotThere
from shared.errors import Unavailable
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, FakeApi
from tests.providers.microsoft import material as its

RUN = UUID(int=7)
ME = "/me/messages"
DRAFT = {"id": "d1", "conversationId": "c1", "internetMessageId": "<d1@acme.test>"}


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({})


@pytest.fixture
def client(api: FakeApi) -> Iterator[TestClient[Any]]:
    async def start(_mode: str) -> UUID:
        return RUN

    given = {"api": lambda: api, "start_sync": lambda: start}
    dependencies = {name: Provide(it, sync_to_thread=False) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=ROUTES, dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def test_mails_are_listed_by_folder_and_page(api: FakeApi, client: TestClient[Any]) -> None:
    path = "/me/mailFolders/inbox/messages"
    api.answers["GET", path] = its.page(its.mail("a"), next=f"{path}?$top=1&$skip=1")
    found = client.get("/api/v1/emails", params={"folder": "inbox", "limit": 1}).json()
    assert ([it["id"] for it in found["items"]], found["next"]) == (["a"], "$skip=1")
    assert api.asked[-1].params == {"$top": "1", "$orderby": "receivedDateTime desc"}
    api.answers["GET", path] = its.page(its.mail("b"))
    rest = client.get("/api/v1/emails", params={"folder": "inbox", "place": found["next"]})
    assert rest.json()["next"] == ""
    assert api.asked[-1].params["$skip"] == "1"


def test_mails_of_all_folders_are_listed(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", ME] = its.page(its.mail("a"))
    assert [it["id"] for it in client.get("/api/v1/emails").json()["items"]] == ["a"]


@pytest.mark.parametrize(
    "place",
    [
        "https://graph.microsoft.com/v1.0/me/drive",
        "$skip=1&$expand=x",
        "$filter=1",
        "$skip=",
        "$skip=1\n",
    ],
)
def test_a_place_is_never_more_than_a_place(
    api: FakeApi, client: TestClient[Any], place: str
) -> None:
    reply = client.get("/api/v1/emails", params={"place": place})
    assert (reply.status_code, api.asked) == (400, [])
    assert "place" in reply.json()["detail"]


def test_words_that_are_searched_cannot_leave_their_quotes(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers["GET", ME] = its.page(its.mail("a"))
    reply = client.get("/api/v1/emails/search", params={"q": 'subject:plan" OR "x\\'})
    assert reply.status_code == 200
    assert api.asked[-1].params["$search"] == '"subject:plan\\" OR \\"x\\\\"'


def test_a_mail_is_read_with_what_is_attached(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", f"{ME}/a"] = {**its.recorded("mail/file_attachment"), "id": "a"}
    found = client.get("/api/v1/emails/a").json()
    assert found["attachments"][0]["url"] == "/api/v1/emails/a/attachments/att1"
    api.answers["GET", f"{ME}/b"] = NotThere()
    assert client.get("/api/v1/emails/b").status_code == 404


def test_an_attachment_is_given_as_a_file_and_never_as_a_page(
    api: FakeApi, client: TestClient[Any]
) -> None:
    path = f"{ME}/a/attachments/att1"
    api.answers["GET", path] = {"id": "att1", "name": "Größe\r\n.html", "contentType": "text/html"}
    api.answers["GET", f"{path}/$value"] = Answer(b"<script>")
    reply = client.get("/api/v1/emails/a/attachments/att1")
    assert (reply.content, reply.headers["content-type"]) == (
        b"<script>",
        "application/octet-stream",
    )
    name = "Gr%C3%B6%C3%9Fe%0D%0A.html"
    assert reply.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_conversation_is_sorted_here_because_graph_does_not(
    api: FakeApi, client: TestClient[Any]
) -> None:
    late = its.mail("late", receivedDateTime="2026-11-21T09:00:00Z")
    api.answers["GET", ME] = its.page(late, its.mail("early"))
    found = client.get("/api/v1/threads/AAQkconv1=").json()
    assert [it["id"] for it in found] == ["early", "late"]
    assert api.asked[-1].params == {"$filter": "conversationId eq 'AAQkconv1='", "$top": "100"}
    assert client.get("/api/v1/threads/a' or 1 eq 1").status_code == 400


def test_folders_are_listed_at_any_depth(api: FakeApi, client: TestClient[Any]) -> None:
    path = "/me/mailFolders/delta"
    first = {"id": "a", "displayName": "Inbox", "parentFolderId": "root"}
    pages = its.pages(
        {
            "": its.page(first, its.gone("b"), next=f"{path}?$skiptoken=s"),
            "s": its.page({"id": "c", "displayName": "Deep", "parentFolderId": "a"}),
        }
    )
    api.answers |= {("GET", path): pages, ("GET", f"/v1.0{path}"): pages}
    assert client.get("/api/v1/folders").json() == [
        {"id": "a", "name": "Inbox", "parent_id": "root"},
        {"id": "c", "name": "Deep", "parent_id": "a"},
    ]


def test_a_mail_is_marked_and_only_what_was_said_changes(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {("PATCH", f"{ME}/a"): None, ("GET", f"{ME}/a"): its.mail("a", isRead=True)}
    reply = client.patch("/api/v1/emails/a", json={"is_read": True, "flagged": False})
    assert reply.json()["metadata"]["is_read"] == "true"
    assert api.asked[0].body == {"isRead": True, "flag": {"flagStatus": "notFlagged"}}


def test_a_moved_mail_is_read_under_the_id_that_it_has_then(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {("POST", f"{ME}/a/move"): {"id": "a2"}, ("GET", f"{ME}/a2"): its.mail("a2")}
    reply = client.post("/api/v1/emails/a/move", json={"folder": "archive"})
    assert (reply.status_code, reply.json()["id"]) == (200, "a2")
    assert api.asked[0].body == {"destinationId": "archive"}


NEW = {
    "to": [{"email": "zoe@acme.test", "name": "Zoë"}],
    "cc": [{"email": "kim@acme.test"}],
    "subject": "Plan",
    "text": "Hello",
    "attachments": [{"name": "a.txt", "data": b64encode(b"abc").decode(), "type": "text/plain"}],
}


def test_a_mail_is_a_draft_first_so_that_its_id_is_known(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {("POST", ME): DRAFT, ("POST", f"{ME}/d1/send"): None}
    reply = client.post("/api/v1/emails/send", json=NEW)
    assert reply.json() == {
        "id": "d1",
        "thread_id": "c1",
        "message_id": "<d1@acme.test>",
        "repeated": False,
    }
    assert api.asked[0].body == {
        "subject": "Plan",
        "body": {"contentType": "text", "content": "Hello"},
        "toRecipients": [{"emailAddress": {"address": "zoe@acme.test", "name": "Zoë"}}],
        "ccRecipients": [{"emailAddress": {"address": "kim@acme.test"}}],
        "attachments": [
            {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": "a.txt",
                "contentType": "text/plain",
                "contentBytes": b64encode(b"abc").decode(),
            }
        ],
    }


@pytest.mark.parametrize(("draft", "repeated"), [(False, True), (True, False)])
def test_a_mail_with_an_id_of_its_own_is_not_sent_twice(
    api: FakeApi, client: TestClient[Any], draft: bool, repeated: bool
) -> None:
    """What went out stays out; what had only become a draft goes out now."""
    api.answers["GET", ME] = its.page({**its.mail("d1"), "isDraft": draft})
    api.answers["POST", f"{ME}/d1/send"] = None
    body = {**NEW, "message_id": "<mine@acme.test>"}
    reply = client.post("/api/v1/emails/send", json=body)
    assert reply.json()["repeated"] is repeated
    assert api.asked[0].params["$filter"] == "internetMessageId eq '<mine@acme.test>'"
    assert [it.path for it in api.asked if it.method == "POST"] == ([f"{ME}/d1/send"] * draft)


def test_a_mail_of_which_nobody_knows_whether_it_went_says_so(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers |= {("POST", ME): DRAFT, ("POST", f"{ME}/d1/send"): Unavailable(unknown=True)}
    reply = client.post("/api/v1/emails/send", json=NEW)
    assert reply.json()["outcome"] == "unknown"
    assert len(api.asked) == 2


def test_more_than_graph_takes_with_a_mail_is_refused_before_anything_is_sent(
    api: FakeApi, client: TestClient[Any]
) -> None:
    large = {"name": "a", "data": b64encode(bytes(3 * 1024 * 1024 + 1)).decode()}
    reply = client.post("/api/v1/emails/send", json={**NEW, "attachments": [large]})
    assert (reply.status_code, api.asked) == (400, [])


@pytest.mark.parametrize(
    ("wish", "word", "body"),
    [
        ({"text": "Yes"}, "createReply", {"comment": "Yes"}),
        (
            {"html": "<b>Yes</b>", "everybody": True},
            "createReplyAll",
            {"message": {"body": {"contentType": "html", "content": "<b>Yes</b>"}}},
        ),
    ],
)
def test_a_reply_has_a_comment_or_a_body_and_goes_out_once(
    api: FakeApi, client: TestClient[Any], wish: Any, word: str, body: Any
) -> None:
    api.answers |= {("POST", f"{ME}/a/{word}"): DRAFT, ("POST", f"{ME}/d1/send"): None}
    assert client.post("/api/v1/emails/a/reply", json=wish).json()["id"] == "d1"
    assert api.asked[0].body == body


@pytest.mark.parametrize("wish", [{}, {"text": "a", "html": "b"}])
def test_a_reply_with_both_or_nothing_is_refused_before_it_is_sent(
    api: FakeApi, client: TestClient[Any], wish: Any
) -> None:
    assert client.post("/api/v1/emails/a/reply", json=wish).status_code == 400
    assert api.asked == []


def test_a_draft_is_kept_changed_and_sent(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= {
        ("POST", ME): DRAFT,
        ("PATCH", f"{ME}/d1"): DRAFT,
        ("POST", f"{ME}/d1/send"): None,
    }
    assert client.post("/api/v1/drafts", json=NEW).json()["id"] == "d1"
    change = {"subject": "Other", "bcc": [], "text": "New"}
    assert client.patch("/api/v1/drafts/d1", json=change).status_code == 200
    assert api.asked[-1].body == {
        "bccRecipients": [],
        "subject": "Other",
        "body": {"contentType": "text", "content": "New"},
    }
    assert client.post("/api/v1/drafts/d1/send").json()["id"] == "d1"


@pytest.mark.parametrize(
    "change",
    [
        {"to": [{"email": "no address"}]},
        {"to": [{"email": "a@b.c\n"}]},
        {"message_id": "mine"},
        {"message_id": "<a' or 1 eq 1@x>"},
        {"surprise": 1},
        {"subject": "x" * 256},
        {"attachments": [{"name": "", "data": ""}]},
    ],
)
def test_a_mail_that_cannot_be_one_is_refused(
    api: FakeApi, client: TestClient[Any], change: Any
) -> None:
    assert client.post("/api/v1/emails/send", json={**NEW, **change}).status_code == 400
    assert api.asked == []


@pytest.mark.parametrize("ident", ["..", "a%2F..%2Fb", "a%00", "a%20b", "x" * 513])
def test_an_id_stays_within_its_path(api: FakeApi, client: TestClient[Any], ident: str) -> None:
    assert client.get(f"/api/v1/emails/{ident}").status_code in (400, 404)
    assert api.asked == []


def test_a_walk_can_be_asked_for(client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/emails", json={"mode": "full"})
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
