"""Who consented is believed only by a token that the provider signed, for this app, in this flow."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from msgspec import json, structs

from shared.config import Settings
from shared.errors import Refused, Unavailable
from shared.http.client import open_client
from shared.oauth import openid, protocol
from shared.provider import OpenId, Provider
from shared.types import Identity
from tests.fakes.acme import acme, settings
from tests.fakes.authserver import CLIENT_ID, AuthServer, said
from tests.fakes.loopback import loopback

pytestmark = pytest.mark.anyio

KEY, OTHER = (RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("one", "two"))
JWKS = {"keys": [KEY.as_dict(private=False)]}
VERIFIER = "v" * 43
OPENID = OpenId("/certs", ("https://acme.example", "acme.example"), lambda it: Identity(it["sub"]))


def claims(issuer: str, **other: Any) -> dict[str, Any]:
    """What a good token says; None takes a claim out."""
    now = int(time.time())
    good = {"iss": issuer, "aud": CLIENT_ID, "sub": "u1", "iat": now, "exp": now + 3600}
    good["nonce"] = protocol.nonce(VERIFIER)
    return {name: it for name, it in {**good, **other}.items() if it is not None}


def signed(said: Mapping[str, Any], key: RSAKey = KEY, kid: str = "one") -> str:
    return jwt.encode({"alg": "RS256", "kid": kid}, dict(said), key)


def at(url: str) -> tuple[Provider, Settings]:
    state = AuthServer()
    state.url = url
    provider = acme(state, openid=OPENID, scopes=("openid", "read"))
    return provider, settings(provider)


async def believed(token: str, answer: bytes, issuer: str = "https://acme.example") -> Identity:
    """Who a token says consented, where the declared server is the one that was asked."""
    async with loopback(answer) as server, open_client() as client:
        provider, given = at(issuer)
        there = structs.replace(given.provider, base_url=server.url)
        given = structs.replace(given, provider=there)
        found = await openid.signed_in(
            client, provider, given, OPENID, token=token, verifier=VERIFIER
        )
        assert server.asked[0].target == "/certs"
    return found


GOOD = said(200, JWKS)


@pytest.mark.parametrize("issuer", ["https://acme.example", "acme.example"])
@pytest.mark.parametrize("other", [{}, {"aud": [CLIENT_ID], "azp": CLIENT_ID}])
async def test_a_token_of_this_flow_says_who_consented(issuer: str, other: Any) -> None:
    assert (await believed(signed(claims(issuer, **other)), GOOD)).id == "u1"


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another app"},
        {"aud": None},
        {"azp": "another app"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"nonce": None},
        {"nonce": VERIFIER},
        {"nonce": protocol.nonce("w" * 43)},
    ],
)
async def test_any_other_claim_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="did not prove who consented"):
        await believed(signed(claims("https://acme.example", **other)), GOOD)


async def test_another_key_no_key_and_no_signature_are_refused() -> None:
    said = claims("https://acme.example")
    head, body, _ = signed(said).split(".")
    none = urlsafe_b64encode(json.encode({"alg": "none"})).rstrip(b"=").decode()
    for token in (
        signed(said, OTHER),
        signed(said, OTHER, "two"),
        f"{none}.{body}.",
        f"{head}.{body}.",
        "a.b.c",
        "",
    ):
        with pytest.raises(Refused):
            await believed(token, GOOD)


@pytest.mark.parametrize("answer", [b"[]", b"{}", b"<html>", b'{"keys": [{"kty": "?"}]}'])
async def test_keys_that_are_none_prove_nothing(answer: bytes) -> None:
    with pytest.raises(Refused):
        await believed(signed(claims("https://acme.example")), said(200, answer))


async def test_keys_that_cannot_be_read_say_so() -> None:
    with pytest.raises(Unavailable):
        await believed(signed(claims("https://acme.example")), said(503))


async def test_where_another_server_was_asked_it_is_the_issuer() -> None:
    async with loopback(GOOD) as server, open_client() as client:
        provider, given = at("https://acme.example")
        there = structs.replace(
            given.provider, base_url=server.url, authorize_url=f"{server.url}/authorize"
        )
        given = structs.replace(given, provider=there)
        theirs, declared = (signed(claims(it)) for it in (server.url, "https://acme.example"))
        asked = partial(openid.signed_in, client, provider, given, OPENID, verifier=VERIFIER)
        assert (await asked(token=theirs)).id == "u1"
        with pytest.raises(Refused):
            await asked(token=declared)


def test_a_nonce_is_asked_for_with_openid_alone_and_tells_nothing_of_the_verifier() -> None:
    provider, given = at("https://acme.example")
    for scopes, wanted in ((("openid", "read"), [protocol.nonce(VERIFIER)]), (("read",), None)):
        url = protocol.authorization_url(
            provider, given, scopes=scopes, state="s", verifier=VERIFIER
        )
        asked = parse_qs(urlsplit(url).query)
        assert asked.get("nonce") == wanted
        assert wanted != asked["code_challenge"]


async def test_an_issuer_may_hold_a_claim_and_moves_with_the_server_that_was_asked() -> None:
    async with loopback(GOOD) as server, open_client() as client:
        provider, given = at(server.url)
        there = structs.replace(given.provider, authorize_url=f"{server.url}/acme/authorize")
        given = structs.replace(given, provider=there)
        its = OpenId(
            "https://acme.example/all/certs",
            ("https://acme.example/{tid}/v2",),
            lambda it: Identity(it["sub"]),
        )
        for tid, good in (("t1", True), ("t2", False), (None, False)):
            said = signed(claims(f"{server.url}/t1/v2", tid=tid))
            asking = openid.signed_in(client, provider, given, its, token=said, verifier=VERIFIER)
            if good:
                assert (await asking).id == "u1"
            else:
                with pytest.raises(Refused, match="did not prove"):
                    await asking
        assert {it.target for it in server.asked} == {"/all/certs"}
