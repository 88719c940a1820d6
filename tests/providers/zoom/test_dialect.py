"""What Zoom's refusals mean, and what its calls cost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import json

from services.zoom.dialect import DAY, Lacking, TokenDead, dialect
from services.zoom.provider import provider
from services.zoom.quotas import QUOTAS, charges
from shared.errors import (
    HubError,
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
)
from shared.http.answers import judge
from shared.types import Response

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()
SCOPES = (
    "Invalid access token, does not contain scopes:[meeting:read:summary, meeting:read:x:admin]."
)


def answer(status: int, code: Any = 0, message: str = "", **headers: str) -> Response:
    told = {name.replace("_", "-"): it for name, it in headers.items()}
    return Response(status, told, json.encode({"code": code, "message": message}))


ANSWERS: dict[str, tuple[Response, type[HubError]]] = {
    "a token that is none": (answer(401, 124, "Invalid access token."), Reauthorize),
    "a token that has ended": (answer(401, 124, "Access token is expired."), Reauthorize),
    "an account that does not exist any more": (answer(401, 200, "No permission."), Reauthorize),
    "a scope that is missing": (answer(400, 4711, SCOPES), Lacking),
    "the same with 401": (answer(401, 4711, SCOPES), Lacking),
    "the same with an older number": (answer(400, 104, SCOPES), Lacking),
    "a 4700 that means the token": (answer(401, 4700, "Token cannot be empty."), Reauthorize),
    "something that is not allowed": (answer(403, 200, "No permission."), Lacking),
    "no such meeting": (answer(404, 3001, "Meeting does not exist: 1."), ItemGone),
    "no recording": (answer(404, 3301, "There is no recording for this meeting."), ItemGone),
    "no such person": (answer(404, 1001, "User does not exist."), ItemGone),
    "a plan that does not have it": (answer(400, 200, "Only available for Paid account."), Refused),
    "a place that is forgotten": (
        answer(400, 300, "The next page token is invalid or expired."),
        TokenDead,
    ),
    "a range that is too long": (answer(400, 300, "The date range is too long."), Refused),
    "too many calls": (answer(429, 429, "You have reached the limit."), RateLimited),
    "an error of theirs": (answer(500, 500, "Internal error"), Unavailable),
    "away": (Response(503, {}, b"<html>"), Unavailable),
    "an answer that is no JSON": (Response(400, {}, b"no"), Refused),
    "a number that is text": (answer(400, "300", "next page token"), Refused),
    "lists in lists": (Response(400, {}, b"[" * 100_000), Refused),
}


@pytest.mark.parametrize(("it", "error"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_refusal_is_named_by_what_to_do_next(it: Response, error: type[HubError]) -> None:
    assert type(judge(it, provider.dialect)) is error


@pytest.mark.parametrize("status", [200, 201, 204])
def test_what_is_good_is_nothing(status: int) -> None:
    assert judge(answer(status, 4711, SCOPES), provider.dialect) is None


def test_21_a_missing_scope_is_named_and_nothing_else_is_quoted() -> None:
    said = str(dialect(answer(400, 4711, SCOPES)))
    assert "meeting:read:summary, meeting:read:x:admin" in said
    evil = str(dialect(answer(400, 300, "No <script> secret-token")))
    assert "secret-token" not in evil
    long = "does not contain scopes:[" + "a" * 5000
    assert len(str(dialect(answer(400, 4711, long)))) < 500


WAITS: dict[str, tuple[dict[str, str], float]] = {
    "nothing but the second": ({}, 1.0),
    "a limit by the second": ({"x_ratelimit_type": "QPS"}, 1.0),
    "seconds": ({"retry_after": "7"}, 7.0),
    "a date": ({"retry_after": "2026-01-05T12:30:00Z"}, 1800.0),
    "a date with an offset": ({"retry_after": "2026-01-05T13:30:00+01:00"}, 1800.0),
    "a date without a zone": ({"retry_after": "2026-01-05T12:30:00"}, 1800.0),
    "a date that has passed": ({"retry_after": "2026-01-05T11:00:00Z"}, 1.0),
    "a date in years": ({"retry_after": "2036-01-05T11:00:00Z"}, DAY),
    "a limit by the day": ({"x_ratelimit_type": "Daily-limit"}, DAY / 2),
    "a day that says until when": (
        {"x_ratelimit_type": "Daily-limit", "retry_after": "2026-01-06T00:00:00Z"},
        DAY / 2,
    ),
    "words": ({"retry_after": "later", "x_ratelimit_type": "Daily-limit"}, DAY / 2),
    "digits without an end": ({"retry_after": "9" * 400}, 1.0),
    "digits of another script": ({"retry_after": "\u0667"}, 1.0),
    "NaN": ({"retry_after": "nan"}, 1.0),
}


@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS.keys())
def test_11_a_limit_says_for_how_long(headers: dict[str, str], seconds: float) -> None:
    it = dialect(answer(429, 429, "", **headers), now=lambda: NOON)
    assert isinstance(it, RateLimited)
    assert it.retry_after == seconds


CALLS = {
    "GET /users/me": "light",
    "GET /users/me/meetings": "medium",
    "POST /users/me/meetings": "medium",
    "GET /users/me/recordings": "medium",
    "GET /meetings/92742474247": "light",
    "PATCH /meetings/92742474247": "light",
    "GET /meetings/%2Fabc%2F%2Fd==/recordings": "light",
    "GET /meetings//abc//d==/meeting_summary": "light",
    "GET /past_meetings/abc": "light",
    "GET /past_meetings/a/b/participants": "medium",
    "GET /past_meetings/92742474247/instances": "medium",
    "GET /rec/download/x": "",
    "POST /oauth/revoke": "",
}


@pytest.mark.parametrize(("call", "label"), CALLS.items())
def test_a_call_costs_one_of_its_label(call: str, label: str) -> None:
    method, path = call.split(" ")
    assert [it.quota for it in charges(method, path, b"")] == ([label] if label else [])
    assert {label} <= {*QUOTAS, ""}


def test_people_of_an_account_share_what_it_may_ask() -> None:
    assert {provider.counted_by(it) for it in ("yBk48:Wq3hO", "yBk48:Xr4iP")} == {"yBk48"}
