"""Whose token it is, how it is renewed, and how a connection ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.linear import oauth
from services.linear.provider import provider
from shared.config import load
from shared.errors import ItemGone, Reauthorize, Refused, Unavailable
from shared.oauth import protocol
from shared.provider import Revocation
from shared.types import Token
from tests.contract.test_providers import environment
from tests.fakes.api import Answer, FakeApi

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = load(provider, environment(provider))
OPENED = {
    "viewer": {"id": "u-1", "name": "Ada Park", "email": "ada@example.com"},
    "organization": {"id": "o-1", "name": "Acme", "urlKey": "acme"},
}
REPLY = {
    "access_token": "lin_oauth_1",
    "token_type": "Bearer",
    "expires_in": 86399,
    "scope": "read write",
    "refresh_token": "lin_refresh_1",
}


async def test_an_account_is_a_member_of_a_workspace() -> None:
    it = await oauth.identify(FakeApi({("GRAPHQL", "*"): Answer(OPENED)}))
    assert (it.id, it.name, it.email) == ("o-1:u-1", "Acme / Ada Park", "ada@example.com")
    assert it.routes == ("org:o-1",)


async def test_a_second_workspace_of_the_same_member_is_a_second_account() -> None:
    other = OPENED | {"organization": {"id": "o-2", "urlKey": "globex"}}
    first = await oauth.identify(FakeApi({("GRAPHQL", "*"): Answer(OPENED)}))
    second = await oauth.identify(FakeApi({("GRAPHQL", "*"): Answer(other)}))
    assert first.id != second.id
    assert second.name == "globex / Ada Park"


def test_the_link_asks_with_commas_and_lets_the_user_choose_a_workspace() -> None:
    url = protocol.authorization_url(
        provider, SETTINGS, scopes=oauth.SCOPES, state="s", verifier="v" * 64
    )
    asked = parse_qs(urlsplit(url).query)
    assert asked["scope"] == ["read,write"]
    assert asked["prompt"] == ["consent"]
    assert provider.oauth
    assert oauth.ADMIN in provider.oauth.on_request


@pytest.mark.parametrize(
    ("change", "scopes", "refresh", "life"),
    [
        ({}, ("read", "write"), "lin_refresh_1", timedelta(seconds=86399)),
        ({"scope": ["read", "write"]}, ("read", "write"), "lin_refresh_1", timedelta(0, 86399)),
        ({"refresh_token": None}, ("read", "write"), "", timedelta(seconds=86399)),
        ({"expires_in": 315705599}, ("read", "write"), "lin_refresh_1", None),
        ({"scope": None}, (), "lin_refresh_1", timedelta(seconds=86399)),
        ({"expires_in": None}, ("read", "write"), "lin_refresh_1", None),
    ],
)
def test_a_token_reply_is_read_in_all_its_forms(
    change: dict[str, Any], scopes: tuple[str, ...], refresh: str, life: timedelta | None
) -> None:
    assert provider.oauth
    token = protocol.read_token(provider.oauth, REPLY | change, NOW)
    assert (token.access, token.scopes, token.refresh) == ("lin_oauth_1", scopes, refresh)
    assert token.expires_at == (NOW + life if life else None)


async def renewed(status: int, body: Any) -> tuple[Token, dict[str, list[str]]]:
    asked: dict[str, list[str]] = {}

    def served(request: httpx.Request) -> httpx.Response:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        asked.update(parse_qs(request.content.decode()))
        return httpx.Response(status, json=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        old = Token("lin_oauth_0", "lin_refresh_0")
        return await protocol.refresh(client, provider, SETTINGS, old), asked


async def test_a_refresh_is_a_form_and_brings_a_new_refresh_token() -> None:
    token, asked = await renewed(200, REPLY)
    assert (token.access, token.refresh) == ("lin_oauth_1", "lin_refresh_1")
    assert asked["refresh_token"] == ["lin_refresh_0"]
    assert asked["client_id"] == ["a client id"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "spent"}, Reauthorize),
        (401, {"error": "invalid_client"}, Refused),
        (500, {}, Unavailable),
        (429, {}, Unavailable),
    ],
)
async def test_a_refusal_to_renew_is_taken_for_what_it_is(
    status: int, body: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await renewed(status, body)


REVOKE = ("POST", "/oauth/revoke")


async def test_both_tokens_are_ended() -> None:
    api = FakeApi({REVOKE: Answer(None)})
    await oauth.revoke(Revocation(api, "id", Token("lin_oauth_1", "lin_refresh_1")))
    assert [it.body for it in api.asked] == [
        "refresh_token=lin_refresh_1",
        "access_token=lin_oauth_1",
    ]


async def test_an_old_token_has_nothing_to_renew_it() -> None:
    api = FakeApi({REVOKE: Answer(None)})
    await oauth.revoke(Revocation(api, "id", Token("lin_oauth_1")))
    assert [it.body for it in api.asked] == ["access_token=lin_oauth_1"]


@pytest.mark.parametrize("error", [Refused(), Reauthorize()])
async def test_what_was_ended_before_is_ended(error: Exception) -> None:
    api = FakeApi({REVOKE: error})
    await oauth.revoke(Revocation(api, "id", Token("lin_oauth_1", "lin_refresh_1")))
    assert len(api.asked) == 2


@pytest.mark.parametrize("error", [Unavailable(), ItemGone()])
async def test_a_goodbye_that_did_not_arrive_is_told(error: Exception) -> None:
    with pytest.raises(type(error)):
        await oauth.revoke(Revocation(FakeApi({REVOKE: error}), "id", Token("a", "b")))
