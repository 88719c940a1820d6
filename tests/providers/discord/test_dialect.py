"""What Discord's refusals mean, its three kinds of limits, and what is counted for them."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import json

from services.discord.dialect import Lacking, dialect
from services.discord.quotas import QUOTAS, bot, charges, route
from shared.errors import (
    BadRequest,
    Impossible,
    ItemGone,
    RateLimited,
    Reauthorize,
    Unavailable,
)
from shared.types import Response


def meaning(status: int, body: Any, **headers: str) -> Exception | None:
    raw = body if isinstance(body, bytes) else json.encode(body)
    told: Mapping[str, str] = {name.replace("_", "-"): it for name, it in headers.items()}
    return dialect(Response(status, told, raw))


LIMIT = {"message": "You are being rate limited.", "retry_after": 64.57, "global": False}


def test_9_a_limit_of_a_place_stops_that_place_and_a_global_one_everything() -> None:
    for scope in ("user", "shared"):
        found = meaning(429, LIMIT, retry_after="65", x_ratelimit_scope=scope)
        assert isinstance(found, RateLimited)
        assert not found.everything
    found = meaning(429, {**LIMIT, "global": True}, retry_after="65", x_ratelimit_global="true")
    assert isinstance(found, RateLimited)
    assert found.everything


def test_9_what_the_network_in_front_refuses_is_no_json_and_stops_everything() -> None:
    found = meaning(429, b"<html>1015</html>", retry_after="600")
    assert isinstance(found, RateLimited)
    assert (found.retry_after, found.everything) == (600.0, True)
    assert isinstance(meaning(403, b"<html>blocked</html>"), Unavailable)


@pytest.mark.parametrize(
    ("told", "header", "seconds"),
    [
        (64.57, "65", 64.57),
        (0.3, "1", 0.3),
        (0, "2", 2.0),
        (-1, "", 60.0),
        ("soon", "3", 3.0),
        (None, "x", 60.0),
        (True, "nan", 60.0),
        (1e12, "", 86_400.0),
        (1e-9, "", 0.05),
    ],
)
def test_10_fractions_of_a_second_are_waited_as_told(
    told: Any, header: str, seconds: float
) -> None:
    found = meaning(
        429, {**LIMIT, "retry_after": told}, **({"retry_after": header} if header else {})
    )
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


TABLE: list[tuple[int, Any, type[Exception] | None]] = [
    (200, {"code": 50013}, None),
    (204, b"", None),
    (202, {"code": 110000, "retry_after": 2.5}, RateLimited),
    (202, {"code": 5}, None),
    (202, b"", None),
    (401, {"message": "401: Unauthorized", "code": 0}, Reauthorize),
    (403, {"code": 40001}, Reauthorize),
    (401, {"code": 50014}, Reauthorize),
    (400, {"code": 50025}, Reauthorize),
    (403, {"code": 50001}, Lacking),
    (403, {"code": 50013}, Lacking),
    (403, {"code": 50026}, Lacking),
    (403, {"code": 50278}, Lacking),
    (404, {"code": 10003}, ItemGone),
    (404, {"code": 10008}, ItemGone),
    (400, {"code": 50035, "errors": {}}, BadRequest),
    (400, {"code": 30003}, Impossible),
    (400, {"code": "odd"}, None),
    (400, {}, None),
    (400, [], None),
    (404, b"<html>", Unavailable),
    (500, {"code": 0}, None),
    (502, b"<html>", None),
    (503, {"message": "upstream", "code": 0}, None),
]


@pytest.mark.parametrize(("status", "body", "kind"), TABLE)
def test_what_a_refusal_means(status: int, body: Any, kind: type[Exception] | None) -> None:
    found = meaning(status, body)
    assert (type(found) if found else None) is kind


def test_a_message_that_is_gone_is_not_one_that_may_not_be_read() -> None:
    assert not isinstance(meaning(404, {"code": 10008}), Lacking)


def test_a_bad_form_is_named_by_its_fields_and_never_by_what_was_in_them() -> None:
    inner = {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "the secret text"}]}
    errors = {"content": inner, "embeds": {"0": {"title": inner}}, "od d<": inner}
    found = meaning(400, {"code": 50035, "message": "Invalid Form Body", "errors": errors})
    assert str(found) == "Discord does not take it as it is: content, embeds.0.title."
    deep: Any = {}
    for _ in range(50):
        deep = {"a": deep}
    assert "the form" in str(meaning(400, {"code": 50035, "errors": deep}))


ROUTES = [
    ("/channels/1400000000000000002/messages", "/channels/1400000000000000002/messages"),
    (
        "/channels/1400000000000000002/messages/1457628800000000001",
        "/channels/1400000000000000002/messages/*",
    ),
    (
        "/channels/1400000000000000002/messages/1457628800000000001/reactions/👍/@me",
        "/channels/1400000000000000002/messages/*/reactions",
    ),
    (
        "/guilds/1390000000000000003/members/1380000000000000009",
        "/guilds/1390000000000000003/members/*",
    ),
    ("/users/@me/guilds", "/users/@me/guilds"),
]


@pytest.mark.parametrize(("path", "expected"), ROUTES)
def test_a_route_is_counted_apart_for_each_channel_and_server(path: str, expected: str) -> None:
    assert route(path) == expected
    found = list(charges("GET", path, b""))
    assert [(it.quota, it.of) for it in found] == [("calls", ""), ("route", f"GET {expected}")]
    assert {it.quota for it in found} <= set(QUOTAS)


def test_all_servers_are_read_by_one_bot() -> None:
    assert bot("1390000000000000003") == bot("1390000000000000004")
