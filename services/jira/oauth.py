"""Whose account a token opens: a person, on every site that the consent reaches.

Jira has no way to end a token; who disconnects deletes our webhooks, and the tokens run out.
https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
"""

from services.jira.build import person
from services.jira.models import User
from services.jira.sites import NONE, path, reached
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.types import Identity

HEARING = "manage:jira-webhook"
SCOPES = ("read:jira-work", "read:jira-user", "write:jira-work", HEARING, "offline_access")
READING = frozenset({"read:jira-work"})


async def identify(api: Api) -> Identity:
    """A person by the id that is the same on all sites; raises Refused where no site tells it."""
    for site in await reached(api):
        try:
            who = person(await api.get(path(site, "myself"), User))
        except ItemGone:
            continue
        if who:
            return Identity(who.id, who.name, who.email)
    raise Refused(NONE)
