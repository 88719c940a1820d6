"""What LinkedIn tells of a page: kept while the member consents and administers it, dropped in silence.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from msgspec import Struct

from services.linkedin.models import Member
from services.linkedin.normalize import moment
from services.linkedin.webhook import KIND
from shared.errors import Impossible, ItemGone
from shared.provider import Api, Hook, Subscribing

APP_ID = "LINKEDIN_APP_ID"
DAILY = timedelta(days=1)
"""How long a subscription that nobody looked at is taken to be there."""

Clock = Callable[[], datetime]


class Kept(Struct, rename="camel"):
    webhook: str = ""
    expires_at: int | None = None


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """Subscribe; the same call again changes the address. Raises Impossible without the app's number."""
    path = await _path(it)
    await it.api.send("PUT", path, type(None), {"webhook": it.callback_url})
    return await _hook(it.api, path, now)


async def renew(it: Subscribing, now: Clock = _now) -> Hook:
    """See that it is there and leads to us, or subscribe anew."""
    path = it.hook.remote_id if it.hook else ""
    if path != await _path(it):
        return await create(it, now)
    try:
        kept = await it.api.get(path, Kept)
    except ItemGone:
        return await create(it, now)
    return _until(path, kept, now) if kept.webhook == it.callback_url else await create(it, now)


async def stop(it: Subscribing) -> None:
    if it.hook:
        try:
            await it.api.send("DELETE", it.hook.remote_id, type(None))
        except ItemGone:
            return


async def _hook(api: Api, path: str, now: Clock) -> Hook:
    return _until(path, await api.get(path, Kept), now)


def _until(path: str, kept: Kept, now: Clock) -> Hook:
    """Looked at again within a day, or before it ends where LinkedIn says when."""
    tomorrow = now() + DAILY
    return Hook(path, min(tomorrow, moment(kept.expires_at)) if kept.expires_at else tomorrow)


async def _path(it: Subscribing) -> str:
    """A subscription has no number: it is named by app, member, page and kind."""
    number = it.settings.get(APP_ID)
    if not number:
        raise Impossible(f"LinkedIn's webhooks need {APP_ID}, the number of the app, to be set.")
    member = await it.api.get("/v2/userinfo", Member)
    key = {
        "developerApplication": f"urn:li:developerApplication:{number.reveal()}",
        "user": f"urn:li:person:{member.sub}",
        "entity": f"urn:li:organization:{it.resource.id}",
        "eventType": KIND,
    }
    named = ",".join(f"{name}:{quote(value, safe='')}" for name, value in key.items())
    return f"/rest/eventSubscriptions/({named})"
