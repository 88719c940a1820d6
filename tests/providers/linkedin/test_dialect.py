"""How LinkedIn says no, and what its token replies are."""

import pytest
from msgspec import json

from services.linkedin import oauth
from services.linkedin.dialect import dialect
from services.linkedin.provider import VERSION, provider
from shared.errors import Impossible, ItemGone, RateLimited, Reauthorize, Refused
from shared.types import Response
from tests.fakes.api import FakeApi

pytestmark = pytest.mark.anyio

EVENING = 1_767_225_600.0 - 3600
"""An hour before midnight, UTC."""


def said(status: int, code: str = "", message: str = "", **headers: str) -> Response:
    body = {"status": status, "code": code, "message": message}
    return Response(
        status, {it.replace("_", "-"): v for it, v in headers.items()}, json.encode(body)
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(403, "ACCESS_DENIED"), ItemGone),
        (said(422, "DUPLICATE_POST"), Impossible),
        (said(422, "", "Content is a duplicate of urn:li:share:1"), Impossible),
        (said(426, "NONEXISTENT_VERSION"), Refused),
    ],
    ids=["denied", "duplicate", "duplicate in words", "version"],
)
def test_each_refusal_says_what_to_do(answer: Response, error: type[Exception]) -> None:
    assert type(dialect(answer)) is error


@pytest.mark.parametrize(
    ("code", "revoked"),
    [("REVOKED_ACCESS_TOKEN", True), ("EXPIRED_ACCESS_TOKEN", False), ("", False)],
)
def test_a_revoked_token_is_told_from_an_expired_one(code: str, revoked: bool) -> None:
    error = dialect(said(401, code))
    assert isinstance(error, Reauthorize)
    assert error.revoked is revoked


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (said(429, message="Resource level throttle MEMBER DAY limit for calls is reached."), 3600),
        (said(429, message="Slow down"), 60),
        (said(429, retry_after="7"), 7),
    ],
    ids=["the day's", "unsaid", "told"],
)
def test_a_spent_day_waits_for_midnight(answer: Response, wait: float) -> None:
    error = dialect(answer, now=lambda: EVENING)
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait


@pytest.mark.parametrize("it", [said(200), said(404), said(500), Response(422, {}, b"<html>")])
def test_the_usual_table_decides_the_rest(it: Response) -> None:
    assert dialect(it) is None


def test_every_call_names_the_version() -> None:
    assert provider.headers["LinkedIn-Version"] == VERSION
    assert provider.headers["X-Restli-Protocol-Version"] == "2.0.0"


@pytest.mark.parametrize("scope", ["email,openid,profile", "email openid profile"])
def test_scopes_come_with_commas_or_blanks(scope: str) -> None:
    assert oauth.read_token({"scope": scope})["scope"] == "email openid profile"
    assert oauth.read_token({"access_token": "x"}) == {"access_token": "x"}


def test_the_web_flow_has_no_pkce() -> None:
    assert provider.oauth
    assert not provider.oauth.pkce


async def test_a_member_is_known_by_the_apps_own_id_of_them() -> None:
    told = {"sub": "AbC", "name": "Ana", "email": "a@example.com", "locale": {"country": "US"}}
    who = await oauth.identify(FakeApi({("GET", "/v2/userinfo"): told}))  # type: ignore[dict-item]  # a body alone is an answer
    assert (who.id, who.name, who.email, who.routes) == (
        "AbC",
        "Ana",
        "a@example.com",
        ("person:AbC",),
    )
    assert oauth.proven({"sub": "AbC", "name": "Ana", "email": "a@example.com"}) == who
