"""Who a token belongs to, what it may do, how a connection ends, and what GitLab's refusals mean."""

from typing import Any

import pytest

from services.gitlab import oauth
from services.gitlab.dialect import dialect
from services.gitlab.provider import provider
from services.gitlab.quotas import QUOTAS, charges
from shared.errors import (
    Changed,
    HubError,
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
)
from shared.http.answers import judge
from shared.provider import Revocation
from shared.types import Identity, Response, Token
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.gitlab.material import answer

pytestmark = pytest.mark.anyio

USER, INFO, SELF = "/api/v4/user", "/oauth/token/info", "/api/v4/personal_access_tokens/self"


def dead(_: Call) -> Answer:
    raise Reauthorize


async def test_an_account_is_its_number_on_its_instance() -> None:
    api = FakeApi(
        {("GET", USER): Answer(answer("user")), ("GET", INFO): Answer(answer("token-info"))}
    )
    assert await oauth.identify(api) == Identity(
        id="gitlab.com:9",
        name="apark",
        email="ada@example.com",
        routes=("user:gitlab.com:9",),
        scopes=("api",),
    )


async def test_22_the_same_number_elsewhere_is_somebody_else() -> None:
    user = answer("user") | {"web_url": "https://git.acme.example:8443/apark", "email": None}
    it = await oauth.identify(
        FakeApi({("GET", USER): Answer(user), ("GET", INFO): gone, ("GET", SELF): gone})
    )
    assert (it.id, it.email, it.scopes) == ("git.acme.example:8443:9", "", None)


async def test_a_personal_token_tells_its_scopes_elsewhere() -> None:
    answers: Any = {
        ("GET", USER): Answer(answer("user")),
        ("GET", INFO): dead,
        ("GET", SELF): Answer({"id": 1, "name": "hub", "scopes": ["read_api"]}),
    }
    assert (await oauth.identify(FakeApi(answers))).scopes == ("read_api",)


async def test_a_token_is_revoked_once() -> None:
    api = FakeApi({("POST", "/oauth/revoke"): Answer({})})
    await oauth.revoke(Revocation(api, "id", Token("a&b")))
    assert [call.body for call in api.asked] == ["token=a%26b"]
    api.answers["POST", "/oauth/revoke"] = gone
    await oauth.revoke(Revocation(api, "id", Token("a")))


def test_15_a_refresh_names_the_redirect_url_and_is_used_once() -> None:
    assert provider.oauth
    assert provider.oauth.refresh_redirect
    assert provider.oauth.refresh == "rotating"


def said(status: int, body: bytes, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): it for name, it in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (401, b'{"error":"invalid_token","error_description":"Token is expired."}', Reauthorize),
        (401, b'{"message":"401 Unauthorized"}', Reauthorize),
        (403, b'{"error":"insufficient_scope","scope":"api"}', ItemGone),
        (403, b'{"message":"403 Forbidden - Your account has been blocked."}', Reauthorize),
        (403, b'{"message":"403 Forbidden - Your account has been deactivated."}', Reauthorize),
        (403, b'{"message":"403 Forbidden"}', ItemGone),
        (404, b'{"message":"404 Project Not Found"}', ItemGone),
        (405, b'{"message":"405 Method Not Allowed"}', Refused),
        (409, b'{"message":"SHA does not match HEAD of source branch: 12"}', Changed),
        (409, b'{"message":"Branch already exists"}', Refused),
        (422, b'{"message":"Branch cannot be merged"}', Refused),
        (429, b"Retry later\n", RateLimited),
        (500, b"<html>", Unavailable),
        (503, b"", Unavailable),
    ],
)
def test_a_refusal_is_named_by_what_to_do(status: int, body: bytes, meant: type[HubError]) -> None:
    error = judge(said(status, body), dialect)
    assert type(error) is meant


def test_a_closed_account_ends_the_connection_and_an_expired_token_does_not() -> None:
    closed = judge(said(403, b"403 Forbidden - Your account has been blocked."), dialect)
    expired = judge(said(401, b'{"error":"invalid_token"}'), dialect)
    assert isinstance(closed, Reauthorize)
    assert isinstance(expired, Reauthorize)
    assert (closed.revoked, expired.revoked) == (True, False)


def test_17_the_limit_s_plain_text_says_when_in_its_headers() -> None:
    error = judge(said(429, b"Retry later\n", retry_after="17"), dialect)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 17
    bare = judge(said(429, b"Retry later\n"), dialect)
    assert isinstance(bare, RateLimited)
    assert bare.retry_after > 0


@pytest.mark.parametrize(
    ("method", "path", "quotas"),
    [
        ("GET", "/api/v4/projects", {"calls", "projects"}),
        ("GET", "/api/v4/projects/42", {"calls", "project"}),
        ("GET", "api/v4/projects/acme%2Fapi", {"calls", "project"}),
        ("GET", "/api/v4/projects/42/issues", {"calls"}),
        ("POST", "/api/v4/projects/42/issues", {"calls", "issues"}),
        ("POST", "/api/v4/projects/42/issues/5/notes", {"calls", "notes"}),
        ("POST", "/api/v4/projects/42/issues/5/discussions/a1/notes", {"calls", "notes"}),
        ("GET", "/api/v4/projects/42/issues/5/notes", {"calls"}),
        ("GET", "/oauth/token/info", {"calls"}),
    ],
)
def test_a_call_costs_what_gitlab_counts(method: str, path: str, quotas: set[str]) -> None:
    found = [charge.quota for charge in charges(method, path, b"")]
    assert set(found) == quotas
    assert len(found) == len(quotas)
    assert quotas <= QUOTAS.keys()
