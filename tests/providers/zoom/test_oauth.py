"""Whose account a token opens, how it is renewed, and what refusals of tokens mean."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec import json

from services.zoom import oauth
from services.zoom.provider import provider
from shared.config import load
from shared.errors import HubError, ItemGone, Reauthorize, Refused, Unavailable
from shared.oauth import protocol
from shared.provider import Revocation
from shared.types import Identity, Token
from tests.contract.test_providers import environment
from tests.fakes.api import FakeApi
from tests.providers.zoom.material import ACCOUNT, HOST, answer, api_of

pytestmark = pytest.mark.anyio

SETTINGS = load(provider, environment(provider))
ME = "GET /users/me"
REPLY = {
    "access_token": "an access token",
    "token_type": "bearer",
    "refresh_token": "the next refresh token",
    "expires_in": 3599,
    "scope": "user:read:user meeting:read:list_meetings",
    "api_url": "https://api.zoom.us",
}


async def test_an_account_is_a_person_within_the_account_that_is_counted() -> None:
    assert await oauth.identify(api_of({ME: answer("meetings", ME)})) == Identity(
        id=f"{ACCOUNT}:{HOST}",
        name="Mia Berg",
        email="mia@example.com",
        routes=(f"user:{HOST}", f"account:{ACCOUNT}"),
    )


async def test_who_has_no_name_to_show_has_two() -> None:
    told = answer("meetings", ME)
    del told["display_name"]
    assert (await oauth.identify(api_of({ME: told}))).name == "Mia Berg"
    bare = {name: told[name] for name in ("id", "account_id", "email")}
    assert (await oauth.identify(api_of({ME: bare}))).name == "mia@example.com"


async def test_who_belongs_to_no_account_is_refused() -> None:
    with pytest.raises(Refused):
        await oauth.identify(api_of({ME: {"id": HOST}}))


def test_the_link_names_no_scopes_because_the_app_has_them() -> None:
    url = protocol.authorization_url(provider, SETTINGS, scopes=(), state="s", verifier="v" * 64)
    asked = parse_qs(urlsplit(url).query)
    assert "scope" not in asked
    assert asked["code_challenge_method"] == ["S256"]


async def refreshed(status: int, reply: Any) -> tuple[Token, list[httpx.Request]]:
    """What a refresh gives, and how it was asked for."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        body = reply if isinstance(reply, bytes) else json.encode(reply)
        return httpx.Response(status, content=body, headers={"content-type": "application/json"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        old = Token("old", "the refresh token", scopes=("a",))
        return await protocol.refresh(client, provider, SETTINGS, old), asked


async def test_12_a_refresh_brings_the_token_of_the_next() -> None:
    token, (request,) = await refreshed(200, REPLY)
    assert (token.access, token.refresh) == ("an access token", "the next refresh token")
    assert token.scopes == ("user:read:user", "meeting:read:list_meetings")
    assert request.headers["authorization"].startswith("Basic ")
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["the refresh token"],
    }


REFUSALS: dict[str, tuple[int, Any, type[HubError]]] = {
    "a spent token": (400, {"reason": "Invalid Token!", "error": "invalid_grant"}, Reauthorize),
    "the same, older": (401, {"reason": "Invalid Token!", "error": "invalid_request"}, Reauthorize),
    "the same without a word": (401, {"reason": "Invalid Token!"}, Reauthorize),
    "an owner who is gone": (400, {"code": 4735, "message": "no"}, Reauthorize),
    "a token nobody finds": (400, {"code": 4737, "message": "no"}, Reauthorize),
    "an administrator's no": (400, {"code": 4738, "message": "no"}, Reauthorize),
    "a token used too often": (400, {"code": 4740, "message": "no"}, Reauthorize),
    "a token that was revoked": (400, {"code": 4741, "message": "no"}, Reauthorize),
    "scopes that do not match": (400, {"code": 4711, "message": "no"}, Reauthorize),
    "a code that is too old": (400, {"code": 4733, "message": "no"}, Reauthorize),
    "a code that is none": (400, {"code": 4734, "message": "no"}, Reauthorize),
    "a client that is none": (400, {"code": 4702, "message": "no"}, Refused),
    "a wrong secret": (400, {"reason": "Invalid client", "error": "invalid_client"}, Refused),
    "another redirect": (400, {"code": 4709, "message": "no"}, Refused),
    "a grant that is none": (400, {"code": 4705, "message": "no"}, Refused),
    "an app that is disabled": (400, {"code": 4717, "message": "no"}, Refused),
    "a number that is a list": (400, {"code": [4741]}, Refused),
    "no token at all": (200, {"scope": "a"}, Refused),
    "a token of another kind": (200, {**REPLY, "token_type": "mac"}, Refused),
    "away": (503, b"<html>", Unavailable),
    "too many": (429, {"code": 429}, Unavailable),
    "something else": (200, b"<html>", Unavailable),
}


@pytest.mark.parametrize(("status", "reply", "error"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refused_refresh_is_named_by_what_to_do_next(
    status: int, reply: Any, error: type[HubError]
) -> None:
    with pytest.raises(error) as refused:
        await refreshed(status, reply)
    assert type(refused.value) is error


@pytest.mark.parametrize("refusal", [None, ItemGone(), Reauthorize(), Refused()])
async def test_a_token_is_revoked_once_and_a_dead_one_needs_no_goodbye(
    refusal: Exception | None,
) -> None:
    api: FakeApi = api_of({"POST /oauth/revoke": refusal or {"status": "success"}})
    await oauth.revoke(Revocation(api, "id", Token("a&b")))
    assert [call.body for call in api.asked] == ["token=a%26b"]


def test_21_classic_and_administrators_scopes_do_as_well() -> None:
    for scopes in (oauth.MEETINGS, oauth.PAST, oauth.LIBRARY, oauth.FILES, oauth.SUMMARIES):
        assert len(scopes) == 6
        assert {it.count(":admin") for it in scopes} == {0, 1}
