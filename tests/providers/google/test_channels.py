"""Channels of Calendar and Drive: opened, renewed without a gap, closed, and known by their token."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from services.google import channels
from services.google.calendar_sync import events_of
from services.google.provider import provider
from shared.errors import ItemGone, NotGenuine, Refused, Unreadable, UnsupportedEvent
from shared.provider import Hook, Subscribing
from shared.types import Delivery, Nudge, Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google import sign

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SECRET, CHANNEL = b"the secret of the tests", "0b6e1f0e-6b6c-4f0e-9c63-2f0d5f3f2a11"
MINE = Resource("de#holiday@acme.test")


def heard(state: str = "exists", token: str | None = None, **headers: str) -> Delivery:
    given = channels.token(SECRET, CHANNEL, "events", "1077", MINE.id) if token is None else token
    its = {
        "x-goog-channel-id": CHANNEL,
        "x-goog-channel-token": given,
        "x-goog-resource-state": state,
        "x-goog-message-number": "7",
    }
    return Delivery(b"", {**its, **{name.replace("_", "-"): it for name, it in headers.items()}})


def verify(it: Delivery, *secrets: bytes) -> None:
    sign.WEBHOOK.verify(secrets or (SECRET,), it, sign.NOW)


def read(it: Delivery) -> list[Any]:
    assert provider.webhook
    return list(provider.webhook.read(it))


def test_a_channels_token_is_proof_of_itself_and_of_no_other() -> None:
    verify(heard())
    verify(heard(), b"new", SECRET)
    good = heard().headers["x-goog-channel-token"]
    for token in ("", good[:-1], good.upper(), good.replace("1077", "1078"), ":" + good[-64:]):
        with pytest.raises(NotGenuine):
            verify(heard(token=token))
    with pytest.raises(NotGenuine):
        verify(heard(x_goog_channel_id="another"))
    with pytest.raises(NotGenuine):
        verify(heard(), b"another secret")
    without = {k: v for k, v in heard().headers.items() if k != "x-goog-channel-token"}
    with pytest.raises(NotGenuine):
        verify(Delivery(b"", without))


@pytest.mark.parametrize("state", ["exists", "not_exists", "change"])
def test_a_change_is_a_look_at_that_calendar_of_that_account(state: str) -> None:
    assert read(heard(state)) == [Nudge(("user:1077",), "events", "de#holiday@acme.test")]


def test_the_first_message_says_nothing_and_an_unknown_state_is_unsupported() -> None:
    assert read(heard("sync")) == []
    for state in ("trash", "add", "", "x" * 1000):
        with pytest.raises(UnsupportedEvent):
            read(heard(state))
    with pytest.raises(Unreadable):
        read(heard(token="a:b"))


def test_a_calendar_whose_id_is_too_long_for_a_token_walks_them_all() -> None:
    long = channels.token(SECRET, CHANNEL, "events", "1" * 21, "x" * 300)
    assert len(long) <= channels.LONGEST
    assert read(heard(token=long)) == [Nudge((f"user:{'1' * 21}",), "events", "")]


def test_a_message_is_known_by_its_channel_and_number() -> None:
    assert provider.webhook
    named = provider.webhook.delivery_id
    assert named(heard()) == f"{CHANNEL}:7"
    for odd in ("", "x", "²"):
        assert named(heard(x_goog_message_number=odd)) is None


class Remote:
    """Google's side: channels that were opened and closed."""

    def __init__(self) -> None:
        self.open: dict[str, dict[str, Any]] = {}
        self.refuse_stop: Exception | None = None
        start = {"startPageToken": "8 8"}
        self.api = FakeApi(
            {
                ("GET", "/v1/userinfo"): Answer({"sub": "1077"}),
                ("GET", "/drive/v3/changes/startPageToken"): Answer(start),
                ("POST", f"{events_of(MINE.id)}/watch"): self.watch,
                ("POST", "/drive/v3/changes/watch"): self.watch,
                ("POST", "/calendar/v3/channels/stop"): self.stop,
                ("POST", "/drive/v3/channels/stop"): self.stop,
            }
        )

    def watch(self, call: Call) -> Answer:
        self.open[call.body["id"]] = call.body
        expiration = str(int((NOW + timedelta(days=6)).timestamp() * 1000))
        return Answer({"id": call.body["id"], "resourceId": "r", "expiration": expiration})

    def stop(self, call: Call) -> Answer:
        if self.refuse_stop:
            raise self.refuse_stop
        assert call.body["resourceId"] == "r"
        del self.open[call.body["id"]]
        return Answer(None)

    def asking(self, resource: Resource, hook: Hook | None = None) -> Subscribing:
        url = "https://hub.example/google/webhook"
        return Subscribing(self.api, url, Secret(SECRET.decode()), resource, hook)


BOTH = pytest.mark.parametrize(
    ("create", "resource"), [(channels.calendar, MINE), (channels.drive, Resource())]
)


@pytest.mark.anyio
@BOTH
async def test_a_channel_is_opened_for_a_week_with_a_token_of_its_own(
    create: Any, resource: Resource
) -> None:
    google = Remote()
    hook = await create(google.asking(resource), lambda: NOW)
    assert hook.expires_at == NOW + timedelta(days=6)
    ((ident, body),) = google.open.items()
    assert (body["type"], body["address"]) == ("web_hook", "https://hub.example/google/webhook")
    assert body["expiration"] == str(int((NOW + timedelta(days=7)).timestamp() * 1000))
    it = heard(token=body["token"], x_goog_channel_id=ident)
    verify(it)
    (nudge,) = read(it)
    assert (nudge.routes, nudge.resource) == (("user:1077",), resource.id)
    if not resource.id:
        assert google.api.asked[-1].params["pageToken"] == "8 8"


@pytest.mark.anyio
@BOTH
async def test_a_renewal_opens_the_new_channel_before_it_closes_the_old_one(
    create: Any, resource: Resource
) -> None:
    google = Remote()
    first = await create(google.asking(resource), lambda: NOW)
    second = await create(google.asking(resource, first), lambda: NOW)
    assert set(google.open) == {second.remote_id} != {first.remote_id}
    paths = [it.path.rpartition("/")[2] for it in google.api.asked if it.method == "POST"]
    assert paths == ["watch", "watch", "stop"]
    for error in (ItemGone(), Refused()):
        google.refuse_stop = error
        assert await create(google.asking(resource, second), lambda: NOW)


@pytest.mark.anyio
@BOTH
async def test_a_channel_is_closed_where_it_was_opened(create: Any, resource: Resource) -> None:
    google = Remote()
    it = google.asking(resource)
    await channels.stop(it)
    hook = await create(it, lambda: NOW)
    await channels.stop(replace(it, hook=hook))
    assert google.open == {}
