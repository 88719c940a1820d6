"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID as Run

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.zoom.api import Zoom
from services.zoom.paths import safe
from shared.errors import ItemGone, Unavailable
from shared.normalizer import encode
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, FakeApi
from tests.providers.zoom.material import (
    ACCOUNT,
    AT,
    HOST,
    NUMBER,
    SLASHES,
    UUID,
    answer,
    recorded,
    said,
    walk,
)

ME, MEETING = answer("meetings", "GET /users/me"), f"/meetings/{NUMBER}"
ROW = answer("meetings", "GET /users/me/meetings")["meetings"][0]
FILES = f"/meetings/{AT}/recordings"
WHICH = safe(UUID)
TWICE = "%252Fabc%252F%252FdEfGhIjKlMnOpQrS%253D%253D"


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({("GET", "/users/me"): Answer(ME)})


@pytest.fixture
def modes() -> list[str]:
    return []


@pytest.fixture
def client(api: FakeApi, modes: list[str]) -> Iterator[TestClient[Any]]:
    async def provide() -> FakeApi:
        return api

    async def starter() -> Any:
        async def start(mode: str) -> Run:
            modes.append(mode)
            return Run(int=7)

        return start

    given = {"api": Provide(provide), "start_sync": Provide(starter)}
    mounted = Router("/api/v1", route_handlers=[Zoom], dependencies=given)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def ok(reply: Any, status: int = 200) -> Any:
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else None


def test_whose_account_it_is(client: TestClient[Any]) -> None:
    told = {"id": HOST, "account_id": ACCOUNT, "name": "Mia Berg", "email": "mia@example.com"}
    assert ok(client.get("/api/v1/users/me")) == told


def test_what_is_planned_is_listed(api: FakeApi, client: TestClient[Any]) -> None:
    page = {"meetings": [ROW], "next_page_token": "t2"}
    api.answers["GET", "/users/me/meetings"] = Answer(page)
    wish = {"type": "upcoming", "cursor": "t1", "limit": "5"}
    found = ok(client.get("/api/v1/meetings", params=wish))
    assert ([it["id"] for it in found["messages"]], found["next"]) == ([str(NUMBER)], "t2")
    asked = {"type": "upcoming", "next_page_token": "t1", "page_size": "5"}
    assert api.asked[0].params == asked


@pytest.mark.anyio
async def test_a_meeting_is_read_as_it_is_walked(api: FakeApi, client: TestClient[Any]) -> None:
    single = {**ROW, "host_email": "mia@example.com", "status": "waiting", "settings": {}}
    api.answers["GET", MEETING] = Answer(single)
    (walked,) = said(await walk("meetings", recorded("meetings").api))
    assert ok(client.get(f"/api/v1{MEETING}")) == json.decode(encode(walked))


