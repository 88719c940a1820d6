"""Whose token it is, which of two it is, how it is renewed, and how a connection ends."""

import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from services.slack import oauth
from services.slack.provider import provider
from shared.config import load
from shared.errors import ItemGone, Reauthorize, Refused, Unavailable
from shared.http.client import HttpApi
from shared.oauth import protocol
from shared.oauth.keyring import new_key
from shared.provider import Revocation
from shared.types import Identity, Secret, Token
from tests.contract.reading import ROOT
from tests.fakes.api import Answer, FakeApi

pytestmark = pytest.mark.anyio

ENVIRONMENT = {
    "POSTGRES_URL": "postgresql://nobody@127.0.0.1/nothing",
    "NATS_URL": "nats://127.0.0.1:4222",
    "ENCRYPTION_KEYS": f"1:{new_key()}",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "a client secret",
    "SLACK_SIGNING_SECRET": "a signing secret",
}

BOT = {
    "ok": True,
    "access_token": "xoxb-1",
    "token_type": "bot",
    "scope": "channels:read,chat:write",
    "bot_user_id": "U0B",
    "app_id": "A01",
    "team": {"id": "T01", "name": "Acme"},
    "enterprise": None,
    "is_enterprise_install": False,
    "authed_user": {"id": "U07"},
}
PERSON = {"id": "U07", "scope": "search:read", "access_token": "xoxp-1", "token_type": "user"}
ROTATING = {"expires_in": 43200, "refresh_token": "xoxe-1-a"}


def answering(reply: Any, asked: list[httpx.Request]) -> httpx.AsyncClient:
    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=reply)

    return httpx.AsyncClient(transport=httpx.MockTransport(handle))


async def exchanged(reply: Any) -> Token:
    asked: list[httpx.Request] = []
    given = load(provider, ENVIRONMENT)
    async with answering(reply, asked) as client:
        token, _ = await protocol.exchange(
            client, provider, given, code="c", verifier="v", redirect_uri="https://hub.example/cb"
        )
    (request,) = asked
    assert request.headers["authorization"].startswith("Basic ")
    assert "code_verifier" not in request.content.decode()
    return token


async def test_a_bots_token_stands_at_the_top() -> None:
    token = await exchanged(BOT)
    assert (token.access, token.refresh, token.expires_at) == ("xoxb-1", "", None)
    assert token.scopes == ("channels:read", "chat:write")
    assert (token.extra, token.beside) == ({"app_id": "A01"}, ())


async def test_a_persons_token_stands_inside() -> None:
    inside = {**PERSON, **ROTATING, "scope": "channels:history,users:read"}
    without = {key: BOT[key] for key in BOT if key not in ("access_token", "token_type", "scope")}
    token = await exchanged({**without, "authed_user": inside})
    assert (token.access, token.refresh) == ("xoxp-1", "xoxe-1-a")
    assert token.expires_at
    assert token.scopes == ("channels:history", "users:read")
    assert token.beside == ()


async def test_of_two_tokens_each_opens_an_account_and_is_rotated_by_its_own_refresh_token() -> (
    None
):
    bot, person = {**BOT, **ROTATING}, {**PERSON, **ROTATING, "refresh_token": "xoxe-1-b"}
    token = await exchanged({**bot, "authed_user": person})
    (other,) = token.beside
    assert (token.access, token.refresh) == ("xoxb-1", "xoxe-1-a")
    assert (other.access, other.refresh) == ("xoxp-1", "xoxe-1-b")
    assert (token.scopes, other.scopes) == (("channels:read", "chat:write"), ("search:read",))
    assert token.expires_at == other.expires_at is not None
    assert token.extra == other.extra == {"app_id": "A01"}


def test_a_persons_scopes_are_asked_for_where_slack_wants_them_and_only_by_name() -> None:
    """https://docs.slack.dev/authentication/installing-with-oauth"""
    given = load(provider, ENVIRONMENT)

    def asked(*scopes: str) -> dict[str, str]:
        link = protocol.authorization_url(
            provider, given, scopes=scopes, state="s", verifier="v" * 64
        )
        return {key: it for key, it in parse_qsl(urlsplit(link).query) if "scope" in key}

    assert asked("chat:write", "user:im:history", "user:chat:write") == {
        "scope": "chat:write",
        "user_scope": "im:history,chat:write",
    }
    assert asked("user:im:history") == {"user_scope": "im:history"}
    assert set(asked(*oauth.SCOPES)) == {"scope"}
    assert not set(oauth.SCOPES) & set(oauth.ON_REQUEST)


def test_every_scope_has_a_reason_that_people_can_read() -> None:
    told = (ROOT / "services/slack/README.md").read_text()
    assert [it for it in (*oauth.SCOPES, oauth.PERSONAL) if f"`{it}" not in told] == []


