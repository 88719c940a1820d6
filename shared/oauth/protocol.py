"""OAuth 2.0 as the wire sees it: RFC 6749, 7636 (PKCE) and 9207 (iss), by authlib's pure parts.

A token request is sent once, on a fresh connection: connect 3 s, 10 s in all, no redirects, 256 kB back.
"""

import asyncio
import base64
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import DecodeError, json

from shared.config import Settings
from shared.errors import Refused, Unavailable
from shared.oauth.refusals import failure
from shared.provider import OAuth, Provider
from shared.types import Token

Client = httpx.AsyncClient

TOTAL = 10.0
CONNECT = 3.0
LARGEST = 262_144
LONGEST_LIFE = 10 * 365 * 86400
"""Seconds; what claims to live longer is taken as a token that does not expire."""


def oauth_of(provider: Provider) -> OAuth:
    """Return how the provider's accounts are opened; Refused where it has no such thing."""
    if provider.oauth is None:
        raise Refused(f"{provider.title} does not connect accounts by OAuth")
    return provider.oauth


def authorization_url(
    provider: Provider, settings: Settings, *, scopes: tuple[str, ...], state: str, verifier: str
) -> str:
    """Return where the browser goes to ask for consent; the verifier itself stays here."""
    oauth = oauth_of(provider)
    pkce = {
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    url: str = prepare_grant_uri(
        settings.provider.authorize_url,
        settings.oauth.client_id,
        "code",
        redirect_uri=settings.oauth.redirect_url,
        state=state,
        **(pkce if oauth.pkce else {}),
        **({"nonce": nonce(verifier)} if oauth.openid and "openid" in scopes else {}),
        **_scopes(oauth, scopes),
        **oauth.extra_params,
    )
    return url


async def exchange(
    client: Client,
    provider: Provider,
    settings: Settings,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
) -> tuple[Token, str]:
    """Turn a code into a token, and the id_token that came with it, or "".

    Raises Reauthorize for a dead code, Unavailable, Refused.
    """
    proof = {"code_verifier": verifier} if oauth_of(provider).pkce else {}
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    url, now = settings.provider.token_url, datetime.now(UTC)
    reply = await _ask(client, provider, settings, url, grant | proof)
    signed = reply.get("id_token")
    token = read_token(oauth_of(provider), reply, now)
    return token, signed if isinstance(signed, str) else ""


async def refresh(client: Client, provider: Provider, settings: Settings, token: Token) -> Token:
    """Turn a refresh token into a fresh access token; keeps the refresh token if none comes back.

    Raises Reauthorize when the provider calls the grant dead, Unavailable when it may work later,
    and Refused when our own registration is at fault.
    """
    grant = {"grant_type": "refresh_token", "refresh_token": token.refresh}
    if oauth_of(provider).refresh_redirect:
        grant["redirect_uri"] = settings.oauth.redirect_url
    url = _refresh_url(oauth_of(provider), settings)
    reply = await _ask(client, provider, settings, url, grant)
    fresh = read_token(oauth_of(provider), reply, datetime.now(UTC))
    return Token(
        access=fresh.access,
        refresh=fresh.refresh or token.refresh,
        expires_at=fresh.expires_at,
        scopes=fresh.scopes or token.scopes,
        extra=fresh.extra or token.extra,
    )


def basic(settings: Settings) -> str:
    """The Authorization header that carries the client's own credentials (RFC 6749 section 2.3.1)."""
    pair = (settings.oauth.client_id, settings.oauth.client_secret.reveal())
    joined = ":".join(quote(part, safe="") for part in pair)
    return "Basic " + base64.b64encode(joined.encode()).decode()


def nonce(verifier: str) -> str:
    """What the id_token of a flow has to carry, made of the flow's own secret and telling none of it."""
    return str(create_s256_code_challenge(f"nonce {verifier}"))


async def document(client: Client, url: str) -> bytes:
    """Fetch a small public document (a key set); raises Unavailable."""
    status, _, body = await _exchange(
        client.build_request("GET", url), client, "the key set's host"
    )
    if status != 200:
        raise Unavailable(f"the key set's host answered {status}")
    return body


def read_token(oauth: OAuth, reply: Mapping[str, Any], now: datetime) -> Token:
    """Read a standard token reply (RFC 6749 section 5.1); raises Refused for one that is not."""
    access, kind = reply.get("access_token"), reply.get("token_type")
    if not isinstance(access, str) or not access:
        raise Refused("the token endpoint answered without an access token")
    if kind is not None and str(kind).lower() != "bearer":
        raise Refused("the token endpoint answered with a token that is not a bearer token")
    refresh, scope, extra = reply.get("refresh_token"), reply.get("scope"), reply.get("extra")
    beside = reply.get("beside", ()) if oauth.read_token else ()
    scopes = scope.split(oauth.granted_separator) if isinstance(scope, str) else scope
    return Token(
        access=access,
        refresh=refresh if isinstance(refresh, str) else "",
        expires_at=_expiry(reply.get("expires_in"), now),
        scopes=tuple(str(it).strip() for it in scopes if it) if isinstance(scopes, list) else (),
        extra=extra if oauth.read_token and isinstance(extra, dict) else {},
        beside=tuple(read_token(oauth, it, now) for it in beside),
    )


def _scopes(oauth: OAuth, scopes: tuple[str, ...]) -> dict[str, str]:
    """The scopes by the parameter that asks for them."""
    asked = defaultdict[str, list[str]](list)
    for scope in scopes:
        begins = next((it for it in oauth.scope_parameters if scope.startswith(it)), "")
        asked[oauth.scope_parameters.get(begins, "scope")].append(scope.removeprefix(begins))
    return {name: oauth.scope_separator.join(found) for name, found in asked.items()}


async def _ask(
    client: Client, provider: Provider, settings: Settings, url: str, fields: dict[str, str]
) -> Mapping[str, Any]:
    oauth, app = oauth_of(provider), settings.oauth
    headers = {"accept": "application/json", "connection": "close"}
    if oauth.client_auth == "basic":
        headers["authorization"] = basic(settings)
    else:
        own = {"client_id": app.client_id, "client_secret": app.client_secret.reveal()}
        fields = fields | {name: value for name, value in own.items() if value}
    if oauth.token_body == "json":  # noqa: S105 - a body format, not a password
        content = json.encode(fields)
        headers["content-type"] = "application/json"
    else:
        content = prepare_token_request(**fields).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    request = client.build_request("POST", url, headers=headers, content=content)
    status, kind, body = await _exchange(request, client, provider.title)
    reply = _parse(provider, status, kind, body)
    if oauth.read_token is not None and not reply.get("error"):
        try:
            reply = oauth.read_token(reply)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{provider.title} answered a token request in an unknown form") from None
    if status != 200 or reply.get("error"):
        described = reply.get("error_description")
        raise failure(provider, oauth, status, reply.get("error"), described)
    return reply


async def _exchange(request: httpx.Request, client: Client, who: str) -> tuple[int, str, bytes]:
    """Send once and read at most LARGEST bytes; raises Unavailable."""
    body = bytearray()
    request.extensions["timeout"] = httpx.Timeout(TOTAL, connect=CONNECT).as_dict()
    try:
        async with asyncio.timeout(TOTAL):
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > LARGEST:
                        raise Unavailable(f"{who} answered with more than {LARGEST} bytes")
            finally:
                await response.aclose()
    except (httpx.HTTPError, httpx.StreamError, TimeoutError):
        # The cause is left out: its request carries the client's secret and the grant.
        raise Unavailable(f"{who} did not answer a token request") from None
    return response.status_code, response.headers.get("content-type", ""), bytes(body)


def _parse(provider: Provider, status: int, kind: str, body: bytes) -> Mapping[str, Any]:
    """Read a reply as JSON or, as some servers send it, form-encoded; anything else is no answer."""
    if status >= 500 or status == 429:
        raise Unavailable(f"{provider.title} answered a token request with status {status}")
    if 300 <= status < 400:
        name = provider.name.upper()
        raise Refused(f"the token endpoint redirects elsewhere; check {name}_TOKEN_URL")
    try:
        reply = json.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        reply = dict(parse_qsl(body.decode("utf-8", "replace")) if "html" not in kind else ())
    if not isinstance(reply, dict) or not reply:
        raise Unavailable(f"{provider.title} answered a token request with something else")
    return reply


def _expiry(seconds: object, now: datetime) -> datetime | None:
    try:
        life = float(seconds) if isinstance(seconds, int | float | str) else 0.0
    except ValueError:
        return None
    return now + timedelta(seconds=life) if 0 < life < LONGEST_LIFE else None


def _refresh_url(oauth: OAuth, settings: Settings) -> str:
    """The declared refresh URL, moved along when the token URL was pointed at another host."""
    given = settings.provider.token_url
    if not oauth.refresh_url or given == oauth.token_url:
        return oauth.refresh_url or given
    return origin(given) + urlsplit(oauth.refresh_url).path


def origin(url: str) -> str:
    """Scheme, host and port of a URL; raises ValueError for what is none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
