"""The sites that a consent reaches, which may be several, and where each is asked.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from msgspec import Struct

from services.jira.models import Site
from shared.errors import Refused
from shared.provider import Api
from shared.types import Page, Resource

NONE = "This consent reaches no Jira site any more; connect again and choose one."


class Reached(Site, frozen=True):
    """A site of any product; its scopes say whether Jira is one of them."""

    name: str = ""
    scopes: tuple[str, ...] = ()


class Turn(Struct, frozen=True):
    """Ends where it began: every walk lists all sites."""


async def reached(api: Api) -> list[Reached]:
    """The sites with Jira; raises Refused where there is none."""
    listed = await api.get("/oauth/token/accessible-resources", list[Reached])
    found = {it.id: it for it in listed if any("jira" in scope for scope in it.scopes)}
    if not found:
        raise Refused(NONE)
    return list(found.values())


async def sites(api: Api, _at: Turn, _: Resource) -> AsyncIterator[Page]:
    """Each with the keys by which its webhooks lead to the account."""
    found = tuple(
        Resource(it.id, it.name, tuple(map(route, (it.id, host(it)))), {"url": address(it)})
        for it in await reached(api)
    )
    yield Page((), Turn(), resources=found)


async def named(api: Api, tenant: str) -> Site | None:
    """The site that a webhook calls by its id or by its host."""
    for it in await reached(api):
        if tenant in (it.id, host(it)):
            return Site(it.id, address(it))
    return None


def of(resource: Resource) -> Site:
    """The site that a resource stands for."""
    return Site(resource.id, resource.facts["url"])


def address(it: Site) -> str:
    return it.url.rstrip("/")


def host(it: Site) -> str:
    return urlsplit(it.url).netloc.lower()


def route(tenant: str) -> str:
    return f"site:{tenant}"


def path(site: Site, rest: str) -> str:
    """Where a site's API is asked: never at the site itself, which refuses such tokens."""
    return f"/ex/jira/{site.id}/rest/api/3/{rest}"
