"""The service's own endpoints, with the hub's part played by the test."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import convert, json, to_builtins

from services.google.api import ROUTES
from services.google.calendar_sync import BASE, events_of
from services.google.dialect import AlreadyDeleted, AlreadyThere
from services.google.drive_sync import FILES
from services.google.gmail_models import ME, bytes_of
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.google.mailbox import Mailbox
from tests.providers.google.material import PAYLOADS, encoded, mail, recorded

RUN = UUID(int=7)
SENT = Answer({"id": "s1", "threadId": "t1", "labelIds": ["SENT"]})


class Hub:
    """The caller's account: a mailbox, and the runs that were started."""

    def __init__(self) -> None:
        self.box = Mailbox(3)
        self.api: FakeApi = self.box.api
        self.started: list[str] = []

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    def sent(self) -> EmailMessage:
        """The mail that the last call carried."""
        body = self.api.asked[-1].body
        raw = (body.get("message") or body)["raw"]
        made = BytesParser(policy=policy.default).parsebytes(bytes_of(raw))
        assert isinstance(made, EmailMessage)
        return made


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
    mounted = Router("/api/v1", route_handlers=ROUTES, dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def ids(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [it["id"] for it in reply.json()["items"]]


def test_mails_are_listed_page_by_page_and_read(hub: Hub, client: TestClient[Any]) -> None:
    first = client.get("/api/v1/emails", params={"label": "INBOX", "limit": 2})
    assert ids(first) == ["m2", "m1"]
    assert hub.box.calls("/messages")[-1].params["labelIds"] == "INBOX"
    rest = client.get("/api/v1/emails", params={"place": first.json()["next"]})
    assert (ids(rest), rest.json()["next"]) == (["m0"], "")
    assert client.get("/api/v1/emails/m1").json()["title"] == "m1"
    hub.api.answers["GET", f"{ME}/messages/unknown"] = gone
    assert client.get("/api/v1/emails/unknown").status_code == 404


def test_a_mail_that_goes_while_it_is_listed_is_left_out(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["GET", f"{ME}/messages/m2"] = gone
    assert ids(client.get("/api/v1/emails", params={"limit": 2})) == ["m1"]


def test_a_search_asks_gmail_in_its_own_words(hub: Hub, client: TestClient[Any]) -> None:
    q = "from:zoe@acme.test after:1795000000"
    assert ids(client.get("/api/v1/emails/search", params={"q": q}))
    assert hub.box.calls("/messages")[-1].params["q"] == q
    assert client.get("/api/v1/emails/search").status_code == 400


def test_an_attachment_is_a_download_whatever_it_says_it_is(
    hub: Hub, client: TestClient[Any]
) -> None:
    parts = [
        {"partId": "0", "mimeType": "text/plain", "body": {"size": 1, "data": "eA"}},
        {
            "partId": "1",
            "mimeType": "text/html",
            "filename": 'ü "x"\n.html',
            "body": {"size": 3, "attachmentId": "short-lived"},
        },
    ]
    full = {"id": "m0", "threadId": "m0", "internalDate": "1", "payload": {"parts": parts}}
    hub.api.answers |= {
        ("GET", f"{ME}/messages/m0"): Answer(full),
        ("GET", f"{ME}/messages/m0/attachments/short-lived"): Answer({"data": "PGI-"}),
    }
    reply = client.get("/api/v1/emails/m0/attachments/1")
    assert reply.content == b"<b>"
    assert reply.headers["content-type"].startswith("application/octet-stream")
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%BC")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/v1/emails/m0/attachments/7").status_code == 404


def test_labels_are_listed_and_changed(hub: Hub, client: TestClient[Any]) -> None:
    rows = [{"id": "INBOX", "name": "INBOX", "type": "system"}]
    hub.api.answers |= {
        ("GET", f"{ME}/labels"): Answer({"labels": rows}),
        ("POST", f"{ME}/messages/m1/modify"): Answer({"id": "m1", "threadId": "m1"}),
    }
    assert client.get("/api/v1/labels").json() == rows
    reply = client.patch("/api/v1/emails/m1/labels", json={"remove": ["UNREAD"]})
    assert reply.json()["id"] == "m1"
    body = next(it.body for it in hub.api.asked if it.method == "POST")
    assert body == {"addLabelIds": [], "removeLabelIds": ["UNREAD"]}


def test_a_mail_is_sent_with_names_texts_and_files(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["POST", f"{ME}/messages/send"] = SENT
    wanted = {
        "to": [{"email": "sam@acme.test", "name": "Müller, Sam"}],
        "bcc": [{"email": "secret@acme.test"}],
        "subject": "Größe, später",
        "text": "Hallo",
        "html": "<p>Hallo</p>",
        "attachments": [
            {"name": "Ü.pdf", "type": "application/pdf", "data": b64encode(b"%PDF").decode()}
        ],
    }
    reply = client.post("/api/v1/emails/send", json=wanted)
    assert reply.status_code == 201, reply.text
    made = hub.sent()
    assert reply.json() == {
        "id": "s1",
        "thread_id": "t1",
        "message_id": made["Message-ID"],
        "repeated": False,
    }
    assert made["Message-ID"].endswith("@acme.test>")
    assert made["Subject"] == "Größe, später"
    assert str(made["To"].addresses[0].display_name) == "Müller, Sam"
    assert made["Bcc"].addresses[0].addr_spec == "secret@acme.test"
    kinds = [part.get_content_type() for part in made.walk()]
    assert {"text/plain", "text/html", "application/pdf"} <= set(kinds)
    (file,) = made.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Ü.pdf", b"%PDF")
    assert bytes_of(hub.api.asked[-1].body["raw"]).isascii()


def test_a_large_mail_goes_as_it_is_with_its_thread(hub: Hub, client: TestClient[Any]) -> None:
    kept = Answer({"id": "d1", "message": {"id": "m9", "threadId": "t9"}})
    hub.api.answers |= {
        ("POST", f"/upload{ME}/messages/send"): SENT,
        ("POST", f"/upload{ME}/drafts"): kept,
        ("GET", f"{ME}/threads/t1"): Answer(
            {"id": "t1", "messages": [to_builtins(mail("From: zoe@acme.test\nSubject: x\n\ny"))]}
        ),
    }
    file = {"name": "a.bin", "data": b64encode(bytes(range(256)) * 8000).decode()}
    wanted = {"text": "Hi", "attachments": [file]}
    for path, facts in (
        ("emails/send", {}),
        ("drafts", {"message": {}}),
        ("threads/t1/reply", {"threadId": "t1"}),
    ):
        to = {} if "reply" in path else {"to": [{"email": "a@b.example"}]}
        reply = client.post(f"/api/v1/{path}", json={**wanted, **to})
        assert reply.status_code == 201, reply.text
        call = hub.api.asked[-1]
        assert call.params == {"uploadType": "multipart"}
        head = f"Content-Type: {call.body.type}\r\n\r\n".encode()
        about, made = (
            BytesParser(policy=policy.default).parsebytes(head + call.body.data).iter_parts()
        )
        assert json.decode(str(about.get_payload())) == facts
        (whole,) = made.iter_parts() if made.is_multipart() else (made,)
        (attached,) = whole.iter_attachments()
        assert attached.get_content() == bytes(range(256)) * 8000
    assert client.post("/api/v1/emails/send", content=b"x" * 12_000_001).status_code == 413
    assert client.patch("/api/v1/drafts/d1", content=b"x" * 12_000_001).status_code == 413


def test_a_mail_with_a_message_id_is_not_sent_twice(hub: Hub, client: TestClient[Any]) -> None:
    wanted = {"to": [{"email": "a@b.example"}], "message_id": "<mine-1@acme.test>"}
    known: list[dict[str, str]] = []
    hub.api.answers |= {
        ("GET", f"{ME}/messages"): lambda _: Answer({"messages": known}),
        ("POST", f"{ME}/messages/send"): SENT,
    }
    assert not client.post("/api/v1/emails/send", json=wanted).json()["repeated"]
    assert hub.sent()["Message-ID"] == "<mine-1@acme.test>"
    known.append({"id": "s1", "threadId": "t1"})
    again = client.post("/api/v1/emails/send", json=wanted).json()
    assert (again["repeated"], again["id"]) == (True, "s1")
    assert [it.method for it in hub.api.asked].count("POST") == 1
    assert hub.api.asked[0].params["q"] == "rfc822msgid:mine-1@acme.test"


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "a\nBcc: x@y.z"},
        {"subject": "a\r\n\r\nx"},
        {"to": [{"email": "a@b.example\nBcc: c@d.example"}]},
        {"to": [{"email": "a@b.example, c@d.example"}]},
        {"to": [{"email": "a@b.example", "name": "x\ny"}]},
        {"to": [{"email": "no address"}]},
        {"message_id": "<a b@c>"},
        {"message_id": "<a@b> OR in:anywhere"},
        {"from": "someone@else.example"},
        {"attachments": [{"name": "x\n", "data": ""}]},
        {"attachments": [{"name": "x", "data": "", "type": "text/plain; x=1"}]},
        {"text": 1},
        [],
    ],
    ids=str,
)
def test_a_mail_that_smuggles_or_is_none_never_reaches_gmail(
    hub: Hub, client: TestClient[Any], wrong: Any
) -> None:
    reply = client.post("/api/v1/emails/send", json=wrong)
    assert reply.status_code == 400, reply.text
    assert hub.api.asked == []


