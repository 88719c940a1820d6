"""Whose account a token opens, and what a grant has to bring."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from services.dropbox import oauth
from services.dropbox.provider import provider
from shared.config import Settings, load
from shared.errors import Reauthorize, Refused, Unavailable, Unreadable
from shared.oauth import protocol
from shared.oauth.keyring import new_key
from shared.provider import Content, Revocation
from shared.types import Identity, Token
from tests.fakes.api import Answer, FakeApi
from tests.providers.dropbox.material import ANA, recorded

pytestmark = pytest.mark.anyio

ME = ("POST", "/2/users/get_current_account")
REPLY = {
    "access_token": "sl.u.1",
    "token_type": "bearer",
    "expires_in": 14400,
    "refresh_token": "r1",
    "scope": "account_info.read files.metadata.read",
    "uid": "12345678",
    "account_id": ANA,
}


def known(me: Any) -> FakeApi:
    """Dropbox, which says this of the account."""
    return FakeApi({ME: Answer(me)})


def settings() -> Settings:
    environ = {
        "POSTGRES_URL": "postgresql://nobody@127.0.0.1/nothing",
        "NATS_URL": "nats://127.0.0.1:4222",
        "ENCRYPTION_KEYS": f"1:{new_key()}",
        "DROPBOX_CLIENT_ID": "key",
        "DROPBOX_CLIENT_SECRET": "the app's secret",
    }
    return load(provider, environ)


async def exchanged(
    reply: Mapping[str, Any], *, refresh: Token | None = None, status: int = 200
) -> tuple[Token, dict[str, str]]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json=reply)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        if refresh:
            token = await protocol.refresh(client, provider, settings(), refresh)
        else:
            token, _ = await protocol.exchange(
                client,
                provider,
                settings(),
                code="c",
                verifier="v" * 64,
                redirect_uri="https://hub/back",
            )
    return token, dict(parse_qsl(asked[0].content.decode()))


async def test_an_account_is_known_by_its_id() -> None:
    api = known(recorded("api/get_current_account"))
    assert await oauth.identify(api) == Identity(
        ANA, "Ana Ames", "ana@example.org", (f"account:{ANA}",)
    )
    assert api.asked[0].body == b"null", "an argument that is none is still JSON"


async def test_an_address_that_nobody_verified_is_left_out() -> None:
    odd = {**recorded("api/get_current_account"), "email_verified": False}
    assert (await oauth.identify(known(odd))).email == ""
    bare = known({"account_id": ANA})
    assert await oauth.identify(bare) == Identity(ANA, "", "", (f"account:{ANA}",))
    with pytest.raises(Unreadable):
        await oauth.identify(known({"name": {}}))


async def test_25_a_member_of_a_team_sees_its_space_from_the_top() -> None:
    roots = {".tag": "team", "root_namespace_id": "9", "home_namespace_id": "7", "home_path": "/A"}
    member = {**recorded("api/get_current_account"), "root_info": roots}
    extra = (await oauth.identify(known(member))).extra
    assert provider.account_headers
    assert provider.account_headers(extra) == {
        "dropbox-api-path-root": '{".tag":"root","root":"9"}'
    }
    alone = await oauth.identify(known(recorded("api/get_current_account")))
    assert provider.account_headers(alone.extra) == {}


async def test_the_link_asks_for_a_token_that_lasts_and_sends_no_pkce() -> None:
    url = protocol.authorization_url(
        provider, settings(), scopes=oauth.SCOPES, state="s", verifier="v" * 64
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["token_access_type"] == "offline"
    assert asked["scope"].split() == [*oauth.SCOPES]
    assert "code_challenge" not in asked


async def test_a_code_becomes_a_token_with_the_secret_in_the_form() -> None:
    token, sent = await exchanged(REPLY)
    assert (token.access, token.refresh) == ("sl.u.1", "r1")
    assert token.scopes == ("account_info.read", "files.metadata.read")
    assert token.expires_at
    assert sent == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://hub/back",
        "client_id": "key",
        "client_secret": "the app's secret",
    }


async def test_14_a_refresh_that_brings_no_refresh_token_keeps_the_one_there_is() -> None:
    reply = {"access_token": "sl.u.2", "token_type": "bearer", "expires_in": 14400}
    old = Token("sl.u.1", "r1", scopes=("files.metadata.read",))
    token, sent = await exchanged(reply, refresh=old)
    assert (token.access, token.refresh, token.scopes) == ("sl.u.2", "r1", old.scopes)
    assert (sent["grant_type"], sent["refresh_token"]) == ("refresh_token", "r1")


async def test_15_a_grant_that_ends_in_four_hours_is_refused() -> None:
    with pytest.raises(Refused, match="offline"):
        await exchanged({key: it for key, it in REPLY.items() if key != "refresh_token"})
    with pytest.raises(Refused, match="offline"):
        await exchanged({**REPLY, "refresh_token": ""})


async def test_the_grant_of_a_whole_team_is_refused() -> None:
    team = {key: it for key, it in REPLY.items() if key != "account_id"}
    with pytest.raises(Refused, match="team"):
        await exchanged({**team, "team_id": "dbtid:AAF"})
    token, _ = await exchanged({**REPLY, "team_id": "dbtid:AAF"})
    assert token.access == "sl.u.1", "a member's own account is one"


async def test_a_grant_that_was_taken_back_is_dead() -> None:
    dead = {"error": "invalid_grant", "error_description": "refresh token is invalid or revoked"}
    with pytest.raises(Reauthorize):
        await exchanged(dead, refresh=Token("a", "r"), status=400)
    with pytest.raises(Unavailable):
        await exchanged({}, refresh=Token("a", "r"), status=503)


async def test_a_grant_is_ended_by_a_fresh_token_and_a_dead_one_is_over_already() -> None:
    ours = FakeApi({("POST", "/oauth2/token"): Answer({"access_token": "sl.u.9"})})
    theirs = FakeApi({("POST", "/2/auth/token/revoke"): Answer(None)})
    opened: list[Token] = []

    def with_token(token: Token) -> FakeApi:
        opened.append(token)
        return theirs

    wish = Revocation(ours, "key", Token("sl.u.1", "r&1"), with_token)
    await oauth.revoke(wish)
    assert ours.asked[0].body == "grant_type=refresh_token&refresh_token=r%261"
    assert [it.access for it in opened] == ["sl.u.9"]
    assert theirs.asked[0].body == Content("application/json", b"null")
    for gone in (Reauthorize(), Refused()):
        ours.answers["POST", "/oauth2/token"] = gone
        await oauth.revoke(wish)
    assert len(opened) == 1
    ours.answers["POST", "/oauth2/token"] = Unavailable()
    with pytest.raises(Unavailable):
        await oauth.revoke(wish)
