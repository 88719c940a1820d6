"""Bytes of files and attachments: passed on whole or not at all, and never all of them held."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.exceptions import LitestarException
from litestar.testing import TestClient, create_test_client

from services.google.api import ROUTES
from services.google.drive_api import LARGEST
from services.google.drive_sync import FILES
from services.google.gmail_attachment import AROUND, Decoder, decoded
from services.google.gmail_models import ME
from shared.errors import HubError, ItemGone, Reauthorize, Unavailable, Unreadable
from shared.passing import Passing
from shared.provider import Download
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi

BYTES = bytes(range(256)) * 3
DATA = urlsafe_b64encode(BYTES)
FILE = {"id": "f", "name": "Film.mp4", "mimeType": "video/mp4", "size": "768"}
MEDIA = ("GET", f"{FILES}/f")
PART = ("GET", f"{ME}/messages/m/attachments/a")
MAIL = {
    "id": "m",
    "threadId": "m",
    "internalDate": "1",
    "payload": {
        "parts": [
            {"partId": "1", "filename": "a.bin", "body": {"size": 768, "attachmentId": "a"}},
            {"partId": "2", "filename": "b.bin", "body": {"size": 2, "data": "eHg"}},
            {"partId": "3", "body": {"size": 60_000_000, "attachmentId": "a"}},
            {"partId": "4", "body": {"size": 0}},
        ]
    },
}


def through(*pieces: bytes) -> bytes:
    """What all of the pieces stand for."""
    decoder = Decoder()
    out = b"".join(map(decoder.feed, pieces))
    decoder.end()
    return out


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 5000])
@pytest.mark.parametrize(
    "form",
    [
        b'{"data": "%s"}',
        b'{"size": 768, "data": "%s"}',
        b'\n{\n  "attachmentId": "A\\"N-_=",\n  "size": 768,\n  "data": "%s"\n}\n',
        b'{"data":"%s","size":768,"attachmentId":"data"}',
    ],
)
def test_the_bytes_are_found_however_the_json_is_cut_and_ordered(form: bytes, step: int) -> None:
    for data in (DATA, DATA[:-1], DATA[:-2], b""):
        whole = form % data
        pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
        assert through(*pieces) == BYTES[: len(data) * 3 // 4]


@pytest.mark.parametrize("padding", [b"", b"=", b"==", b"\\u003d\\u003d"])
def test_padding_is_as_google_pleases(padding: bytes) -> None:
    assert through(b'{"data":"eA' + padding + b'"}') == b"x"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html>",
        b"[1]",
        b'{"data": 5}',
        b'{"data": "eHh4',
        b'{"data": "eHh4"',
        b'{"data": "eHh4"}}',
        b'{"data": "eHh4", "data": "eHh4"}',
        b'{"data": "eHh4", "size": }',
        b'{"data": "e"}',
        b'{"data": "eH h4"}',
        b'{"data": "eHh4==="}',
        b'{"data": "eH\\n"}',
        b'{"data": "eH+/"}',
        b'{"size": 1 "data": "eHh4"}',
    ],
)
def test_what_is_no_attachment_is_unreadable_and_never_short(garbage: bytes) -> None:
    with pytest.raises(Unreadable):
        through(garbage)


def test_an_answer_without_data_has_no_bytes() -> None:
    for none in (b"{}", b'{"size": 0, "attachmentId": "a"}'):
        with pytest.raises(ItemGone):
            through(none)


@pytest.mark.parametrize("begin", [b'{"size": "', b'{"data": "eHh4", "size": "', b'{"data": "=='])
def test_what_is_not_data_is_not_kept(begin: bytes) -> None:
    decoder = Decoder()
    decoder.feed(begin)
    decoder.feed(b"." * (AROUND - 30))
    with pytest.raises(Unreadable):
        decoder.feed(b"." * 30)


@pytest.mark.anyio
async def test_the_decoder_holds_one_piece_at_a_time() -> None:
    given = told = most = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal given, most
        yield b'{"size": 1, "data": "'
        for _ in range(200):
            yield b"QUJD" * 16_383 + b"QU"
            yield b"JD"
            given += 3 * 16_384
            most = max(most, given - told)
        yield b'"}'

    async for out in decoded(chunks()):
        told += len(out)
        assert len(out) <= 65_536
    assert told == given == 200 * 3 * 16_384
    assert most <= 65_536


@pytest.fixture
def api() -> FakeApi:
    def media(call: Call) -> Answer:
        return Answer(BYTES if call.params.get("alt") == "media" else FILE)

    whole = b'{"size": 768, "data": "' + DATA + b'"}'
    return FakeApi({MEDIA: media, ("GET", f"{ME}/messages/m"): Answer(MAIL), PART: Answer(whole)})


@pytest.fixture
def client(api: FakeApi) -> Iterator[TestClient[Any]]:
    async def account() -> FakeApi:
        return api

    async def start_sync() -> None:
        return None

    dependencies = {"api": Provide(account), "start_sync": Provide(start_sync)}
    mounted = Router("/api/v1", route_handlers=ROUTES, dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def test_a_file_is_passed_on_with_its_length(api: FakeApi, client: TestClient[Any]) -> None:
    reply = client.get("/api/v1/files/f/content")
    assert (reply.status_code, reply.content) == (200, BYTES)
    assert reply.headers["content-length"] == "768"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == "attachment; filename*=UTF-8''Film.mp4"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "sandbox"
    assert api.streaming == 0


def test_bytes_are_described_as_bytes(client: TestClient[Any]) -> None:
    paths = client.app.openapi_schema.to_schema()["paths"]
    for path in ("/files/{ident}/content", "/emails/{ident}/attachments/{number}"):
        told = paths[f"/api/v1{path}"]["get"]["responses"]["200"]["content"]
        assert [*told] == ["application/octet-stream"]


def test_an_attachment_is_decoded_on_its_way(api: FakeApi, client: TestClient[Any]) -> None:
    reply = client.get("/api/v1/emails/m/attachments/1")
    assert (reply.status_code, reply.content) == (200, BYTES)
    assert "content-length" not in reply.headers  # the JSON's is another one
    small = client.get("/api/v1/emails/m/attachments/2")
    assert (small.content, small.headers["content-length"]) == (b"xx", "2")
    assert client.get("/api/v1/emails/m/attachments/4").status_code == 404
    assert api.streaming == 0


def test_what_is_too_large_is_told_so_and_not_asked_for(
    api: FakeApi, client: TestClient[Any]
) -> None:
    reply = client.get("/api/v1/emails/m/attachments/3")
    assert reply.status_code == 413
    assert reply.json()["title"] == "This has 57 MB; up to 37 MB are passed on."
    api.answers[MEDIA] = Answer({**FILE, "size": str(LARGEST + 1)})
    reply = client.get("/api/v1/files/f/content")
    assert (reply.status_code, reply.headers["content-type"]) == (413, "application/problem+json")
    assert {call.path for call in api.asked} == {f"{ME}/messages/m", MEDIA[1]}
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("error", "status"), [(ItemGone(), 404), (Reauthorize(), 409), (Unavailable(), 502)]
)
def test_errors_before_the_first_byte_are_answers_as_any(
    api: FakeApi, client: TestClient[Any], error: HubError, status: int
) -> None:
    api.answers[PART] = error
    assert client.get("/api/v1/emails/m/attachments/1").status_code == status


def test_garbage_is_told_while_nothing_was_given(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers[PART] = Answer(b'{"data": 5}')
    reply = client.get("/api/v1/emails/m/attachments/1")
    assert (reply.status_code, api.streaming) == (502, 0)


def test_what_breaks_off_ends_without_an_end(api: FakeApi, client: TestClient[Any]) -> None:
    broken = b'{"data": "' + DATA
    for answer in (Answer(broken), Answer(broken, broken=Unavailable())):
        api.answers[PART] = answer
        with pytest.raises(LitestarException, match="after response started"):
            client.get("/api/v1/emails/m/attachments/1")
        assert api.streaming == 0


@pytest.mark.anyio
@pytest.mark.parametrize("leaves", ["before", "while it comes", "without a word"])
async def test_a_reader_who_goes_away_ends_the_download(
    monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    monkeypatch.setattr("shared.passing.PATIENCE", 0.1)
    opened, begun = [0], asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    @asynccontextmanager
    async def opening() -> AsyncIterator[Download]:
        opened[0] += 1
        try:
            yield Download(endless())
        finally:
            opened[0] -= 1

    async def receive() -> Any:
        if leaves == "without a word":
            await asyncio.Event().wait()
        if leaves == "while it comes":
            await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            begun.set()
            await asyncio.Event().wait()

    made = Passing(opening(), "a").to_asgi_response(None, None)
    async with asyncio.timeout(10):
        answered = asyncio.create_task(made({}, receive, send))  # type: ignore[arg-type]  # nobody looks at the scope
        (error,) = await asyncio.gather(answered, return_exceptions=True)
    assert opened == [0]
    assert isinstance(error, ExceptionGroup) is (leaves == "without a word")