def thread(*raws: str) -> Answer:
    """A thread, parsed as Gmail parses it, from what its mails say."""
    messages = []
    for number, raw in enumerate(raws):
        headers = [
            {"name": name, "value": value}
            for name, value in (line.split(": ", 1) for line in raw.splitlines() if line)
        ]
        payload = {"mimeType": "text/plain", "headers": headers, "body": {"data": "SGk", "size": 2}}
        row = to_builtins(mail("", f"r{number}", threadId="t1"))
        messages.append({**row, "raw": None, "payload": payload})
    return Answer({"id": "t1", "messages": messages})


FIRST = "From: zoe@acme.test\nTo: Sam <sam@acme.test>, kim@acme.test\nCc: lee@acme.test\nSubject: Review\nMessage-ID: <r0@acme.test>"


@pytest.mark.parametrize(
    ("last", "everybody", "to", "cc"),
    [
        (FIRST, False, ["zoe@acme.test"], []),
        (FIRST, True, ["zoe@acme.test"], ["kim@acme.test", "lee@acme.test"]),
        (FIRST + "\nReply-To: list@acme.test", False, ["list@acme.test"], []),
        (
            FIRST.replace("zoe@", "sam@").replace("Sam <sam@", "Zoe <zoe@"),
            False,
            ["zoe@acme.test", "kim@acme.test"],
            [],
        ),
    ],
)
def test_a_reply_stays_in_its_thread_and_goes_to_whom_it_answers(  # noqa: PLR0917 - a table
    hub: Hub, client: TestClient[Any], last: str, everybody: bool, to: list[str], cc: list[str]
) -> None:
    last += "\nReferences: <first@acme.test>"
    hub.api.answers |= {
        ("GET", f"{ME}/threads/t1"): thread(FIRST, last),
        ("POST", f"{ME}/messages/send"): SENT,
    }
    reply = client.post("/api/v1/threads/t1/reply", json={"text": "Yes", "everybody": everybody})
    assert reply.status_code == 201, reply.text
    made = hub.sent()
    assert hub.api.asked[-1].body["threadId"] == "t1"
    assert made["In-Reply-To"] == "<r0@acme.test>"
    assert made["References"] == "<first@acme.test> <r0@acme.test>"
    assert made["Subject"] == "Re: Review"
    assert [it.addr_spec for it in made["To"].addresses] == to
    assert [it.addr_spec for it in (made["Cc"].addresses if made["Cc"] else ())] == cc


