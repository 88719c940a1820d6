"""How Notion says no, and whose account a token opens."""

from typing import Any

import httpx
import pytest
from msgspec import json

from services.notion import oauth
from services.notion.dialect import PATIENCE, Lacking, dialect
from services.notion.provider import provider
from shared.config import load
from shared.errors import ItemGone, RateLimited, Reauthorize, Refused, Unavailable
from shared.http.answers import judge
from shared.oauth import protocol
from shared.oauth.keyring import new_key
from shared.provider import Revocation
from shared.types import Response, Token
from tests.fakes.api import FakeApi

pytestmark = pytest.mark.anyio

BOT, ANA = "05e10000-0000-4000-8000-000000000009", "05e10000-0000-4000-8000-000000000001"
PLACE = "0f9e0000-0000-4000-8000-000000000001"


def said(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
    body = {"object": "error", "status": status, "code": code, "message": "why", **more}
    return judge(Response(status, headers or {}, json.encode(body)), dialect, write=True)


WORDS: list[tuple[int, str, type[Exception]]] = [
    (400, "validation_error", Refused),
    (400, "missing_version", Refused),
    (401, "unauthorized", Reauthorize),
    (403, "restricted_resource", Lacking),
    (404, "object_not_found", ItemGone),
    (409, "conflict_error", Unavailable),
    (429, "rate_limited", RateLimited),
    (500, "internal_server_error", Unavailable),
    (502, "bad_gateway", Unavailable),
    (503, "service_unavailable", Unavailable),
    (504, "gateway_timeout", Unavailable),
    (529, "service_overload", RateLimited),
]


@pytest.mark.parametrize(("status", "code", "error"), WORDS)
def test_each_refusal_is_named_by_what_to_do_next(
    status: int, code: str, error: type[Exception]
) -> None:
    assert type(said(status, code)) is error


def test_a_good_answer_is_none() -> None:
    assert dialect(Response(200, {}, b'{"code": "rate_limited"}')) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"code": 1}', b"<html>", b"null"])
def test_an_error_of_another_shape_goes_by_its_status(body: bytes) -> None:
    assert type(judge(Response(404, {}, body), dialect)) is ItemGone
    assert type(judge(Response(429, {}, body), dialect)) is RateLimited


def test_17_a_limit_is_waited_for_and_a_block_is_not() -> None:
    for reason in ("request", "space_request", "endpoint"):
        data = {"rate_limit_reason": f"public_api_{reason}_rate_limit"}
        limited = said(429, "rate_limited", {"retry-after": "7"}, additional_data=data)
        assert type(limited) is RateLimited
        assert limited.retry_after == 7
    blocked = {"rate_limit_reason": "public_api_request_blocked"}
    assert type(said(429, "rate_limited", {"retry-after": "7"}, additional_data=blocked)) is Refused


def test_18_what_was_stored_in_spite_of_a_503_is_told() -> None:
    data = {
        "retry_guidance": "do_not_retry",
        "committed_resource_id": "1f0a",
        "committed_child_ids": [],
    }
    stored = said(503, "service_unavailable", additional_data=data)
    assert stored.unknown
    assert "stored as 1f0a" in str(stored)
    strange = said(503, "service_unavailable", additional_data={"committed_resource_id": "a b\n"})
    assert "stored" not in str(strange)
    assert said(503, "service_unavailable").unknown
    assert not said(409, "conflict_error").unknown, "it was not done"


WAITS: list[tuple[str, Any, float]] = [
    ("", "12", 12.0),
    ("", 12, 12.0),
    ("3", "12", 3.0),
    ("", "soon", PATIENCE),
    ("", "nan", PATIENCE),
    ("", "-5", 1.0),
    ("999999999", "", 86_400.0),
    ("", "", PATIENCE),
]


@pytest.mark.parametrize(("header", "inside", "seconds"), WAITS)
def test_25_patience_is_asked_for_in_the_header_or_inside_as_text_or_number(
    header: str, inside: Any, seconds: float
) -> None:
    headers = {"retry-after": header} if header else {}
    limited = said(429, "rate_limited", headers, additional_data={"retry_after": inside})
    assert limited.retry_after == seconds


def me(**bot: Any) -> dict[str, Any]:
    return {"object": "user", "id": BOT, "type": "bot", "name": "Hub", "bot": bot}


PERSON = {
    "object": "user",
    "id": ANA,
    "name": "Ana A",
    "type": "person",
    "person": {"email": "ana@example.com"},
}


async def identified(answer: Any) -> Any:
    return await oauth.identify(FakeApi({("GET", "/users/me"): answer}))


