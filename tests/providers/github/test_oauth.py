"""Who a token belongs to, how a connection ends, and what GitHub's refusals mean."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import json

from services.github import oauth
from services.github.dialect import dialect
from services.github.provider import provider
from shared.errors import HubError, ItemGone, RateLimited, Reauthorize, Refused, Unavailable
from shared.provider import Minting, Revocation
from shared.types import Identity, Response, Secret, Token
from tests.fakes.api import Answer, FakeApi, gone
from tests.providers.github.material import answer

pytestmark = pytest.mark.anyio


async def test_an_account_is_its_number_not_its_login() -> None:
    scopes = {"x-oauth-scopes": "repo, user:email"}
    api = FakeApi({("GET", "/user"): Answer(answer("user"), headers=scopes)})
    assert await oauth.identify(api) == Identity(
        id="1",
        name="octocat",
        email="octocat@github.com",
        routes=("user:1",),
        scopes=("repo", "user:email"),
    )


async def test_a_hidden_address_is_found_among_the_users_own() -> None:
    emails = [{"email": "other@acme.example", "verified": True}, *answer("user-emails")]
    answers = {
        ("GET", "/user"): Answer(answer("user") | {"email": None}),
        ("GET", "/user/emails"): Answer(emails),
    }
    assert (await oauth.identify(FakeApi(answers))).email == "octocat@github.com"


async def test_an_address_that_may_not_be_read_stays_absent() -> None:
    answers: Any = {
        ("GET", "/user"): Answer(answer("user") | {"email": None}),
        ("GET", "/user/emails"): gone,
    }
    it = await oauth.identify(FakeApi(answers))
    assert (it.email, it.scopes) == ("", None)


async def test_an_installation_is_known_by_the_owner_of_what_it_was_given() -> None:
    given = answer("installation-repositories")
    answers: Any = {
        ("GET", "/user"): gone,
        ("GET", "/installation/repositories"): Answer(given),
    }
    it = await oauth.identify(FakeApi(answers))
    assert (it.id, it.name, it.routes) == ("installed:1", "octocat", ("installed:1",))
    given["repositories"] = []
    with pytest.raises(Refused):
        await oauth.identify(FakeApi(answers))


async def test_a_token_is_revoked_with_the_apps_own_credentials() -> None:
    path = "/applications/Iv1.x%2F/token"
    api = FakeApi({("DELETE", path): Answer(None)})
    await oauth.revoke(Revocation(api, "Iv1.x/", Token("gho_1")))
    assert [call.body for call in api.asked] == [{"access_token": "gho_1"}]
    api.answers["DELETE", path] = gone
    await oauth.revoke(Revocation(api, "Iv1.x/", Token("gho_1")))
    await oauth.revoke(Revocation(FakeApi({}), "x", Token("ghs_1", extra={"installation_id": "9"})))


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
SETTINGS = {oauth.APP_ID: Secret("12"), oauth.APP_KEY: Secret(KEY.decode())}


class GitHubApp:
    """The one endpoint that makes tokens, on a socket of this machine."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body, self.asked = status, body, b""

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        return f"http://{host}:{port}/api/v3"

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        body = json.encode(self.body)
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nConnection: close"
        writer.write(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


async def test_25_an_installations_token_is_made_however_long_it_is_and_keeps_its_number() -> None:
    made = {"token": "ghs_" + "A.-_" * 300, "expires_at": "2030-01-01T00:00:00Z"}
    app = GitHubApp(201, made)
    async with app as url:
        token = await oauth.mint(Minting({"installation_id": "99"}, SETTINGS, url))
    assert app.asked.startswith(b"POST /api/v3/app/installations/99/access_tokens ")
    assert token.access == made["token"]
    assert token.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert token.extra == {"installation_id": "99"}


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, Reauthorize), (403, Refused), (401, Refused), (500, Unavailable)],
)
async def test_what_it_means_when_no_token_is_made(status: int, error: type[HubError]) -> None:
    async with GitHubApp(status, {"message": "no"}) as url:
        with pytest.raises(error):
            await oauth.mint(Minting({"installation_id": "99"}, SETTINGS, url))


async def test_an_unreachable_github_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await oauth.mint(Minting({"installation_id": "9"}, SETTINGS, "http://127.0.0.1:1"))


async def test_a_key_that_is_none_is_said_without_showing_it() -> None:
    settings = {**SETTINGS, oauth.APP_KEY: Secret("hunter2")}
    with pytest.raises(Refused) as caught:
        await oauth.mint(Minting({"installation_id": "9"}, settings, "http://127.0.0.1:1"))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_without_the_apps_settings_or_number_nothing_is_asked() -> None:
    with pytest.raises(Refused):
        await oauth.mint(Minting({"installation_id": "9"}, {}, "http://127.0.0.1:1"))
    with pytest.raises(Reauthorize):
        await oauth.mint(Minting({"installation_id": "../1"}, SETTINGS, "http://127.0.0.1:1"))


def test_15_a_rotated_refresh_token_that_is_used_twice_ends_the_connection() -> None:
    assert provider.oauth
    assert "bad_refresh_token" in provider.oauth.dead_grant
    assert provider.oauth.refresh == "rotating"


def said(status: int, message: str = "", **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, names, json.encode({"message": message}))


def means(it: Response) -> Exception | None:
    return dialect(it, now=lambda: 1_000.0)


@pytest.mark.parametrize(
    ("it", "wait"),
    [
        (said(403, "API rate limit", x_ratelimit_remaining="0", x_ratelimit_reset="1090"), 90),
        (said(429, "API rate limit", x_ratelimit_remaining="0", x_ratelimit_reset="900"), 1),
        (said(403, "You have exceeded a secondary rate limit", retry_after="7"), 7),
        (said(403, "You have exceeded a secondary rate limit", x_ratelimit_remaining="9"), 60),
        (said(429), 60),
        (said(403, x_ratelimit_remaining="0", x_ratelimit_reset="soon"), 60),
    ],
)
def test_18_a_limit_says_how_long_to_wait(it: Response, wait: float) -> None:
    error = means(it)
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait


@pytest.mark.parametrize(
    ("it", "error"),
    [
        (said(403, "Resource not accessible by integration", x_ratelimit_remaining="9"), ItemGone),
        (said(403, "This installation has been suspended"), Reauthorize),
        (said(401, "Bad credentials"), Reauthorize),
        (said(410, "Issues are disabled for this repo"), ItemGone),
        (said(451, "Repository access blocked"), ItemGone),
        (said(409, "Git Repository is empty."), ItemGone),
        (Response(403, {}, b"<html>"), ItemGone),
    ],
)
def test_18_a_refusal_that_is_no_limit(it: Response, error: type[Exception]) -> None:
    assert type(means(it)) is error


@pytest.mark.parametrize("it", [said(200), said(404), said(422), said(500), said(409, "conflict")])
def test_everything_else_is_left_to_the_usual_table(it: Response) -> None:
    assert means(it) is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [("RATE_LIMITED", RateLimited), ("NOT_FOUND", ItemGone), ("SOMETHING", type(None))],
)
def test_graphql_refuses_with_a_200(kind: str, error: type) -> None:
    body = json.encode({"data": None, "errors": [{"type": kind, "message": "no"}]})
    assert type(means(Response(200, {}, body))) is error
    assert means(Response(200, {}, b'[{"title": "\\"errors\\": x"}]')) is None