def test_a_reply_without_anybody_to_answer_is_refused(hub: Hub, client: TestClient[Any]) -> None:
    for it in (thread(), thread("Subject: x")):
        hub.api.answers["GET", f"{ME}/threads/t1"] = it
        assert client.post("/api/v1/threads/t1/reply", json={"text": "Yes"}).status_code == 400


def test_threads_are_listed_and_read(hub: Hub, client: TestClient[Any]) -> None:
    rows = {"threads": [{"id": "t1", "snippet": "Zo&#235;"}], "nextPageToken": "p"}
    hub.api.answers |= {
        ("GET", f"{ME}/threads"): Answer(rows),
        ("GET", f"{ME}/threads/t1"): thread(FIRST, FIRST),
    }
    found = client.get("/api/v1/threads", params={"q": "x"}).json()
    assert found == {"items": [{"id": "t1", "snippet": "Zoë"}], "next": "p"}
    assert [it["id"] for it in client.get("/api/v1/threads/t1").json()] == ["r0", "r1"]


def test_a_draft_is_kept_changed_and_sent(hub: Hub, client: TestClient[Any]) -> None:
    kept = Answer({"id": "d1", "message": {"id": "m9", "threadId": "t9"}})
    raw = (PAYLOADS / "mail/rfc_2231_file_name.eml").read_bytes()
    draft = {"id": "d1", "message": to_builtins(mail(raw, threadId="t9"))}
    hub.api.answers |= {
        ("POST", f"{ME}/drafts"): kept,
        ("GET", f"{ME}/drafts/d1"): Answer(draft),
        ("PUT", f"{ME}/drafts/d1"): kept,
        ("POST", f"{ME}/drafts/send"): SENT,
    }
    made = client.post("/api/v1/drafts", json={"subject": "Plan", "text": "Hi"})
    assert made.json() == {"id": "d1", "message_id": "m9", "thread_id": "t9"}
    assert not {"To", "Message-ID"} & set(hub.sent().keys())
    wanted = {"text": "Größer", "to": [{"email": "kim@acme.test"}], "subject": "New"}
    assert client.patch("/api/v1/drafts/d1", json=wanted).status_code == 200
    changed = hub.sent()
    assert (changed["To"], changed["Subject"]) == ("kim@acme.test", "New")
    body = changed.get_body(("plain",))
    assert body
    assert body.get_content().strip() == "Größer"
    assert len([*changed.iter_attachments()]) == 2
    assert hub.api.asked[-1].body["message"]["threadId"] == "t9"
    assert client.post("/api/v1/drafts/d1/send").json()["id"] == "s1"
    assert hub.api.asked[-1].body == {"id": "d1"}


