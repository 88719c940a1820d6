"""Subscriptions: made, renewed, replaced, and made anew where they are gone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.microsoft import subscribing
from services.microsoft.dialect import NotThere
from services.microsoft.provider import provider
from services.microsoft.webhook import state
from shared.errors import Refused
from shared.provider import Hook, Subscribing
from shared.types import Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.microsoft.material import graph
from tests.providers.microsoft.sign import OID

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
URL = "https://hub.example/microsoft/webhook"
ME = {"id": OID, "displayName": "Sam"}
STATE = state(b"s", "mail", OID)


def made(call: Call) -> Any:
    return Answer({"id": "sub1", "expirationDateTime": call.body["expirationDateTime"]})


def at(api: FakeApi, hook: Hook | None = None, secret: str = "s") -> Subscribing:  # noqa: S107
    return Subscribing(api, URL, Secret(secret), Resource(), hook)


async def create(api: FakeApi, name: str = "mail") -> Hook:
    return await subscribing.create(name, lambda: NOW)(at(api))


async def test_it_names_both_addresses_its_state_and_the_longest_life() -> None:
    api = graph({("GET", "/me"): ME, ("POST", "/subscriptions"): made})
    hook = await create(api)
    assert api.asked[-1].body == {
        "changeType": "created,updated,deleted",
        "notificationUrl": URL,
        "lifecycleNotificationUrl": URL,
        "resource": "me/messages",
        "expirationDateTime": "2026-11-27T08:55:00.000000Z",
        "clientState": STATE,
    }
    assert hook.remote_id == "sub1"
    assert hook.expires_at == NOW + timedelta(days=7, minutes=-5)
    assert STATE.rpartition(":")[2] not in str(hook.facts)


def test_ids_are_asked_to_be_immutable_everywhere() -> None:
    assert 'IdType="ImmutableId"' in provider.headers["Prefer"]


@pytest.mark.parametrize("name", [it.name for it in provider.subscriptions])
async def test_none_asks_for_more_than_its_resource_may_live(name: str) -> None:
    api = graph({("GET", "/me"): ME, ("POST", "/subscriptions"): made})
    hook = await create(api, name)
    assert hook.expires_at
    assert hook.expires_at - NOW < timedelta(minutes=subscribing.KINDS[name].minutes)


async def test_one_that_is_there_already_is_replaced_if_it_is_ours() -> None:
    answers = iter([Refused("409"), None])
    row = {"resource": "me/messages", "expirationDateTime": "2026-11-21T00:00:00Z"}
    there = [
        {**row, "id": "old", "notificationUrl": URL},
        {**row, "id": "theirs", "notificationUrl": "https://other.example"},
    ]
    api = graph(
        {
            ("GET", "/me"): ME,
            ("GET", "/subscriptions"): {"value": there},
            ("DELETE", "/subscriptions/old"): None,
            ("POST", "/subscriptions"): lambda call: next(answers) or made(call),
        }
    )
    assert (await create(api)).remote_id == "sub1"
    assert [it.path for it in api.asked if it.method == "DELETE"] == ["/subscriptions/old"]


async def test_a_refusal_for_another_reason_stays_one() -> None:
    api = graph(
        {
            ("GET", "/me"): ME,
            ("GET", "/subscriptions"): {"value": []},
            ("POST", "/subscriptions"): Refused("no"),
        }
    )
    with pytest.raises(Refused):
        await create(api)


async def test_renewing_prolongs_it_and_keeps_its_facts() -> None:
    api = graph(
        {
            ("GET", "/me"): ME,
            ("POST", "/subscriptions"): made,
            ("PATCH", "/subscriptions/sub1"): made,
        }
    )
    hook = await create(api)
    later = NOW + timedelta(days=4)
    fresh = await subscribing.renew("mail", lambda: later)(at(api, hook))
    assert (fresh.remote_id, fresh.facts) == (hook.remote_id, hook.facts)
    assert fresh.expires_at == later + timedelta(days=7, minutes=-5)
    assert list(api.asked[-1].body) == ["expirationDateTime"]


async def test_with_another_secret_it_is_made_anew_because_its_state_stays() -> None:
    api = graph(
        {
            ("GET", "/me"): ME,
            ("POST", "/subscriptions"): made,
            ("DELETE", "/subscriptions/sub1"): None,
        }
    )
    hook = await create(api)
    fresh = await subscribing.renew("mail", lambda: NOW)(at(api, hook, "another"))
    assert api.asked[-1].body["clientState"] == state(b"another", "mail", OID)
    assert fresh.facts != hook.facts


async def test_one_that_is_gone_says_so_when_renewed_and_needs_no_end() -> None:
    api = graph(
        {
            ("GET", "/me"): ME,
            ("POST", "/subscriptions"): made,
            ("PATCH", "/subscriptions/sub1"): NotThere(),
            ("DELETE", "/subscriptions/sub1"): NotThere(),
        }
    )
    hook = await create(api)
    with pytest.raises(NotThere):
        await subscribing.renew("mail", lambda: NOW)(at(api, hook))
    await subscribing.stop(at(api, hook))


async def test_a_personal_account_is_named_as_its_tokens_name_it() -> None:
    short = {**ME, "id": "b1c2d3e4f5a67890"}
    api = graph({("GET", "/me"): short, ("POST", "/subscriptions"): made})
    await create(api)
    oid = "00000000-0000-0000-b1c2-d3e4f5a67890"
    assert api.asked[-1].body["clientState"].startswith(f"mail:{oid}:")
