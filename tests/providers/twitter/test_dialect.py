"""What X's refusals mean, whatever status they come with, and what each call costs of its limits."""

from typing import Any

import pytest
from msgspec import json

from services.twitter.dialect import PATIENCE, dialect
from services.twitter.prices import billed
from services.twitter.quotas import QUOTAS, charges
from shared.errors import BadRequest, ItemGone, RateLimited, Refused, Unavailable
from shared.types import Response

HOSTS = ("https://api.twitter.com/2/problems/", "https://api.x.com/2/problems/")
NOW = 1_000_000.0


def meaning(status: int, body: Any, **headers: str) -> Exception | None:
    raw = body if isinstance(body, bytes) else json.encode(body)
    told = {name.replace("_", "-"): it for name, it in headers.items()}
    return dialect(Response(status, told, raw), lambda: NOW)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("status", "word", "error"),
    [
        (404, "resource-not-found", ItemGone),
        (403, "not-authorized-for-resource", ItemGone),
        (403, "client-forbidden", Refused),
        (400, "invalid-request", BadRequest),
        (429, "usage-capped", Refused),
        (403, "usage-capped", Refused),
        (429, "rate-limit-exceeded", RateLimited),
        (500, "internal-error", Unavailable),
    ],
)
def test_a_problem_is_known_by_the_end_of_its_address(
    host: str, status: int, word: str, error: type[Exception]
) -> None:
    assert type(meaning(status, {"type": host + word, "title": "", "status": status})) is error


def test_a_spent_limit_waits_until_it_is_counted_anew() -> None:
    error = meaning(429, b"", x_rate_limit_remaining="0", x_rate_limit_reset="1000090")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 90.0


def test_the_limit_that_is_spent_longest_counts() -> None:
    error = meaning(
        429,
        {"type": "about:blank"},
        x_rate_limit_remaining="7",
        x_rate_limit_reset="1000900",
        x_user_limit_24hour_remaining="0",
        x_user_limit_24hour_reset="1003600",
    )
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3600.0


@pytest.mark.parametrize("reset", ["", "soon", "-5", "²"])
def test_a_limit_without_a_time_waits_a_minute(reset: str) -> None:
    error = meaning(429, b"{}", x_rate_limit_reset=reset)
    assert isinstance(error, RateLimited)
    assert error.retry_after == PATIENCE


def test_a_reset_that_lies_behind_waits_a_second() -> None:
    error = meaning(429, b"{}", x_rate_limit_reset="5")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 1.0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, {"title": "CreditsDepleted"}),
        (403, {"title": "Forbidden", "detail": "Your account does not have any credits."}),
        (429, {"type": HOSTS[0] + "usage-capped", "title": "UsageCapExceeded"}),
    ],
)
def test_what_only_money_mends_is_told_and_not_tried_again(status: int, body: Any) -> None:
    error = meaning(status, body)
    assert type(error) is Refused, "a walk that is refused is tried again after an hour"
    assert "credits" in str(error)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("You are not allowed to create a Tweet with duplicate content.", "already"),
        ("Reply to this conversation is not allowed because you have not been mentioned", "reply"),
        ("You must be summoned to post here", "reply"),
        ("Quoting posts is not available", "quote"),
    ],
)
def test_a_post_that_x_does_not_take_says_why(detail: str, said: str) -> None:
    error = meaning(403, {"title": "Forbidden", "detail": detail, "status": 403})
    assert isinstance(error, BadRequest)
    assert said in str(error)
    assert detail not in str(error)


def test_a_quota_is_no_quote() -> None:
    assert meaning(403, {"title": "Forbidden", "detail": "quota of projects"}) is None