async def test_an_account_is_a_bot_and_heard_by_workspace_owner_and_bot() -> None:
    owner = {"type": "user", "user": PERSON}
    found = await identified(me(owner=owner, workspace_id=PLACE, workspace_name="Acme"))
    assert (found.id, found.name, found.email) == (BOT, "Acme / Ana A", "ana@example.com")
    assert found.routes == (
        f"workspace:{PLACE}",
        f"seen_by:{PLACE}:{BOT}",
        f"seen_by:{PLACE}:{ANA}",
    )


async def test_an_internal_connection_belongs_to_its_workspace() -> None:
    owner = {"type": "workspace", "workspace": True}
    found = await identified(me(owner=owner, workspace_id=PLACE, workspace_name=None))
    assert (found.id, found.name, found.email) == (BOT, "Hub", "")
    assert found.routes == (f"workspace:{PLACE}", f"seen_by:{PLACE}:{BOT}")


async def test_an_owner_who_is_an_id_alone_is_enough() -> None:
    owner = {"type": "user", "user": {"object": "user", "id": ANA}}
    found = await identified(me(owner=owner, workspace_id=PLACE, workspace_name="Acme"))
    assert (found.name, found.email) == ("Acme", "")


@pytest.mark.parametrize("answer", [me(), {"object": "user", "id": BOT, "type": "bot"}])
async def test_a_token_that_opens_no_workspace_is_refused(answer: Any) -> None:
    with pytest.raises(Refused):
        await identified(answer)


async def exchanged(
    reply: Any, asked: list[httpx.Request], *, refresh: Token | None = None
) -> Token:
    environ = {
        "POSTGRES_URL": "postgresql://nobody@127.0.0.1/nothing",
        "NATS_URL": "nats://127.0.0.1:4222",
        "ENCRYPTION_KEYS": f"1:{new_key()}",
        "NOTION_CLIENT_ID": "463558a3-725e-4f37-b6d3-0889894f68de",
        "NOTION_CLIENT_SECRET": "a client secret",
    }
    given = load(provider, environ)

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(400 if "error" in reply else 200, json=reply)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        if refresh:
            return await protocol.refresh(client, provider, given, refresh)
        token, _ = await protocol.exchange(
            client, provider, given, code="c", verifier="v" * 64, redirect_uri="https://hub/back"
        )
        return token


REPLY = {
    "access_token": "ntn_1",
    "token_type": "bearer",
    "refresh_token": "nrt_1",
    "bot_id": BOT,
    "workspace_icon": None,
    "workspace_name": "Acme",
    "workspace_id": PLACE,
    "owner": {"type": "user", "user": PERSON},
    "duplicated_template_id": None,
}


async def test_a_code_is_exchanged_in_json_with_the_clients_name_in_the_header() -> None:
    asked: list[httpx.Request] = []
    token = await exchanged(REPLY, asked)
    assert (token.access, token.refresh, token.expires_at, token.scopes) == (
        "ntn_1",
        "nrt_1",
        None,
        (),
    )
    (request,) = asked
    assert request.headers["authorization"].startswith("Basic ")
    assert json.decode(request.content) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://hub/back",
    }


async def test_7_a_refresh_brings_both_tokens_anew_and_a_spent_one_is_dead() -> None:
    asked: list[httpx.Request] = []
    old = Token("ntn_0", "nrt_0")
    token = await exchanged(
        {**REPLY, "access_token": "ntn_2", "refresh_token": "nrt_2"}, asked, refresh=old
    )
    assert (token.access, token.refresh) == ("ntn_2", "nrt_2")
    assert json.decode(asked[0].content) == {
        "grant_type": "refresh_token",
        "refresh_token": "nrt_0",
    }
    with pytest.raises(Reauthorize):
        await exchanged({"error": "invalid_grant"}, asked, refresh=old)


async def test_8_a_token_without_a_refresh_token_is_taken_as_it_is() -> None:
    token = await exchanged({**REPLY, "refresh_token": None}, [])
    assert (token.access, token.refresh) == ("ntn_1", "")


async def test_a_connection_is_closed_at_notion_and_a_dead_one_is_closed_already() -> None:
    answers: list[Any] = [{"request_id": "r"}, Reauthorize(), ItemGone(), Refused()]
    for answer in answers:
        api = FakeApi({("POST", "/oauth/revoke"): answer})
        await oauth.revoke(Revocation(api, "client", Token("ntn_1")))
        assert api.asked[0].body == {"token": "ntn_1"}
    api = FakeApi({("POST", "/oauth/revoke"): Unavailable()})
    with pytest.raises(Unavailable):
        await oauth.revoke(Revocation(api, "client", Token("ntn_1")))
