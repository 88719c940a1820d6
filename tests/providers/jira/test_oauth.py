"""Whose token it is, how it is asked for and renewed, and what its end looks like."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec import json

from services.jira import oauth
from services.jira.provider import provider
from shared.config import load
from shared.errors import Reauthorize, Refused, Unavailable
from shared.oauth import protocol
from shared.types import Token
from tests.contract.test_providers import environment
from tests.fakes.api import Answer, FakeApi, gone
from tests.providers.jira.material import OTHER, REST, SITES, answer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = load(provider, environment(provider))
REPLY = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "read:jira-work offline_access",
    "refresh_token": "refresh-1",
}
ME = ("GET", f"{REST}/myself")
ELSEWHERE = ("GET", f"/ex/jira/{OTHER}/rest/api/3/myself")


def reaching(**answers: Any) -> FakeApi:
    me = {"me": ME, "elsewhere": ELSEWHERE}
    return FakeApi(
        {SITES: Answer(answer("sites")), **{me[name]: it for name, it in answers.items()}}
    )


async def test_14_an_account_is_a_person_on_all_sites_of_the_consent() -> None:
    it = await oauth.identify(reaching(me=Answer(answer("myself"))))
    assert (it.id, it.name, it.email) == ("712020:aa-bb", "Ada Park", "ada@example.com")
    assert it.routes == (), "the walk over the sites finds them"


async def test_11_a_person_without_an_address_has_none() -> None:
    for hidden in ({}, {"emailAddress": None}, {"emailAddress": ""}):
        me = {"accountId": "712020:aa-bb", "displayName": "A. P.", **hidden}
        it = await oauth.identify(reaching(me=Answer(me)))
        assert (it.id, it.name, it.email) == ("712020:aa-bb", "A. P.", "")


async def test_a_site_that_does_not_know_the_person_leaves_it_to_the_next() -> None:
    it = await oauth.identify(reaching(me=gone, elsewhere=Answer(answer("myself"))))
    assert it.id == "712020:aa-bb"
    lost = Answer({"accountId": "unknown"})
    it = await oauth.identify(reaching(me=lost, elsewhere=Answer(answer("myself"))))
    assert it.id == "712020:aa-bb"


async def test_a_consent_without_a_site_or_a_person_is_refused() -> None:
    with pytest.raises(Refused, match="choose one"):
        await oauth.identify(FakeApi({SITES: Answer([])}))
    with pytest.raises(Refused):
        await oauth.identify(reaching(me=gone, elsewhere=gone))


def test_23_the_link_names_the_audience_and_has_no_challenge() -> None:
    url = protocol.authorization_url(
        provider, SETTINGS, scopes=oauth.SCOPES, state="s", verifier="v" * 64
    )
    asked = parse_qs(urlsplit(url).query)
    assert asked["audience"] == ["api.atlassian.com"]
    assert asked["prompt"] == ["consent"]
    assert asked["scope"] == [" ".join(oauth.SCOPES)]
    assert not {"code_challenge", "code_challenge_method"} & set(asked)
    assert "offline_access" in oauth.SCOPES, "without it there is nothing to renew"


async def asked(status: int, body: Any, *, code: bool = False) -> tuple[Token, dict[str, Any]]:
    sent: dict[str, Any] = {}

    def served(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://auth.atlassian.com/oauth/token"
        assert request.headers["content-type"] == "application/json"
        sent.update(json.decode(request.content))
        return httpx.Response(status, json=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        if code:
            uri = "https://hub.example.com/oauth/callback"
            grant = {"code": "c-1", "verifier": "v" * 64, "redirect_uri": uri}
            token, _ = await protocol.exchange(client, provider, SETTINGS, **grant)
        else:
            old = Token("access-0", "refresh-0", scopes=("read:jira-work",))
            token = await protocol.refresh(client, provider, SETTINGS, old)
    return token, sent


async def test_23_a_code_is_turned_in_as_json_with_the_secret_and_without_a_verifier() -> None:
    token, sent = await asked(200, REPLY, code=True)
    assert (token.access, token.refresh) == ("access-1", "refresh-1")
    assert token.scopes == ("read:jira-work", "offline_access")
    assert sent == {
        "grant_type": "authorization_code",
        "client_id": "a client id",
        "client_secret": "a webhook secret",
        "code": "c-1",
        "redirect_uri": "https://hub.example.com/oauth/callback",
    }


async def test_12_a_refresh_brings_a_new_refresh_token() -> None:
    token, sent = await asked(200, REPLY)
    assert (token.access, token.refresh) == ("access-1", "refresh-1")
    assert (sent["grant_type"], sent["refresh_token"]) == ("refresh_token", "refresh-0")
    assert provider.oauth
    assert provider.oauth.refresh == "rotating"


async def test_13_a_reply_without_a_refresh_token_keeps_the_old_one() -> None:
    reply = {name: it for name, it in REPLY.items() if name != "refresh_token"}
    token, _ = await asked(200, reply)
    assert token.refresh == "refresh-0"
    first, _ = await asked(200, reply, code=True)
    assert first.refresh == "", "such an account ends with its first token"


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_12_a_grant_that_is_dead_is_so_whatever_the_status(status: int) -> None:
    told = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
    with pytest.raises(Reauthorize):
        await asked(status, told)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "invalid_client"}, Refused),
        (403, {"error": "access_denied"}, Refused),
        (403, {"message": "Forbidden"}, Refused),
        (429, {}, Unavailable),
        (500, {}, Unavailable),
        (200, {}, Unavailable),
    ],
)
async def test_other_refusals_end_no_connection(
    status: int, body: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await asked(status, body)


def test_a_token_lives_as_long_as_its_reply_says() -> None:
    assert provider.oauth
    token = protocol.read_token(provider.oauth, REPLY, NOW)
    assert token.expires_at == NOW + timedelta(hours=1)


def test_nothing_is_revoked_because_jira_has_no_way_to() -> None:
    assert provider.oauth
    assert provider.oauth.revoke is None