HOME = events_of("sam@acme.test")
EVENT = recorded("events")["items"][0]


@pytest.fixture
def calendar(hub: Hub) -> FakeApi:
    own = {"id": "sam@acme.test", "primary": True}
    hub.api.answers["GET", f"{BASE}/users/me/calendarList/primary"] = Answer(own)
    return hub.api


def test_events_are_listed_by_their_start(calendar: FakeApi, client: TestClient[Any]) -> None:
    calendar.answers["GET", HOME] = Answer({"items": [EVENT], "nextPageToken": "p"})
    asked = {"time_min": "2026-11-23T00:00:00+01:00"}
    found = client.get("/api/v1/events", params=asked)
    assert ids(found) == ["sam@acme.test:k3v5s0series"]
    params = calendar.asked[-1].params
    assert params["timeMin"] == "2026-11-22T23:00:00Z"
    assert (params["singleEvents"], params["orderBy"]) == ("true", "startTime")


def test_an_event_is_made_once_changed_and_deleted(
    calendar: FakeApi, client: TestClient[Any]
) -> None:
    calendar.answers |= {
        ("POST", HOME): Answer(EVENT),
        ("PATCH", f"{HOME}/k3v5s0series"): Answer(EVENT),
        ("GET", f"{HOME}/k3v5s0series"): Answer(EVENT),
        ("DELETE", f"{HOME}/k3v5s0series"): Answer(None),
    }
    day = {"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}, "summary": "Off"}
    made = client.post("/api/v1/events", json=day, params={"send_updates": "all"})
    assert made.status_code == 201, made.text
    call = calendar.asked[-1]
    assert call.params["sendUpdates"] == "all"
    assert len(call.body.pop("id")) == 32
    assert call.body == day
    client.post("/api/v1/events", json={**day, "id": "mine0"})
    assert calendar.asked[-1].body["id"] == "mine0"
    calendar.answers |= {("POST", HOME): AlreadyThere(), ("GET", f"{HOME}/mine0"): Answer(EVENT)}
    again = client.post("/api/v1/events", json={**day, "id": "mine0"})
    assert (again.status_code, again.json()) == (201, made.json())
    assert client.patch("/api/v1/events/k3v5s0series", json={"location": "R4"}).status_code == 200
    assert calendar.asked[-1].body == {"location": "R4"}
    assert client.get("/api/v1/events/k3v5s0series").json()["title"] == "Design review"
    assert client.delete("/api/v1/events/k3v5s0series").status_code == 204
    calendar.answers["DELETE", f"{HOME}/k3v5s0series"] = AlreadyDeleted()
    assert client.delete("/api/v1/events/k3v5s0series").status_code == 204
    calendar.answers["DELETE", f"{HOME}/k3v5s0series"] = gone
    assert client.delete("/api/v1/events/k3v5s0series").status_code == 404


def test_an_event_is_changed_only_as_it_was_read(
    calendar: FakeApi, client: TestClient[Any]
) -> None:
    path, where = f"{HOME}/k3v5s0series", "/api/v1/events/k3v5s0series"
    newer = Answer({**EVENT, "etag": '"350"'}, etag='"350"')
    calendar.answers |= {
        ("GET", path): Answer(EVENT),
        ("PATCH", path): newer,
        ("DELETE", path): Answer(None, etag='"350"'),
    }
    read = client.get(where).headers["etag"]
    assert read == EVENT["etag"]
    stale = {"if-match": read}
    for late in (
        client.patch(where, json={"location": "R4"}, headers=stale),
        client.delete(where, headers=stale),
    ):
        assert late.status_code == 412
        assert "Read it again" in late.json()["title"]
    fresh = client.patch(where, json={"location": "R4"}, headers={"if-match": '"350"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"350"')
    assert client.delete(where).status_code == 204
    assert calendar.asked[-1].etag == ""
    assert client.delete(where, headers={"if-match": '"a" b'}).status_code == 400


def test_an_invitation_is_answered_for_oneself_alone(
    calendar: FakeApi, client: TestClient[Any]
) -> None:
    path, where = f"{HOME}/k3v5s0series", "/api/v1/events/k3v5s0series/answer"
    calendar.answers |= {("GET", path): Answer(EVENT), ("PATCH", path): Answer(EVENT)}
    reply = client.post(where, json={"response": "accepted"}, params={"send_updates": "all"})
    assert reply.status_code == 200, reply.text
    call = calendar.asked[-1]
    assert (call.etag, call.params) == (EVENT["etag"], {"sendUpdates": "all"})
    wanted = [
        {**it, "responseStatus": "accepted"} if it.get("self") else it for it in EVENT["attendees"]
    ]
    assert call.body == {"attendees": wanted}
    calendar.answers["GET", path] = Answer({**EVENT, "attendees": []})
    assert client.post(where, json={"response": "declined"}).status_code == 400
    assert client.post(where, json={"response": "maybe"}).status_code == 400


@pytest.mark.parametrize("name", ["..", ".", "a/b@c", "@", "a b@c.d", "a@b?x", "primary\n", "x"])
def test_a_calendar_that_is_none_never_reaches_google(
    calendar: FakeApi, client: TestClient[Any], name: str
) -> None:
    assert client.get("/api/v1/events", params={"calendar": name}).status_code == 400
    assert calendar.asked == []


def test_free_and_busy_tells_the_trouble_of_each_calendar(
    calendar: FakeApi, client: TestClient[Any]
) -> None:
    told = {
        "sam@acme.test": {
            "busy": [{"start": "2026-11-23T14:00:00Z", "end": "2026-11-23T15:00:00Z"}]
        },
        "x@acme.test": {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []},
    }
    calendar.answers["POST", f"{BASE}/freeBusy"] = Answer({"calendars": told})
    asked = {
        "time_min": "2026-11-23T00:00:00Z",
        "time_max": "2026-11-24T00:00:00Z",
        "calendars": [*told],
    }
    reply = client.post("/api/v1/free-busy", json=asked)
    assert (reply.status_code, reply.json()) == (200, told)
    asked["calendars"] = ["x@y.z"] * 51
    assert client.post("/api/v1/free-busy", json=asked).status_code == 400


BLOB = {"id": "f1", "name": "Plan.pdf", "mimeType": "application/pdf", "size": "3"}


def test_files_are_searched_with_their_quotes(hub: Hub, client: TestClient[Any]) -> None:
    hub.api.answers["GET", FILES] = Answer({"files": [BLOB]})
    assert ids(client.get("/api/v1/files")) == ["f1"]
    assert hub.api.asked[-1].params["q"] == "trashed = false"
    client.get("/api/v1/files", params={"q": "it's \\ a plan"})
    words = r"it\'s \\ a plan"
    wanted = f"trashed = false and (name contains '{words}' or fullText contains '{words}')"
    assert hub.api.asked[-1].params["q"] == wanted
    assert "orderBy" not in hub.api.asked[-1].params


def test_a_file_is_read_and_downloaded_and_a_document_exported(
    hub: Hub, client: TestClient[Any]
) -> None:
    document = {**BLOB, "mimeType": "application/vnd.google-apps.document"}

    def content(call: Call) -> Answer:
        return Answer(
            b"%PDF" if call.params.get("alt") == "media" else convert(BLOB, dict[str, str])
        )

    hub.api.answers["GET", f"{FILES}/f1"] = content
    assert client.get("/api/v1/files/f1").json()["title"] == "Plan.pdf"
    assert client.get("/api/v1/files/f1/content").content == b"%PDF"
    hub.api.answers |= {
        ("GET", f"{FILES}/f1"): Answer(document),
        ("GET", f"{FILES}/f1/export"): Answer(b"# Plan"),
    }
    reply = client.get("/api/v1/files/f1/content")
    assert (reply.content, hub.api.asked[-1].params["mimeType"]) == (b"# Plan", "text/markdown")
    client.get("/api/v1/files/f1/content", params={"format": "application/pdf"})
    assert hub.api.asked[-1].params["mimeType"] == "application/pdf"
    sheet = {**BLOB, "mimeType": "application/vnd.google-apps.spreadsheet"}
    hub.api.answers["GET", f"{FILES}/f1"] = Answer(sheet)
    client.get("/api/v1/files/f1/content")
    assert hub.api.asked[-1].params["mimeType"] == "text/csv"  # of the first sheet
    folder = {**BLOB, "mimeType": "application/vnd.google-apps.folder"}
    hub.api.answers["GET", f"{FILES}/f1"] = Answer(folder)
    assert client.get("/api/v1/files/f1/content").status_code == 400


def test_what_people_say_about_a_file_is_read_with_its_replies(
    hub: Hub, client: TestClient[Any]
) -> None:
    at = {"createdTime": "2026-11-20T09:00:00Z", "author": {"displayName": "Zoë"}}
    comment = {
        **at,
        "id": "c1",
        "content": "Why, +kim@acme.test?",
        "mentionedEmailAddresses": ["Kim@acme.test"],
        "quotedFileContent": {"value": "the plan"},
        "replies": [
            {**at, "id": "r1", "content": "Because", "action": "resolve"},
            {**at, "id": "r2", "deleted": True},
        ],
    }
    deleted = {**at, "id": "c2", "deleted": True}
    answer = {"comments": [comment, deleted], "nextPageToken": "p"}
    hub.api.answers["GET", f"{FILES}/f1/comments"] = Answer(answer)
    reply = client.get("/api/v1/files/f1/comments", params={"place": "o"})
    assert ids(reply) == ["f1:c1", "f1:c1:r1"]
    first, second = reply.json()["items"]
    assert (first["type"], first["parent_id"], second["parent_id"]) == ("comment", "f1", "f1:c1")
    assert first["mentions"] == [{"id": "kim@acme.test", "email": "kim@acme.test"}]
    assert first["metadata"]["quoted"] == "the plan"
    assert (second["thread_id"], second["metadata"]["action"]) == ("f1:c1", "resolve")
    assert hub.api.asked[-1].params["fields"].startswith("nextPageToken,comments(")


@pytest.mark.parametrize("ident", ["..%2Fx", "a%2Fb", "a%3Fb", "%2e%2e", "ä", "a%0A"])
@pytest.mark.parametrize("path", ["emails", "threads", "events", "files"])
def test_a_path_that_leads_elsewhere_never_reaches_google(
    hub: Hub, client: TestClient[Any], path: str, ident: str
) -> None:
    assert client.get(f"/api/v1/{path}/{ident}").status_code in (400, 404)
    assert hub.api.asked == []


def test_a_walk_is_started_and_told_by_its_run(hub: Hub, client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/emails")
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    client.post("/api/v1/sync/emails", json={"mode": "full"})
    assert hub.started == ["incremental", "full"]


def test_what_is_sent_to_gmail_is_base64url() -> None:
    assert encoded(b"\xfb\xff") == "-_8"
