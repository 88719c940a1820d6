"""What a webhook told of, looked at with the account's own token: deliveries do not prove what they say.

The issue itself is read, because the search is behind; of a deletion, whether it is really not there. What
an earlier look has found, and this one does not find any more, is gone.
"""

import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from msgspec import Raw, Struct

from services.jira import sites
from services.jira.events import record
from services.jira.models import Site
from services.jira.parts import FIELDS, whole
from services.jira.sync import Clock
from shared.errors import ItemGone
from shared.provider import Api
from shared.types import Page, Record, Resource

PATHS = {
    "issue": "issue/{issue}?fields=id",
    "comment": "issue/{issue}/comment/{id}",
    "worklog": "issue/{issue}/worklog/{id}",
}


class Looked(Struct, frozen=True):
    """Nothing to remember: each look is a whole one."""


async def heard(
    api: Api, _at: Looked, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """The issue as it is now, or that something is gone; an empty page where there is nothing to see."""
    facts = resource.facts
    site = await sites.named(api, facts.get("site", ""))
    if site is None:
        found = []
    elif "gone" in facts:
        found = await _gone(api, site, facts, clock())
    else:
        found = await _issue(api, site, facts["issue"])
    yield Page(tuple(found), Looked())


async def _issue(api: Api, site: Site, number: str) -> list[Record]:
    try:
        where = sites.path(site, f"issue/{number}")
        row = await api.get(where, Raw, fields=",".join(FIELDS), expand="changelog")
    except ItemGone:
        return []
    return await whole(api, site, row)


async def _gone(api: Api, site: Site, facts: Mapping[str, str], now: float) -> list[Record]:
    type = facts["gone"]
    try:
        await api.get(sites.path(site, PATHS[type].format_map(facts)), Raw)
    except ItemGone:
        at = datetime.fromtimestamp(now, UTC)
        told = record("gone", site, type=type, id=facts["id"], at=at)
        return [Record("gone", told.payload, removed=True)]
    return []