def test_nothing_but_errors_is_an_error_with_a_200() -> None:
    problem = {"type": HOSTS[0] + "resource-not-found", "title": "Not Found Error"}
    assert isinstance(meaning(200, {"errors": [problem]}), ItemGone)
    assert meaning(200, {"errors": [problem], "data": []}) is None
    assert meaning(200, {"errors": [problem], "meta": {"result_count": 0}}) is None
    assert meaning(200, {"data": {"text": '"errors"'}}) is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"type": 7}', b'{"errors": {}}', b"\xff"]
)
def test_what_is_no_problem_is_left_to_the_usual_table(body: bytes) -> None:
    assert meaning(503, body) is None
    assert meaning(200, body) is None


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("GET", "/2/users/me", ["me"]),
        ("GET", "/2/users/7/tweets", ["posts"]),
        ("GET", "/2/users/7/mentions", ["mentions"]),
        ("GET", "/2/users/7/liked_tweets", ["likes"]),
        ("GET", "/2/users/7/bookmarks", ["bookmarks"]),
        ("GET", "/2/users/by/username/ada", ["users"]),
        ("GET", "/2/tweets", ["lookup"]),
        ("GET", "/2/tweets/7", ["lookup"]),
        ("GET", "/2/tweets/search/recent", ["search"]),
        ("GET", "/2/dm_events", ["messages"]),
        ("GET", "/2/dm_conversations/7-9/dm_events", ["messages"]),
        ("POST", "/2/tweets", ["create"]),
        ("DELETE", "/2/tweets/7", ["delete"]),
        ("POST", "/2/dm_conversations/with/7/messages", ["sent", "sent_by_day"]),
        ("POST", "/2/activity/subscriptions", []),
        ("POST", "/2/oauth2/revoke", []),
    ],
)
def test_each_question_is_counted_apart(method: str, path: str, names: list[str]) -> None:
    told = list(charges(method, path, b""))
    assert [it.quota for it in told if it.units] == names
    assert {it.quota for it in told} <= QUOTAS.keys()
    assert [it.quota for it in told if not it.units] == ["dollars"] * bool(names)


def price(method: str, path: str, answer: Any, body: Any = None) -> float:
    told = Response(200, {}, answer if isinstance(answer, bytes) else json.encode(answer))
    return sum(it.units for it in billed(method, path, json.encode(body or {}), told))


ROWS: dict[str, Any] = {"data": [{"id": "1"}, {"id": "2"}], "meta": {}}


@pytest.mark.parametrize(
    ("method", "path", "answer", "dollars"),
    [
        ("GET", "/2/users/7/tweets", ROWS, 0.010),
        ("GET", "/2/users/7/mentions", ROWS | {"includes": {"users": [{}]}}, 0.020),
        ("GET", "/2/tweets", ROWS | {"includes": {"tweets": [{}]}}, 0.015),
        ("GET", "/2/tweets/1", {"data": {"id": "1"}}, 0.005),
        ("GET", "/2/dm_events", ROWS, 0.020),
        ("GET", "/2/users/me", {"data": {"id": "7"}}, 0.010),
        ("GET", "/2/users/by/username/ada", {"data": {"id": "7"}}, 0.010),
        ("GET", "/2/users/7/tweets", {"meta": {"result_count": 0}}, 0),
        ("GET", "/2/users/7/tweets", b"<html>", 0),
        ("GET", "/2/webhooks", ROWS, 0),
        ("POST", "/2/activity/subscriptions", ROWS, 0),
        ("DELETE", "/2/tweets/1", {"data": {}}, 0.010),
        ("POST", "/2/dm_conversations/with/7/messages", {"data": {}}, 0.015),
    ],
)
def test_an_answer_costs_what_it_shows(method: str, path: str, answer: Any, dollars: float) -> None:
    assert price(method, path, answer) == pytest.approx(dollars)


def test_a_post_with_a_link_costs_thirteen_times_as_much() -> None:
    assert price("POST", "/2/tweets", {}, {"text": "Hello"}) == 0.015
    assert price("POST", "/2/tweets", {}, {"text": "see example.com"}) == 0.200
