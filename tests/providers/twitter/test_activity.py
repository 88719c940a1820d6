"""The app's webhook and the accounts' subscriptions: made once, looked at, mended, ended."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.twitter import activity
from services.twitter.activity import MESSAGES, POSTS, create, renew, stop
from services.twitter.hook import BEARER, itself, repair
from services.twitter.provider import provider
from services.twitter.webhook import CHATS, DIRECT
from services.twitter.webhook import POSTS as READ
from shared.errors import BadRequest, Impossible, ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.types import Minting, Resource, Secret, Token
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.twitter.material import ADA, ME, answer

pytestmark = pytest.mark.anyio

URL = "https://hub.example.com/webhook"
NOW = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)
SETTINGS = {BEARER: Secret("the app's own token")}


class X:
    """The webhooks and subscriptions of an app."""

    def __init__(self, *urls: str, valid: bool = True, open: bool = False) -> None:
        self.webhooks = [{"id": f"{n}", "url": it, "valid": valid} for n, it in enumerate(urls, 1)]
        self.subscriptions: dict[str, Any] = {}
        self.replay: Exception | None = None
        self.open = open
        self.api = FakeApi(
            {
                ("GET", "/2/users/me"): answer("me"),
                ("GET", "/2/webhooks"): lambda _: {"data": self.webhooks, "meta": {}},
                ("POST", "/2/webhooks"): self._register,
                ("PUT", "/2/webhooks/1"): self._check,
                ("POST", "/2/webhooks/replay"): lambda _: self.replay or {"data": {"job_id": "1"}},
                ("GET", "/2/activity/subscriptions"): self._list,
                ("POST", "/2/activity/subscriptions"): self._subscribe,
            }
        )

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(it.method, it.path) for it in self.api.asked if it.path != "/2/users/me"]

    def _register(self, call: Call) -> Any:
        self.webhooks.append({"id": "1", "url": call.body["url"], "valid": True})
        return {"data": self.webhooks[-1] | {"created_at": "2026-07-25T12:00:00.000Z"}}

    def _check(self, _: Call) -> Any:
        self.webhooks[0]["valid"] = True
        return Answer({"data": {"valid": True}})

    def _list(self, _: Call) -> Any:
        return {"data": list(self.subscriptions.values())} if self.open else ItemGone()

    def _subscribe(self, call: Call) -> Any:
        ident = str(1976325569252868096 + len(self.subscriptions))
        made = self.subscriptions[ident] = {**call.body, "subscription_id": ident}
        path = f"/2/activity/subscriptions/{ident}"
        self.api.answers["PUT", path] = lambda it: self._turn(ident, it)
        self.api.answers["DELETE", path] = lambda _: self._end(ident)
        return {"data": {"subscription": made}, "meta": {"total_subscriptions": 1}}

    def _turn(self, ident: str, call: Call) -> Any:
        if ident not in self.subscriptions:
            return ItemGone()
        self.subscriptions[ident] |= call.body
        return {"data": {"subscription": self.subscriptions[ident]}}

    def _end(self, ident: str) -> Any:
        return {"data": {"deleted": True}} if self.subscriptions.pop(ident, None) else ItemGone()


def at(x: X, hook: Hook | None = None, url: str = URL) -> Subscribing:
    return Subscribing(x.api, url, Secret("s"), Resource(), hook, SETTINGS)


def now() -> datetime:
    return NOW


async def made(x: X, kinds: tuple[str, ...] = POSTS) -> Hook:
    return await create(kinds, now)(at(x))


async def test_the_first_account_makes_the_webhook_and_the_second_finds_it() -> None:
    x = X()
    hook = await made(x)
    await made(x, MESSAGES)
    assert [it["url"] for it in x.webhooks] == [URL]
    assert hook.remote_id == ME
    assert hook.expires_at == NOW + activity.TRUSTED
    assert [it["event_type"] for it in x.subscriptions.values()] == [*POSTS, *MESSAGES]
    assert {it["webhook_id"] for it in x.subscriptions.values()} == {"1"}
    assert all(it["filter"] == {"user_id": ME} for it in x.subscriptions.values())


async def test_of_likes_only_the_own_ones_are_asked_for() -> None:
    x = X()
    await made(x, activity.LIKES)
    (it,) = x.subscriptions.values()
    assert it["filter"] == {"user_id": ME, "direction": "outbound"}


async def test_what_an_earlier_life_asked_for_is_taken_over() -> None:
    x = X("https://old.example.com/webhook", URL, open=True)
    first = await made(x)
    x.webhooks = [{"id": "9", "url": URL, "valid": True}]
    again = await made(x)
    assert len(x.subscriptions) == len(POSTS)
    assert first.facts.keys() == again.facts.keys()
    assert {it["webhook_id"] for it in x.subscriptions.values()} == {"9"}


async def test_what_others_asked_for_is_theirs() -> None:
    x = X(URL, open=True)
    x.subscriptions["5"] = {
        "subscription_id": "5",
        "event_type": "post.create",
        "filter": {"user_id": ADA},
    }
    hook = await made(x)
    assert "5" not in hook.facts.values()


async def test_a_renewal_looks_at_each_and_makes_nothing() -> None:
    x = X()
    hook = await made(x)
    x.api.asked.clear()
    again = await renew(POSTS, now)(at(x, hook))
    assert again == hook
    assert [method for method, _ in x.asked] == ["GET"] + ["PUT"] * len(POSTS)


async def test_one_that_somebody_ended_is_made_anew_by_the_hub() -> None:
    x = X()
    hook = await made(x)
    x.subscriptions.pop(hook.facts["post.delete"])
    with pytest.raises(ItemGone):
        await renew(POSTS, now)(at(x, hook))


async def test_a_version_that_wants_other_kinds_asks_anew() -> None:
    x = X()
    hook = await made(x, ("post.create",))
    again = await renew(POSTS, now)(at(x, hook))
    assert again.facts.keys() == {*POSTS, "webhook"}
    assert len(x.subscriptions) == len(POSTS)


async def test_an_end_ends_each_and_leaves_the_webhook_to_the_others() -> None:
    x = X()
    hook = await made(x)
    x.subscriptions.pop(hook.facts["post.create"])
    await stop(at(x, hook))
    assert not x.subscriptions
    assert x.webhooks
    await stop(at(x))


async def test_without_the_apps_token_nothing_is_asked() -> None:
    x = X()
    with pytest.raises(Impossible, match=BEARER):
        await create(POSTS, now)(Subscribing(x.api, URL, Secret("s"), Resource()))
    assert x.asked == []


async def test_an_address_with_a_port_is_refused_before_x_is_asked() -> None:
    x = X()
    with pytest.raises(Impossible, match="port"):
        await create(POSTS, now)(at(x, url="https://hub.example.com:8443/webhook"))
    assert x.asked == []


async def test_an_answer_without_an_id_is_refused() -> None:
    x = X(URL)
    x.api.answers["POST", "/2/activity/subscriptions"] = {"data": []}
    with pytest.raises(Refused):
        await made(x)


def minting(settings: Any = SETTINGS) -> Minting:
    return Minting({}, settings, "https://api.x.com")


async def test_a_webhook_that_x_gave_up_is_looked_at_again_and_what_it_missed_is_sent() -> None:
    x, tokens = X(URL, valid=False), []

    def app(token: Token) -> FakeApi:
        tokens.append(token.access)
        return x.api

    assert await repair(minting(), app, now) == 1
    assert tokens == ["the app's own token"]
    assert x.asked == [
        ("GET", "/2/webhooks"),
        ("PUT", "/2/webhooks/1"),
        ("POST", "/2/webhooks/replay"),
    ]
    assert x.api.asked[-1].body == {
        "webhook_id": "1",
        "from_date": "202607241201",
        "to_date": "202607251200",
    }
    assert await repair(minting(), app, now) == 0


@pytest.mark.parametrize("error", [ItemGone(), Refused(), BadRequest()])
async def test_a_plan_without_replay_is_mended_all_the_same(error: Exception) -> None:
    x = X(URL, valid=False)
    x.replay = error
    assert await repair(minting(), lambda _: x.api, now) == 1


async def test_without_the_apps_token_nothing_is_mended() -> None:
    assert await repair(minting({}), lambda _: X(URL, valid=False).api, now) == 0


@pytest.mark.parametrize(
    ("path", "as_app"),
    [
        ("/2/webhooks", True),
        ("/2/webhooks/7", True),
        ("/2/activity/subscriptions/7", True),
        ("/2/activity/subscriptions", False),
        ("/2/tweets", False),
        ("/2/users/me", False),
        ("/2/dm_events", False),
        ("/2/webhooksx", False),
    ],
)
def test_only_what_is_the_apps_is_asked_as_the_app(path: str, as_app: bool) -> None:
    expected = "Bearer the app's own token" if as_app else ""
    assert itself(path, SETTINGS) == expected
    assert itself(path, {}) == ""


def test_everything_that_is_asked_for_is_read() -> None:
    wanted = {*POSTS, *MESSAGES, *activity.LIKES}
    read = READ | DIRECT | CHATS | {"post.delete", "like.create", "profile.update.handle"}
    assert wanted <= read
    assert provider.itself is itself
