"""Whose account it is, what ends by itself, how access is given back, and Google's ways to say no."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import json

from services.google import oauth
from services.google.dialect import SLOWER, SPENT, AlreadyDeleted, AlreadyThere, TokenDead, dialect
from services.google.provider import provider
from shared.errors import RateLimited, Refused
from shared.http.answers import judge
from shared.provider import Revocation
from shared.types import Response, Token
from tests.fakes.api import Answer, FakeApi, gone

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()


def test_consent_is_offline_asked_for_and_added_to_what_was_granted() -> None:
    assert provider.oauth
    assert provider.oauth.extra_params == {
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
    }
    assert provider.oauth.pkce


def test_every_product_runs_with_the_scopes_that_are_asked_for_and_not_with_anothers() -> None:
    asked = set(oauth.SCOPES)
    gates = [it.scopes for it in provider.streams] + [it.scopes for it in provider.subscriptions]
    assert all(gate & asked for gate in gates)
    assert not oauth.GMAIL & oauth.DRIVE
    assert not oauth.GMAIL & (oauth.EVENTS | oauth.CALENDARS)


@pytest.mark.anyio
async def test_an_account_is_known_by_its_sub_and_routed_by_its_address() -> None:
    claims = {"sub": "1077", "email": "Sam@Acme.test", "name": "Sam", "email_verified": True}
    it = await oauth.identify(FakeApi({("GET", "/v1/userinfo"): Answer(claims)}))
    assert (it.id, it.email, it.routes) == (
        "1077",
        "Sam@Acme.test",
        ("user:1077", "mail:sam@acme.test"),
    )
    assert it.scopes is None


@pytest.mark.anyio
async def test_a_token_that_may_not_say_whose_it_is_names_the_scopes_that_it_lacks() -> None:
    with pytest.raises(Refused, match="openid and email"):
        await oauth.identify(FakeApi({("GET", "/v1/userinfo"): gone}))


@pytest.mark.parametrize("proven", [True, False])
def test_an_address_that_nobody_proved_gets_no_news(proven: bool) -> None:
    """The claims of an id_token and of the userinfo endpoint are the same; this is the former's."""
    claims = {"sub": "1077", "email": "sam@acme.test", "email_verified": proven, "aud": "us"}
    assert provider.oauth
    assert provider.oauth.openid
    it = provider.oauth.openid.identity(claims)
    assert it.id == "1077"
    assert ("mail:sam@acme.test" in it.routes) is proven


def test_a_consent_that_ends_by_itself_says_when() -> None:
    reply = {"access_token": "a", "refresh_token_expires_in": 604_799}
    ends = datetime.fromisoformat(oauth.read_token(reply)["extra"]["consent_ends_at"])
    assert timedelta(days=6, hours=23) < ends - datetime.now(UTC) < timedelta(days=7, hours=1)
    for odd in ({}, {"refresh_token_expires_in": 0}, {"refresh_token_expires_in": "x"}):
        assert "extra" not in oauth.read_token(odd)


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [Answer(None), Refused("already dead")])
async def test_access_is_given_back_with_the_refresh_token_in_the_body(answer: Any) -> None:
    api = FakeApi({("POST", "/revoke"): answer})
    await oauth.revoke(Revocation(api, "client", Token("access", refresh="1//re fresh")))
    (call,) = api.asked
    assert (call.body, call.params) == ("token=1%2F%2Fre+fresh", {})


def said(status: int, reason: str = "", message: str = "", **headers: str) -> Response:
    error = {"code": status, "message": message, "errors": [{"reason": reason, "domain": "d"}]}
    return Response(status, headers, json.encode({"error": error}))


@pytest.mark.parametrize(
    ("it", "kind", "wait"),
    [
        (said(403, "rateLimitExceeded"), RateLimited, SLOWER),
        (said(403, "userRateLimitExceeded", **{"retry-after": "7"}), RateLimited, 7.0),
        (said(429, "", "Retry after 2026-11-20T00:02:00.000Z"), RateLimited, 120.0),
        (said(429, "", "Retry after 2026-99-99T00:00:00.000Z"), RateLimited, SLOWER),
        (said(403, "dailyLimitExceeded"), RateLimited, SPENT),
        (said(403, "downloadQuotaExceeded"), RateLimited, SPENT),
        (said(403, "domainPolicy"), Refused, None),
        (said(403, "insufficientPermissions"), Refused, None),
        (said(403, "accessNotConfigured"), Refused, None),
        (said(403, "cannotDownloadAbusiveFile"), Refused, None),
        (said(403, "forbidden", "Metadata scope does not support 'q' parameter"), Refused, None),
        (said(400, "failedPrecondition", "Mail service not enabled"), Refused, None),
        (said(410, "fullSyncRequired"), TokenDead, None),
        (said(410, "updatedMinTooLongAgo"), TokenDead, None),
        (said(410, "deleted"), AlreadyDeleted, None),
        (said(409, "duplicate"), AlreadyThere, None),
        (said(409, "conflict"), type(None), None),
        (said(403, "exportSizeLimitExceeded"), type(None), None),
        (said(404, "notFound"), type(None), None),
        (Response(400, {}, b'{"error": "invalid_token"}'), type(None), None),
        (Response(429, {}, b"<html>"), RateLimited, SLOWER),
    ],
)
def test_the_reason_decides_and_not_the_status(
    it: Response, kind: type[Exception], wait: float | None
) -> None:
    error = dialect(it, lambda: NOW)
    assert type(error) is kind
    if wait is not None:
        assert isinstance(error, RateLimited)
        assert error.retry_after == wait


def test_a_scope_that_is_missing_does_not_look_like_a_limit() -> None:
    details = [{"@type": "type", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "metadata": {}}]
    error = {"code": 403, "status": "PERMISSION_DENIED", "details": details}
    found = judge(Response(403, {}, json.encode({"error": error})), dialect)
    assert type(found) is Refused
    assert "connect again" in str(found)
