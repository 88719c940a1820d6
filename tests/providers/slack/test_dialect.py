"""What Slack's refusals mean, most of which come with a 200."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from msgspec import json

from services.slack.dialect import CLOSED, DEAD, LATER, dialect
from services.slack.models import Auth
from services.slack.provider import provider
from shared.errors import (
    BadRequest,
    HubError,
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
)
from shared.http.client import HttpApi
from shared.types import Response

pytestmark = pytest.mark.anyio

OK = {"ok": True, "user_id": "U0B", "team_id": "T01"}


def meaning(body: Any, status: int = 200, **headers: str) -> Exception | None:
    raw = body if isinstance(body, bytes) else json.encode(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return dialect(Response(status, named, raw))


@pytest.mark.parametrize(
    ("word", "error"),
    [(word, Reauthorize) for word in sorted(DEAD)]
    + [(word, ItemGone) for word in sorted(CLOSED)]
    + [(word, Unavailable) for word in sorted(LATER)]
    + [("ratelimited", RateLimited), ("invalid_arguments", Refused), ("", Refused)]
    + [("missing_argument", BadRequest)],
)
def test_15_a_refusal_with_a_200_says_what_to_do(word: str, error: type[HubError]) -> None:
    found = meaning({"ok": False, "error": word})
    assert type(found) is error
    assert word in str(found) or error in (RateLimited, BadRequest)
    assert isinstance(meaning(b'{ "ok" : false, "error": "' + word.encode() + b'"}'), error)


def test_15_what_is_closed_to_this_connection_alone_stops_nothing_else() -> None:
    """A scope, a channel, a workspace or a plan: the walk goes on with the others."""
    assert {"missing_scope", "not_in_channel", "team_access_not_granted"} <= CLOSED
    assert {"channel_not_found", "plan_upgrade_required", "ekm_access_denied"} <= CLOSED


def test_15_a_dead_token_is_renewed_where_it_can_be() -> None:
    """Slack revokes the older of two rotated tokens, so even this word need not be the end."""
    found = meaning({"ok": False, "error": "token_revoked"})
    assert isinstance(found, Reauthorize)
    assert not found.revoked


def test_15_a_missing_scope_is_named() -> None:
    found = meaning({"ok": False, "error": "missing_scope", "needed": "groups:read"})
    assert "groups:read" in str(found)
    sly = meaning({"ok": False, "error": "missing_scope", "needed": "<script>xoxb-1"})
    assert "xoxb" not in str(sly)


def test_15_words_of_a_stranger_are_not_repeated() -> None:
    found = meaning({"ok": False, "error": "token xoxb-1 is bad"})
    assert isinstance(found, Refused)
    assert "xoxb" not in str(found)


@pytest.mark.parametrize(
    "body",
    [OK, {"messages": []}, b"", b"not json", b"[]", b'{"ok": "yes"}', b"[" * 100_000],
)
def test_15_anything_else_is_left_to_the_usual_table(body: Any) -> None:
    assert meaning(body) is None


def test_13_a_limit_within_a_200_waits_as_told() -> None:
    for told, seconds in (("7", 7.0), ("", 30.0), ("soon", 30.0), ("0", 1.0), ("9" * 9, 86_400.0)):
        found = meaning({"ok": False, "error": "ratelimited"}, retry_after=told)
        assert isinstance(found, RateLimited)
        assert found.retry_after == seconds


class Slack:
    """Gives one answer after the other, and naps that take no time."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers, self.tokens, self.slept = [*answers], list[str](), list[float]()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def token(self, refused: str) -> str:
        return "xoxe.xoxb-2" if refused else "xoxe.xoxb-1"

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.tokens.append(request.headers["authorization"])
        return self.answers.pop(0)

    async def ask(self) -> Auth:
        transport = httpx.MockTransport(self.handle)
        async with httpx.AsyncClient(transport=transport) as client:
            api = HttpApi(client, provider, provider.base_url, self.token, sleep=self.sleep)
            return await api.get("/auth.test", Auth)


def answers(*bodies: Any) -> Sequence[httpx.Response]:
    return [it if isinstance(it, httpx.Response) else httpx.Response(200, json=it) for it in bodies]


async def test_13_a_short_429_is_waited_for_and_then_it_works() -> None:
    slack = Slack(*answers(httpx.Response(429, headers={"retry-after": "3"}), OK))
    assert (await slack.ask()).user_id == "U0B"
    assert slack.slept == [3.0]


async def test_13_a_long_429_is_left_to_the_hub() -> None:
    slack = Slack(httpx.Response(429, headers={"retry-after": "60"}, json={"ok": False}))
    with pytest.raises(RateLimited) as found:
        await slack.ask()
    assert found.value.retry_after == 60


async def test_15_a_read_that_failed_within_a_200_is_repeated() -> None:
    slack = Slack(*answers({"ok": False, "error": "internal_error"}, OK))
    assert (await slack.ask()).user_id == "U0B"


async def test_15_an_expired_token_is_renewed_once_and_the_call_made_again() -> None:
    expired = {"ok": False, "error": "token_expired"}
    slack = Slack(*answers(expired, OK))
    assert (await slack.ask()).user_id == "U0B"
    assert slack.tokens == ["Bearer xoxe.xoxb-1", "Bearer xoxe.xoxb-2"]
    with pytest.raises(Reauthorize):
        await Slack(*answers(expired, expired)).ask()
