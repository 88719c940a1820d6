"""The OAuth protocol on the wire: what is sent, what is believed, where a browser may go."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from msgspec import json, structs

from shared.errors import Reauthorize, Refused, Unavailable
from shared.http.client import open_client
from shared.oauth import protocol, refusals
from shared.oauth.returning import may_return
from shared.provider import OAuth
from shared.types import Token
from tests.fakes.acme import PUBLIC, acme, settings
from tests.fakes.authserver import CLIENT_ID, CLIENT_SECRET, AuthServer, basic, said
from tests.fakes.loopback import Server, loopback

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALLOWED = ("https://app.example/done",)
GOOD = said(200, {"access_token": "a", "token_type": "Bearer", "expires_in": 60})


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Server]:
    async with loopback(GOOD) as running:
        yield running


def at(server: Server | AuthServer | None = None, **oauth: Any) -> Any:
    state = AuthServer()
    state.url = server.url if server else "https://acme.example"
    provider = acme(state, **oauth)
    return provider, settings(provider)


async def exchange(server: Server, **oauth: Any) -> Token:
    provider, chosen = at(server, **oauth)
    async with open_client() as http:
        token, _ = await protocol.exchange(
            http, provider, chosen, code="c", verifier="v" * 43, redirect_uri=f"{PUBLIC}/back"
        )
        return token


def oauth(**facts: Any) -> OAuth:
    provider = at(**facts)[0]
    assert isinstance(provider.oauth, OAuth)
    return provider.oauth


def test_the_authorization_url_has_exactly_what_the_provider_declares() -> None:
    provider, chosen = at(scope_separator=",", extra_params={"access_type": "offline"})
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    url = protocol.authorization_url(
        provider, chosen, scopes=("read", "write"), state="s", verifier=verifier
    )
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{PUBLIC}/oauth/callback",
        "state": "s",
        "scope": "read,write",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "access_type": "offline",
    }


def test_a_provider_without_pkce_is_not_sent_a_challenge() -> None:
    provider, chosen = at(pkce=False)
    url = protocol.authorization_url(provider, chosen, scopes=(), state="s", verifier="v" * 43)
    assert set(parse_qs(urlsplit(url).query)) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
    }


@pytest.mark.anyio
async def test_the_client_shows_its_secret_in_the_body_or_in_the_header(server: Server) -> None:
    await exchange(server)
    await exchange(server, client_auth="basic")
    body, header = (dict(parse_qsl(asked.body.decode())) for asked in server.asked)
    assert (body["client_id"], body["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    assert body["code_verifier"] == "v" * 43
    assert "client_secret" not in header
    assert server.asked[1].headers["authorization"] == basic()
    assert {asked.headers["accept"] for asked in server.asked} == {"application/json"}


@pytest.mark.anyio
async def test_a_token_request_is_json_where_the_provider_wants_it(server: Server) -> None:
    await exchange(server, token_body="json")
    assert server.asked[0].headers["content-type"] == "application/json"
    assert json.decode(server.asked[0].body)["grant_type"] == "authorization_code"


@pytest.mark.anyio
async def test_a_token_request_follows_no_redirect_and_is_not_repeated(server: Server) -> None:
    for answer, error in ((said(307, b""), Refused), (said(503), Unavailable)):
        server.script, server.asked = [answer], []
        with pytest.raises(error):
            await exchange(server)
        assert len(server.asked) == 1


@pytest.mark.anyio
async def test_an_answer_of_more_than_256_kb_is_not_read(server: Server) -> None:
    server.script = [said(200, b'{"access_token": "a"' + b" " * 300_000 + b"}")]
    with pytest.raises(Unavailable):
        await exchange(server)


@pytest.mark.anyio
async def test_a_provider_that_does_not_listen_is_unavailable() -> None:
    async with loopback(GOOD) as gone:
        pass
    with pytest.raises(Unavailable) as caught:
        await exchange(gone)
    assert caught.value.__cause__ is None
    assert CLIENT_SECRET not in repr(caught.value)


@pytest.mark.anyio
async def test_a_provider_that_hangs_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(protocol, "TOTAL", 0.2)
    server.script = [hang]
    with pytest.raises(Unavailable):
        await exchange(server)


@pytest.mark.anyio
async def test_dead_grants_are_those_that_the_provider_names(server: Server) -> None:
    server.script = [said(200, {"error": "bad_refresh_token"})]
    with pytest.raises(Reauthorize):
        await exchange(server, dead_grant=frozenset({"bad_refresh_token"}))
    with pytest.raises(Refused):
        await exchange(server)


@pytest.mark.anyio
async def test_an_odd_reply_is_read_by_the_provider_itself(server: Server) -> None:
    def unpack(reply: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"access_token": reply["user"]["token"], "extra": {"team": "T1"}}

    server.script = [said(200, {"user": {"token": "inner"}})]
    token = await exchange(server, read_token=unpack)
    assert (token.access, token.extra) == ("inner", {"team": "T1"})
    server.script = [said(200, {"ok": False})]
    with pytest.raises(Refused, match="unknown form"):
        await exchange(server, read_token=unpack)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (60, 60),
        ("60", 60),
        (60.5, 60.5),
        (None, None),
        (0, None),
        (-1, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        (1e300, None),
        ([], None),
    ],
)
def test_a_lifetime_is_believed_when_it_can_be_one(given: object, seconds: float | None) -> None:
    token = protocol.read_token(oauth(), {"access_token": "a", "expires_in": given}, NOW)
    assert token.expires_at == (NOW + timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    ("scope", "separator", "scopes"),
    [
        ("a b", " ", ("a", "b")),
        ("a,b", ",", ("a", "b")),
        ("a, b", ",", ("a", "b")),
        (["a"], " ", ("a",)),
        (None, " ", ()),
        ("", ",", ()),
        (7, " ", ()),
    ],
)
def test_granted_scopes_are_read_as_they_are_written(
    scope: object, separator: str, scopes: tuple[str, ...]
) -> None:
    reply = {"access_token": "a", "scope": scope}
    assert protocol.read_token(oauth(granted_separator=separator), reply, NOW).scopes == scopes


def test_what_comes_beside_a_token_is_kept_only_where_the_provider_reads_it() -> None:
    reply = {"access_token": "a", "extra": {"installation": "7"}, "beside": [{"access_token": "b"}]}
    token = protocol.read_token(oauth(), reply, NOW)
    assert (token.extra, token.beside) == ({}, ())
    token = protocol.read_token(oauth(read_token=dict), reply, NOW)
    assert token.extra == {"installation": "7"}
    assert [it.access for it in token.beside] == ["b"]


def test_scopes_are_asked_for_in_the_parameter_that_they_name() -> None:
    provider, chosen = at(scope_parameters={"user:": "user_scope"}, scope_separator=",")
    url = protocol.authorization_url(
        provider, chosen, scopes=("a", "user:a", "users", "user:b:c"), state="s", verifier="v"
    )
    asked = parse_qs(urlsplit(url).query)
    assert (asked["scope"], asked["user_scope"]) == (["a,users"], ["a,b:c"])


def test_the_refresh_url_moves_along_with_the_token_url() -> None:
    declared = oauth(refresh_url="https://acme.example/refresh?x=1")
    chosen = at()[1]
    assert protocol._refresh_url(declared, chosen) == "https://acme.example/refresh?x=1"
    moved = structs.replace(chosen.provider, token_url="http://127.0.0.1:1/token")
    there = structs.replace(chosen, provider=moved)
    assert protocol._refresh_url(declared, there) == "http://127.0.0.1:1/refresh"


@pytest.mark.anyio
@pytest.mark.parametrize("named", [True, False])
async def test_a_refresh_names_the_redirect_url_where_the_provider_wants_it(
    server: Server, named: bool
) -> None:
    provider, chosen = at(server, refresh_redirect=named)
    async with open_client() as http:
        await protocol.refresh(http, provider, chosen, Token("old", "once"))
    sent = dict(parse_qsl(server.asked[0].body.decode()))
    assert sent.get("redirect_uri") == (f"{PUBLIC}/oauth/callback" if named else None)


def test_the_clients_credentials_are_encoded_as_the_rfc_says() -> None:
    chosen = at()[1]
    odd = structs.replace(chosen, oauth=structs.replace(chosen.oauth, client_id="a:b c"))
    assert protocol.basic(odd) == "Basic YSUzQWIlMjBjOmFjbWUtc2VjcmV0"


@pytest.mark.parametrize(
    "return_to",
    [
        "//evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/%2f/evil.example",
        "/%252f%252fevil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/a\r\nset-cookie: x=1",
        "/a\tb",
        "/a\x00",
        "/é",
        "/done//evil.example",
        "/../admin",
        "/%2e%2e/admin",
        "/%252e%252e/admin",
        "done",
        "https://evil.example/done",
        "https://app.example.evil.example/done",
        "https://app.example/done.evil",
        "https://app.example/doneandmore",
        "https://app.example/done/../admin",
        "https://app.example@evil.example/done",
        "http://app.example/done",
        "HTTPS://APP.EXAMPLE/done",
        " https://app.example/done",
        "https://app.example/other",
        "/" + "a" * 2048,
    ],
)
def test_a_return_address_that_nobody_allowed_is_refused(return_to: str) -> None:
    assert not may_return(return_to, ALLOWED)


@pytest.mark.parametrize(
    "return_to",
    ["", "/", "/done?x=1#y", "https://app.example/done", "https://app.example/done?x=a&y=b"],
)
def test_an_allowed_return_address_is_taken(return_to: str) -> None:
    assert may_return(return_to, ALLOWED)


def test_a_refused_grant_says_what_the_provider_explains() -> None:
    provider = at()[0]
    its = oauth(explain=lambda it: "Make a new secret." if "E7" in it else "")
    described = "E7: the secret is over"
    ours = refusals.failure(provider, its, 400, "invalid_client", described)
    assert str(ours) == "Acme refused the token request (invalid_client); Make a new secret."
    dead = refusals.failure(provider, its, 400, "invalid_grant", described)
    assert isinstance(dead, Reauthorize)
    assert str(dead).endswith("(invalid_grant); Make a new secret.")
    for other in ("", None, 7):
        said = str(refusals.failure(provider, its, 400, "invalid_client", other))
        assert "ACME_CLIENT_SECRET" in said
