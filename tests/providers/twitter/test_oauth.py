"""Whose token it is, how it is renewed, and how a connection ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.twitter import oauth
from services.twitter.provider import provider
from shared.config import load
from shared.errors import BadRequest, ItemGone, Reauthorize, Refused, Unavailable
from shared.oauth import protocol
from shared.provider import Revocation
from shared.types import Token
from tests.contract.test_providers import environment
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.twitter.material import ME, answer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = load(provider, environment(provider))
REPLY = {
    "token_type": "bearer",
    "expires_in": 7200,
    "access_token": "an access token",
    "scope": "tweet.read users.read offline.access",
    "refresh_token": "a refresh token",
}
WHO = ("GET", "/2/users/me")


async def test_an_account_is_a_number_and_is_called_by_its_handle() -> None:
    it = await oauth.identify(FakeApi({WHO: answer("me")}))
    assert (it.id, it.name, it.email) == (ME, "grace_h", "grace@example.com")
    assert it.routes == (f"user:{ME}",)


async def test_without_the_scope_there_is_no_address() -> None:
    def refused(call: Call) -> Any:
        if "user.fields" in call.params:
            return ItemGone()
        return {"data": {"id": ME, "username": "grace_h"}}

    it = await oauth.identify(FakeApi({WHO: refused}))
    assert (it.id, it.email) == (ME, "")


async def test_a_token_of_nobody_is_refused() -> None:
    with pytest.raises(Refused):
        await oauth.identify(FakeApi({WHO: Answer({"data": {"id": ""}})}))


def test_the_link_asks_for_what_is_free_and_for_a_refresh_token() -> None:
    url = protocol.authorization_url(
        provider, SETTINGS, scopes=oauth.SCOPES, state="s" * 500, verifier="v" * 64
    )
    asked = parse_qs(urlsplit(url).query)
    scopes = asked["scope"][0].split(" ")
    assert "offline.access" in scopes
    assert not {"like.read", "bookmark.read"} & set(scopes), "what costs more is opted into"
    assert asked["code_challenge_method"] == ["S256"]


def test_a_token_without_a_refresh_token_lives_two_hours() -> None:
    """Without `offline.access` there is none, and the connection expires."""
    assert provider.oauth
    token = protocol.read_token(provider.oauth, REPLY | {"refresh_token": None}, NOW)
    assert (token.refresh, token.expires_at) == ("", NOW + timedelta(hours=2))


async def asked(status: int, body: Any, *, code: bool = False) -> tuple[Token, httpx.Request]:
    seen: list[httpx.Request] = []

    def served(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        if code:
            token, _ = await protocol.exchange(
                client,
                provider,
                SETTINGS,
                code="c",
                verifier="v" * 64,
                redirect_uri="https://hub.example.com/oauth/callback",
            )
        else:
            token = await protocol.refresh(client, provider, SETTINGS, Token("a", "old"))
    return token, seen[0]


async def test_every_refresh_brings_the_next_refresh_token() -> None:
    token, request = await asked(200, REPLY)
    assert (token.access, token.refresh) == ("an access token", "a refresh token")
    assert request.headers["authorization"].startswith("Basic ")
    form = parse_qs(request.content.decode())
    assert form["refresh_token"] == ["old"]
    assert "client_secret" not in form


INVALID = {
    "error": "invalid_request",
    "error_description": "Value passed for the token was invalid.",
}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, INVALID, Reauthorize),
        (400, {"error": "invalid_grant"}, Reauthorize),
        (401, {"error": "invalid_client"}, Refused),
        (401, {"error": "unauthorized_client"}, Refused),
        (503, {}, Unavailable),
        (429, {}, Unavailable),
    ],
)
async def test_a_refusal_to_renew_is_taken_for_what_it_is(
    status: int, body: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await asked(status, body)


async def test_a_code_of_more_than_thirty_seconds_says_so() -> None:
    late = INVALID | {"error_description": "Value passed for the authorization code was invalid."}
    with pytest.raises(Reauthorize, match="thirty seconds"):
        await asked(400, late, code=True)


def test_what_nobody_can_explain_is_not_explained() -> None:
    assert oauth.explain("something else") == ""
    assert oauth.explain("Value passed for the token was invalid.") == oauth.OTHERWISE


REVOKE = ("POST", "/2/oauth2/revoke")


async def test_both_tokens_are_ended() -> None:
    api = FakeApi({REVOKE: Answer({"revoked": True})})
    await oauth.revoke(Revocation(api, "id", Token("an access", "a refresh")))
    assert [it.body for it in api.asked] == ["token=a+refresh", "token=an+access"]


@pytest.mark.parametrize("error", [Refused(), Reauthorize(), BadRequest()])
async def test_what_was_ended_before_is_ended(error: Exception) -> None:
    api = FakeApi({REVOKE: error})
    await oauth.revoke(Revocation(api, "id", Token("a", "b")))
    assert len(api.asked) == 2


async def test_a_goodbye_that_did_not_arrive_is_told() -> None:
    with pytest.raises(Unavailable):
        await oauth.revoke(Revocation(FakeApi({REVOKE: Unavailable()}), "id", Token("a", "b")))