def test_a_meeting_is_planned_once(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", "/users/me/meetings"] = Answer(ROW, 201)
    wish = {
        "topic": "Sprint review",
        "type": 8,
        "start_time": "2026-01-05T09:00:00",
        "duration": 30,
    }
    wish |= {"timezone": "Europe/Berlin", "recurrence": {"type": 2, "weekly_days": "2"}}
    made = ok(client.post("/api/v1/meetings", json=wish), 201)
    assert (made["id"], made["author"]["name"]) == (str(NUMBER), "Mia Berg")
    sent = api.asked[-1]
    assert sent.method == "POST"
    assert sent.body == wish


def test_what_nobody_knows_the_outcome_of_is_said(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", "/users/me/meetings"] = Unavailable("Zoom did not answer.", unknown=True)
    told = ok(client.post("/api/v1/meetings", json={"topic": "x"}), 502)
    assert told["outcome"] == "unknown"
    assert [it.method for it in api.asked].count("POST") == 1


def test_a_meeting_is_changed_and_cancelled(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["PATCH", MEETING] = Answer(None, 204)
    api.answers["DELETE", MEETING] = Answer(None, 204)
    wish = {"topic": "Other", "agenda": None}
    ok(client.patch(f"/api/v1{MEETING}", json=wish), 204)
    assert api.asked[-1].body == {"topic": "Other"}
    ok(client.delete(f"/api/v1{MEETING}"), 204)
    ok(client.patch(f"/api/v1{MEETING}", json={}), 400)


def test_the_times_of_a_meeting_are_named_as_our_paths_take_them(
    api: FakeApi, client: TestClient[Any]
) -> None:
    times = [{"uuid": SLASHES, "start_time": "2026-01-05T09:00:04Z"}]
    api.answers["GET", f"/past_meetings/{NUMBER}/instances"] = Answer({"meetings": times})
    (it,) = ok(client.get(f"/api/v1{MEETING}/instances"))["instances"]
    assert it["uuid"] == "_abc__dEfGhIjKlMnOpQrS=="
    api.answers["GET", f"/past_meetings/{TWICE}"] = Answer(
        answer("held_slashes", f"GET /past_meetings/{TWICE}")
    )
    api.answers["GET", f"/past_meetings/{TWICE}/participants"] = Answer({"participants": []})
    assert ok(client.get(f"/api/v1/past_meetings/{it['uuid']}"))["id"] == SLASHES


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("held", f"/past_meetings/{WHICH}"),
        ("recording", f"/recordings/{WHICH}"),
        ("summary", f"/past_meetings/{WHICH}/summary"),
    ],
)
async def test_what_is_left_of_a_meeting_is_read_as_it_is_walked(
    api: FakeApi, client: TestClient[Any], name: str, path: str
) -> None:
    it = recorded(name)
    api.answers |= it.api.answers
    (walked,) = said(await walk(it.stream, it.api, UUID))
    assert ok(client.get(f"/api/v1{path}")) == json.decode(encode(walked))


@pytest.mark.anyio
async def test_what_was_said_is_read_as_it_is_walked(api: FakeApi, client: TestClient[Any]) -> None:
    it = recorded("recording_two_transcripts")
    api.answers |= it.api.answers
    _, *walked = said(await walk(it.stream, it.api, UUID))
    found = ok(client.get(f"/api/v1/recordings/{WHICH}/transcripts"))["messages"]
    assert found == [json.decode(encode(one)) for one in walked]
    assert len(found) == 2


def test_10_where_nothing_was_said_or_can_be_had_it_is_not_there(
    api: FakeApi, client: TestClient[Any]
) -> None:
    for name in ("recording_transcript_gone", "recording_login_page", "recording"):
        api.answers |= recorded(name).api.answers
        api.answers["GET", f"/past_meetings/{AT}/participants"] = ItemGone()
        ok(client.get(f"/api/v1/recordings/{WHICH}/transcripts"), 404)


def test_recordings_are_listed_by_the_month(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["GET", "/users/me/recordings"] = Answer(
        answer("library", "GET /users/me/recordings")
    )
    wish = {"since": "2026-01-01", "until": "2026-01-31"}
    found = ok(client.get("/api/v1/recordings", params=wish))
    assert [it["id"] for it in found["messages"]] == [f"recording:{UUID}"]
    assert api.asked[0].params == {"from": "2026-01-01", "to": "2026-01-31", "page_size": "30"}
    for since in ("2025-12-01", "2026-02-01"):
        ok(client.get("/api/v1/recordings", params={**wish, "since": since}), 400)


def test_a_recording_goes_to_the_trash(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["DELETE", f"/meetings/{TWICE}/recordings"] = Answer(None, 204)
    ok(client.delete(f"/api/v1/recordings/{safe(SLASHES)}"), 204)
    assert api.asked[-1].params == {"action": "trash"}


def content(client: TestClient[Any], ident: str) -> Any:
    return client.get(f"/api/v1/recordings/{WHICH}/files/{ident}/content")


def test_a_file_is_passed_on_as_one_to_be_kept(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= recorded("recording").api.answers
    api.answers["GET", "/rec/download/11b8c1d2-0001"] = Answer(b"the film")
    got = content(client, "11b8c1d2-0001")
    assert (got.status_code, got.content) == (200, b"the film")
    assert "shared_screen_with_speaker_view.mp4" in got.headers["content-disposition"]
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"
    ok(content(client, "another"), 404)


def test_18_a_file_that_is_still_made_comes_later(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= recorded("recording_processing").api.answers
    ok(content(client, "77c0c1d2-0002"), 502)


def test_a_file_that_is_too_large_is_not_begun(api: FakeApi, client: TestClient[Any]) -> None:
    row = answer("recording", f"GET {FILES}")
    row["recording_files"][0]["file_size"] = 3 << 30
    api.answers["GET", FILES] = Answer(row)
    assert content(client, "11b8c1d2-0001").status_code in (413, 502)


@pytest.mark.parametrize("mode", ["full", "incremental", ""])
def test_a_walk_is_started(client: TestClient[Any], modes: list[str], mode: str) -> None:
    body = {"mode": mode} if mode else None
    assert ok(client.post("/api/v1/sync/meetings", json=body), 202) == {
        "run_ids": [str(Run(int=7))]
    }
    assert modes == [mode or "incremental"]


BAD: dict[str, tuple[str, str, Any]] = {
    "a meeting that is no number": ("GET", "/meetings/abc", None),
    "a number that is too short": ("GET", "/meetings/1", None),
    "a number that is too long": ("GET", "/meetings/1234567890123", None),
    "a uuid with a dot": ("GET", f"/recordings/..{WHICH}", None),
    "a uuid that is too short": ("GET", "/recordings/abc", None),
    "a kind that is none": ("GET", "/meetings?type=all", None),
    "a page that is too large": ("GET", "/meetings?limit=301", None),
    "a page of nothing": ("GET", "/meetings?limit=0", None),
    "a day that is none": ("GET", "/recordings?since=2026-02-30", None),
    "no topic": ("POST", "/meetings", {}),
    "an empty topic": ("POST", "/meetings", {"topic": ""}),
    "a topic that is too long": ("POST", "/meetings", {"topic": "x" * 201}),
    "a type that is none": ("POST", "/meetings", {"topic": "x", "type": 5}),
    "a start that is words": ("POST", "/meetings", {"topic": "x", "start_time": "soon"}),
    "a start with an offset": (
        "POST",
        "/meetings",
        {"topic": "x", "start_time": "2026-01-05T09:00:00+01:00"},
    ),
    "a zone that is a path": ("POST", "/meetings", {"topic": "x", "timezone": "../etc"}),
    "a day too long": ("POST", "/meetings", {"topic": "x", "duration": 1441}),
    "a field that nobody knows": ("POST", "/meetings", {"topic": "x", "host": "y"}),
    "days of no week": (
        "POST",
        "/meetings",
        {"topic": "x", "recurrence": {"type": 2, "weekly_days": "8"}},
    ),
    "a change of the host": ("PATCH", MEETING, {"host_id": "x"}),
    "a walk of another kind": ("POST", "/sync/meetings", {"mode": "half"}),
}


@pytest.mark.parametrize(("method", "path", "body"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_meant_is_refused(
    api: FakeApi, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code == 400, reply.text
    assert api.asked == []
