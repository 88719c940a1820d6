"""A page's subscription: made, looked at, made anew, ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.linkedin import hooks
from services.linkedin.simulator import LinkedIn
from shared.errors import Impossible
from shared.provider import Hook, Subscribing
from shared.types import Secret
from tests.providers.linkedin.material import ORGANIZATION, asking, played

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://hub.example/webhook"


async def ask(
    linkedin: LinkedIn, act: Any, hook: Hook | None = None, url: str = URL, app: str = "7"
) -> Any:
    settings = {hooks.APP_ID: Secret(app)} if app else {}
    async with asking(linkedin) as api:
        it = Subscribing(api, url, Secret("s"), ORGANIZATION, hook, settings)
        return await (act(it) if act is hooks.stop else act(it, lambda: NOW))


async def test_a_subscription_is_named_by_app_member_page_and_kind() -> None:
    linkedin = played()
    hook = await ask(linkedin, hooks.create)
    (key,) = linkedin.world.subscriptions
    assert key == (
        "(developerApplication:urn:li:developerApplication:7,user:urn:li:person:AnA1,"
        "entity:urn:li:organization:5515715,eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)"
    )
    assert "entity:urn%3Ali%3Aorganization%3A5515715" in hook.remote_id
    assert hook.expires_at == NOW + timedelta(days=1), (
        "it may vanish in silence, so it is looked at"
    )


async def test_one_that_vanished_with_the_role_is_made_anew() -> None:
    linkedin = played()
    hook = await ask(linkedin, hooks.create)
    linkedin.world.subscriptions.clear()
    assert await ask(linkedin, hooks.renew, hook) == hook
    assert [*linkedin.world.subscriptions.values()] == [{"webhook": URL}]


async def test_one_that_leads_elsewhere_is_led_here() -> None:
    linkedin = played()
    hook = await ask(linkedin, hooks.create, url="https://old.example/webhook")
    await ask(linkedin, hooks.renew, hook)
    assert [*linkedin.world.subscriptions.values()] == [{"webhook": URL}]


async def test_one_that_ends_sooner_is_renewed_sooner() -> None:
    linkedin = played()
    hook = await ask(linkedin, hooks.create)
    (row,) = linkedin.world.subscriptions.values()
    soon = NOW + timedelta(hours=1)
    row["expiresAt"] = int(soon.timestamp() * 1000)
    assert (await ask(linkedin, hooks.renew, hook)).expires_at == soon


async def test_it_is_ended_once_and_not_missed_twice() -> None:
    linkedin = played()
    hook = await ask(linkedin, hooks.create)
    await ask(linkedin, hooks.stop, hook)
    await ask(linkedin, hooks.stop, hook)
    assert linkedin.world.subscriptions == {}


async def test_without_the_apps_number_it_cannot_be_had() -> None:
    with pytest.raises(Impossible, match="LINKEDIN_APP_ID"):
        await ask(played(), hooks.create, app="")
