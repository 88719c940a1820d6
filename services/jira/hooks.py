"""One webhook on each site that an account reaches, for all issues. It lives for thirty days.

Five of them are allowed for an app and a person on a site, and all of an app go to one address.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from services.jira.models import Site
from services.jira.sites import path, reached
from shared.errors import ItemGone, Refused
from shared.provider import Api, Hook, Subscribing

LIFE = timedelta(days=30)
"""How long a webhook lives that was made or refreshed just now."""
EVENTS = [
    "comment_created",
    "comment_deleted",
    "comment_updated",
    "jira:issue_created",
    "jira:issue_deleted",
    "jira:issue_updated",
]
"""What apps may hear of issues; time that is logged shows as an update."""

Clock = Callable[[], datetime]


class Remote(Struct, rename="camel"):
    id: int
    jql_filter: str = ""
    events: list[str] = []


class Listed(Struct):
    values: list[Remote] = []


class Made(Struct, rename="camel"):
    created_webhook_id: int | None = None


class Registered(Struct, rename="camel"):
    webhook_registration_result: list[Made] = []


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """See that each site has our webhook, freshly made or refreshed, and no other one of this app.

    A site that does not let us costs the others nothing; raises what the last one said where none does.
    """
    found: dict[str, str] = {}
    refusal: ItemGone | Refused | None = None
    for site in await reached(it.api):
        try:
            found[site.id] = str(await _ensure(it, site))
        except (ItemGone, Refused) as error:
            refusal = error
    if refusal and not found:
        raise refusal
    return Hook(",".join(found.values()), now() + LIFE, found)


renew = create


async def repair(it: Subscribing) -> int:
    """Nothing is sent again; raises ItemGone where a site has no webhook, so that it gets one."""
    known = it.hook.facts if it.hook else {}
    for site in await reached(it.api):
        try:
            there = {str(one.id) for one in await _listed(it.api, site)}
        except ItemGone:
            continue  # it lets nobody hear
        if known.get(site.id) not in there:
            raise ItemGone("A site has no webhook of ours.")
    return 0


async def stop(it: Subscribing) -> None:
    """Delete them; a site that is not reached any more has taken its own with it."""
    for site, ident in (it.hook.facts if it.hook else {}).items():
        try:
            await _delete(it.api, Site(site, ""), [int(ident)])
        except ItemGone:
            continue


async def _ensure(it: Subscribing, site: Site) -> int:
    wanted = _filter(it)
    there = await _listed(it.api, site)
    ours = [one.id for one in there if one.jql_filter == wanted and set(one.events) == set(EVENTS)]
    if others := [one.id for one in there if one.id not in ours[:1]]:
        await _delete(it.api, site, others)
    if ours:
        renewed = {"webhookIds": ours[:1]}
        await it.api.send("PUT", path(site, "webhook/refresh"), type(None), renewed)
        return ours[0]
    wish: dict[str, Any] = {"jqlFilter": wanted, "events": EVENTS}
    body = {"url": it.callback_url, "webhooks": [wish]}
    made = await it.api.send("POST", path(site, "webhook"), Registered, body)
    for one in made.webhook_registration_result:
        if one.created_webhook_id is not None:
            return one.created_webhook_id
    raise Refused("Jira answered well, but made no webhook; are there five of this app already?")


async def _listed(api: Api, site: Site) -> list[Remote]:
    return (await api.get(path(site, "webhook"), Listed, maxResults=100)).values


async def _delete(api: Api, site: Site, idents: list[int]) -> None:
    await api.send("DELETE", path(site, "webhook"), type(None), {"webhookIds": idents})


def _filter(it: Subscribing) -> str:
    """All issues: a filter has to be there, and this one names the address, which no list tells."""
    return f'project != "{urlsplit(it.callback_url).netloc}"'
