"""How Linear says no, and what the hub does about it: with the answers that the API really gives."""

from typing import Any

import httpx
import pytest
from msgspec import json

from services.linear.dialect import LONGEST, PATIENCE, dialect
from services.linear.oauth import Opened
from services.linear.provider import provider
from services.linear.queries import VIEWER
from shared.errors import ItemGone, RateLimited, Reauthorize, Refused, Unavailable
from shared.http.client import HttpApi
from shared.types import Response

NOW = 1_767_225_600.0


def no(status: int, **problem: Any) -> Response:
    body = json.encode({"errors": [{"message": "a sentence", **problem}]})
    return Response(status, {}, body)


def code(status: int, word: str) -> Response:
    return no(status, extensions={"code": word, "type": word.lower(), "statusCode": status})


def limited(**headers: str) -> float:
    answer = code(400, "RATELIMITED")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = dialect(Response(400, named, answer.body), lambda: NOW)
    assert isinstance(error, RateLimited)
    return error.retry_after


def test_a_spent_limit_is_a_400_and_names_its_end_in_milliseconds() -> None:
    reset = str(int((NOW + 90) * 1000))
    spent = {"x_ratelimit_requests_remaining": "0", "x_ratelimit_requests_reset": reset}
    assert limited(**spent) == 90
    spent = {"x_ratelimit_complexity_remaining": "-5", "x_ratelimit_complexity_reset": reset}
    assert limited(**spent) == 90


def test_of_several_limits_the_spent_one_counts() -> None:
    soon, late = (str(int((NOW + it) * 1000)) for it in (5, 1800))
    assert (
        limited(
            x_ratelimit_requests_remaining="4000",
            x_ratelimit_requests_reset=late,
            x_ratelimit_endpoint_requests_remaining="0",
            x_ratelimit_endpoint_requests_reset=soon,
        )
        == 5
    )


def test_retry_after_is_taken_where_it_is() -> None:
    assert limited(retry_after="17") == 17
    assert limited(retry_after="0") == 1
    assert limited(retry_after="999999") == LONGEST


@pytest.mark.parametrize("reset", ["", "soon", "٣", "-1", "1.5"])
def test_a_limit_without_a_time_is_waited_for_all_the_same(reset: str) -> None:
    spent = {"x_ratelimit_requests_remaining": "0", "x_ratelimit_requests_reset": reset}
    assert limited(**spent) == PATIENCE
    assert limited() == PATIENCE


def test_a_reset_that_is_over_or_far_away_is_bounded() -> None:
    for reset, wait in (("0", 1.0), (str(int(NOW * 1_000_000)), LONGEST)):
        spent = {"x_ratelimit_requests_remaining": "0", "x_ratelimit_requests_reset": reset}
        assert limited(**spent) == wait


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (code(401, "AUTHENTICATION_ERROR"), Reauthorize),
        (code(400, "AUTHENTICATION_ERROR"), Reauthorize),
        (code(200, "AUTHENTICATION_ERROR"), Reauthorize),
        (no(200, extensions={"type": "authentication error"}), Reauthorize),
        (code(403, "FORBIDDEN"), ItemGone),
        (no(200, extensions={"type": "feature not accessible"}), ItemGone),
        (no(400, message="Entity not found: Issue", extensions={"code": "INPUT_ERROR"}), ItemGone),
        (code(500, "INTERNAL_SERVER_ERROR"), Unavailable),
        (no(200, extensions={"type": "lock timeout"}), Unavailable),
        (code(429, "RATELIMITED"), RateLimited),
        (no(200, extensions={"type": "ratelimited"}), RateLimited),
        (code(400, "INPUT_ERROR"), type(None)),
        (code(400, "GRAPHQL_VALIDATION_FAILED"), type(None)),
        (no(400), type(None)),
        (
            Response(200, {}, b'{"data":{"issues":[{"description":"\\"errors\\": none"}]}}'),
            type(None),
        ),
        (Response(502, {}, b"<html>errors</html>"), type(None)),
        (Response(400, {}, b'{"errors": 7}'), type(None)),
        (Response(400, {}, b'{"errors": [{"extensions": {"code": 7}}]}'), type(None)),
        (Response(400, {}, b'"errors"' + b"[" * 100_000), type(None)),
    ],
)
def test_a_word_is_taken_for_what_the_hub_can_do(answer: Response, error: type[Any]) -> None:
    assert type(dialect(answer)) is error


async def ask(status: int, body: Any) -> Any:
    def served(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body)

    async def token(_: str) -> str:
        return "lin_oauth"

    async def sleep(_: float) -> None:
        return

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        api = HttpApi(client, provider, "https://api.linear.app", token, sleep=sleep)
        return await api.graphql(VIEWER, Opened)


@pytest.mark.anyio
async def test_a_200_with_errors_and_half_of_the_data_is_no_answer() -> None:
    data = {"viewer": {"id": "u-1"}, "organization": {"id": "o-1"}}
    errors = [{"message": "secret words", "extensions": {"code": "INPUT_ERROR"}}]
    with pytest.raises(Refused, match="INPUT_ERROR") as refused:
        await ask(200, {"data": data, "errors": errors})
    assert "secret words" not in str(refused.value)
    assert (await ask(200, {"data": data})).viewer.id == "u-1"


@pytest.mark.anyio
async def test_a_query_that_costs_too_much_is_our_mistake() -> None:
    problem = {"message": "Query too complex", "extensions": {"code": "INPUT_ERROR"}}
    with pytest.raises(Refused):
        await ask(400, {"errors": [problem]})


@pytest.mark.anyio
async def test_a_limit_comes_through_the_client() -> None:
    problem = {"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}
    with pytest.raises(RateLimited):
        await ask(400, {"errors": [problem]})
