"""Which projects an account is a member of, and how much of each it may see.

https://docs.gitlab.com/api/projects/
"""

from collections.abc import AsyncIterator

from msgspec import Raw, json

from services.gitlab.history import Whole
from services.gitlab.models_code import ListedProject, Membership
from services.gitlab.webhook import routes
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Record, Resource

REPORTER, MAINTAINER = 20, 40
"""Access levels: who may read the code of a private project, and who may make hooks."""


async def projects(api: Api, at: Whole, _: Resource) -> AsyncIterator[Page]:
    """Each page gives the webhook routes and the current name of every project on it."""
    order = {"membership": "true", "order_by": "id", "sort": "asc", "pagination": "keyset"}
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            reply = await api.page("/api/v4/projects", list[Raw], per_page=100, **order)
        at = Whole(reply.next)
        rows = reply.data or ()
        yield Page(
            tuple(Record("project", Raw(json.encode({"project": row}))) for row in rows),
            at,
            resources=tuple(resource(decoded(row, ListedProject)) for row in rows),
        )
        if not at.next:
            return


def resource(it: ListedProject) -> Resource:
    """The project's own routes, that of its code where the account may read it, and its group's."""
    level = access(it)
    lead = routes(it, code=False)
    if level >= REPORTER or it.visibility in ("public", "internal"):
        lead += routes(it, code=True)
    if it.namespace and it.namespace.kind == "group":
        lead += (f"group:{it.host}:{it.namespace.id}",)
    facts = {
        "access": str(level),
        "default_branch": it.default_branch or "",
        "web_url": it.web_url,
    }
    return Resource(str(it.id), it.path_with_namespace, lead, facts)


def access(it: ListedProject) -> int:
    """The account's level, as a member of the project or of a group above it; 0 where nobody says."""
    if it.permissions is None:
        return 0
    given = (it.permissions.project_access, it.permissions.group_access)
    return max((one or Membership()).access_level for one in given)
