"""How Jira says no, what a call costs, and whom it is counted by."""

from typing import Any

import pytest
from msgspec import json

from services.jira import sync
from services.jira.dialect import HOUR, MINUTE, dialect
from services.jira.provider import provider
from services.jira.quotas import ALL, QUOTAS, SOME, charges, together
from shared.errors import BadRequest, ItemGone, RateLimited
from shared.http.answers import judge
from shared.types import Charge, Response
from tests.providers.jira.material import NOW, REST

SPENT = ["jira-quota-global-based", "jira-quota-tenant-based"]
BURSTS = ["jira-burst-based", "jira-per-issue-on-write", ""]


def limited(**headers: str) -> RateLimited:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = dialect(Response(429, named, b""), lambda: NOW)
    assert isinstance(error, RateLimited)
    return error


@pytest.mark.parametrize("reason", SPENT)
def test_20_a_spent_quota_stops_the_whole_app_until_the_next_hour(reason: str) -> None:
    error = limited(ratelimit_reason=reason)
    assert error.everything
    assert (NOW + error.retry_after) % HOUR == 0


@pytest.mark.parametrize("reason", BURSTS)
def test_20_a_burst_stops_such_calls_for_a_while(reason: str) -> None:
    error = limited(ratelimit_reason=reason)
    assert not error.everything
    assert error.retry_after == MINUTE
    assert limited(ratelimit_reason=reason, retry_after="7").retry_after == 7


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "0"}, 1.0),
        ({"retry_after": "99999"}, HOUR),
        ({"retry_after": "soon", "x_ratelimit_reset": "2026-01-03T00:27:10Z"}, 30.0),
        ({"x_ratelimit_reset": "2026-01-03T00:27:10.000+0000"}, 30.0),
        ({"x_ratelimit_reset": "2026-01-03T00:00Z"}, 1.0),
        ({"x_ratelimit_reset": "2027-01-01T00:00Z"}, HOUR),
        ({"x_ratelimit_reset": "2026-01-03T00:27:10"}, MINUTE),
        ({"x_ratelimit_reset": "1767400030"}, MINUTE),
        ({"retry_after": "\u0663"}, MINUTE),
    ],
)
def test_20_a_limit_ends_when_jira_says(headers: dict[str, str], wait: float) -> None:
    assert limited(**headers).retry_after == wait


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"code": 401, "message": "Unauthorized; scope does not match"}, ItemGone),
        (401, {"code": 401, "message": "Unauthorized"}, type(None)),
        (403, {"errorMessages": ["You do not have permission"], "errors": {}}, type(None)),
        (400, {"errorMessages": [], "errors": {"summary": "You must specify it"}}, BadRequest),
        (400, {"errorMessages": ["Unbounded JQL"], "errors": {}}, type(None)),
        (400, {"errors": 7}, type(None)),
        (400, [], type(None)),
        (200, {"errors": {"summary": "x"}}, type(None)),
    ],
)
def test_a_word_is_taken_for_what_the_hub_can_do(
    status: int, body: Any, error: type[Exception]
) -> None:
    assert type(dialect(Response(status, {}, json.encode(body)))) is error


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_left_to_the_usual_table(body: bytes) -> None:
    assert dialect(Response(400, {}, body)) is None


def test_a_refusal_names_fields_and_quotes_nobody() -> None:
    errors = {"summary": "secret words", "customfield_10020": "x", "a b": "no field"}
    error = dialect(Response(400, {}, json.encode({"errors": errors})))
    assert "customfield_10020, summary" in str(error)
    assert "secret" not in str(error)
    assert "a b" not in str(error)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_not_there_or_not_ours_to_see_is_gone(status: int) -> None:
    assert isinstance(judge(Response(status, {}, b"{}"), dialect), ItemGone)


def cost(question: str) -> list[Charge]:
    return list(charges("POST", f"{REST}/search/jql", json.encode({"jql": question})))


def test_a_page_costs_a_point_for_each_issue_and_one_of_changes_fewer() -> None:
    assert cost(sync.ALL) == [Charge("points", ALL)]
    assert cost(sync.jql(11)) == [Charge("points", SOME)]
    assert list(charges("GET", f"{REST}/issue/1", b"")) == [Charge("points", 2)]
    assert set(QUOTAS) == {"points"}
    assert sync.SIZE + 1 == ALL


def test_20_all_accounts_share_the_points_of_the_app() -> None:
    assert together("712020:aa-bb") == together("712020:cc-dd")
    assert provider.counted_by is together