@pytest.mark.parametrize(
    "reply",
    [
        {"ok": True},
        {"ok": True, "authed_user": {"id": "U07"}},
        {"ok": True, "authed_user": "U07"},
        {**BOT, "authed_user": {"access_token": 5}},
    ],
)
async def test_an_answer_without_a_token_is_refused(reply: Any) -> None:
    with pytest.raises(Refused):
        await exchanged(reply)


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("invalid_code", Reauthorize),
        ("invalid_refresh_token", Reauthorize),
        ("token_revoked", Reauthorize),
        ("bad_client_secret", Refused),
        ("bad_redirect_uri", Refused),
        ("internal_error", Unavailable),
        ("ratelimited", Unavailable),
    ],
)
async def test_15_a_refusal_of_the_token_endpoint_says_what_to_do(
    word: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await exchanged({"ok": False, "error": word})


@pytest.mark.parametrize("kind", ["bot", "user"])
async def test_16_a_refresh_gives_the_next_refresh_token(kind: str) -> None:
    asked: list[httpx.Request] = []
    given = load(provider, ENVIRONMENT)
    reply = {**BOT, "token_type": kind, "access_token": "xoxe.xoxb-2", **ROTATING}
    old = Token("xoxb-1", "xoxe-1-0", extra={"app_id": "A01"})
    async with answering(reply, asked) as client:
        token = await protocol.refresh(client, provider, given, old)
    assert (token.access, token.refresh) == ("xoxe.xoxb-2", "xoxe-1-a")
    assert (token.extra, token.beside) == ({"app_id": "A01"}, ())
    fields = parse_qs(asked[0].content.decode())
    assert (fields["grant_type"], fields["refresh_token"]) == (["refresh_token"], ["xoxe-1-0"])


def auth(**more: Any) -> FakeApi:
    told = {"ok": True, "user_id": "U0B", "user": "hub", "team_id": "T01", "team": "Acme", **more}
    headers = {"x-oauth-scopes": "channels:read, chat:write"}
    return FakeApi({("GET", "/auth.test"): Answer(told, headers=headers)})


async def test_a_bot_is_its_workspace() -> None:
    assert await oauth.identify(auth(bot_id="B0B")) == Identity(
        id="T01",
        name="Acme",
        routes=("team:T01", "bot:T01"),
        scopes=("channels:read", "chat:write"),
    )


async def test_a_person_is_one_within_a_workspace() -> None:
    it = await oauth.identify(auth(user_id="U07", user="ana"))
    assert (it.id, it.name, it.routes) == ("T01:U07", "Acme / ana", ("team:T01", "user:U07"))


async def test_18_an_organizations_install_has_no_workspace() -> None:
    org = {"team_id": None, "enterprise_id": "E01", "is_enterprise_install": True}
    it = await oauth.identify(auth(bot_id="B0B", **org))
    assert (it.id, it.routes) == ("E01", ("enterprise:E01", "bot:E01"))
    as_named = await oauth.identify(auth(bot_id="B0B", **{**org, "team_id": "E01"}))
    assert as_named == it, "or its own id stands where a workspace's does"
    person = await oauth.identify(auth(user_id="W07", user="ana", **org))
    assert (person.id, person.routes) == ("E01:W07", ("enterprise:E01", "user:W07"))
    inside = await oauth.identify(auth(bot_id="B0B", enterprise_id="E01"))
    assert (inside.id, inside.routes) == ("T01", ("team:T01", "bot:T01"))
    with pytest.raises(Refused):
        await oauth.identify(auth(team_id=None))


async def test_govslack_is_three_variables_and_brings_its_own_host_for_files() -> None:
    told = (ROOT / "services/slack/README.md").read_text()
    variables = dict(re.findall(r"`(SLACK_\w+)=(https://slack-gov\.com\S*)`", told))
    assert set(variables) == {"SLACK_API_URL", "SLACK_AUTH_URL", "SLACK_TOKEN_URL"}
    given = load(provider, {**ENVIRONMENT, **variables})
    asked: list[httpx.Request] = []
    link = protocol.authorization_url(provider, given, scopes=(), state="s", verifier="v" * 64)
    assert link.startswith("https://slack-gov.com/oauth/v2/authorize?")
    async with answering(BOT, asked) as client:
        await protocol.exchange(
            client, provider, given, code="c", verifier="v", redirect_uri="https://hub.example/cb"
        )
        api = HttpApi(client, provider, given.provider.base_url, None)
        await api.get("/auth.test", dict[str, Any])
        await api.upload("https://files.slack-gov.com/upload/v1/x", b"bytes")
        with pytest.raises(Refused):
            await api.upload("https://files.slack.com/upload/v1/x", b"bytes")
        with pytest.raises(Refused):
            await api.get("https://slack.com/api/auth.test", dict[str, Any])
    assert {it.url.host for it in asked} == {"slack-gov.com", "files.slack-gov.com"}


async def test_scopes_that_nobody_told_are_not_invented() -> None:
    told = {"ok": True, "user_id": "U0B", "team_id": "T01", "bot_id": "B0B"}
    it = await oauth.identify(FakeApi({("GET", "/auth.test"): Answer(told)}))
    assert it.scopes is None


async def test_a_token_is_revoked_in_the_body_and_never_in_the_address() -> None:
    api = FakeApi({("POST", "/auth.revoke"): Answer({"ok": True, "revoked": True})})
    await oauth.revoke(Revocation(api, "1.2", Token("xoxb-1")))
    assert [(it.body, it.params) for it in api.asked] == [("token=xoxb-1", {})]


@pytest.mark.parametrize("error", [Reauthorize(), ItemGone()])
async def test_a_token_that_is_dead_already_needs_no_goodbye(error: Exception) -> None:
    api = FakeApi({("POST", "/auth.revoke"): error})
    await oauth.revoke(Revocation(api, "1.2", Token("xoxb-1")))
    assert len(api.asked) == 1


def test_secrets_stay_secret() -> None:
    assert "xox" not in repr(Token("xoxb-1", beside=(Token("xoxp-1"),)))
    assert "shh" not in repr(Secret("shh"))
