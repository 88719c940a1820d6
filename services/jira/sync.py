"""All issues of a site, then those that changed since, by JQL.

JQL counts time in minutes and in the time zone of somebody's profile; how long ago something was is the
same everywhere. Its index is a little behind, so that walks overlap.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
"""

import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from msgspec import Raw, Struct, json

from services.jira import sites
from services.jira.models import Site
from services.jira.parts import FIELDS, whole
from shared.errors import Refused, Unavailable
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Resource

OVERLAP = 10
"""Minutes that a walk looks back, because the index is behind what happens, and clocks differ."""
SIZE = 50
"""Issues of a page; Jira gives fewer where it likes to."""
ALL = "project is not EMPTY ORDER BY created ASC, id ASC"
"""Everything: a question without any condition is refused."""

Clock = Callable[[], float]


class Walk(Struct, frozen=True):
    """`mark` is when the last complete walk began, in epoch seconds; the rest belongs to one under way:
    when it `began`, how many minutes it looks `back`, 0 for all, and the `token` of the next page."""

    mark: float = 0.0
    began: float = 0.0
    back: int = 0
    token: str = ""


class Found(Struct, rename="camel"):
    """There is no total; the last page has no token, or says that it is the last."""

    issues: list[Raw] = []
    next_page_token: str | None = None
    is_last: bool | None = None

    @property
    def following(self) -> str:
        return "" if self.is_last else self.next_page_token or ""


async def issues(
    api: Api, at: Walk, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """Issues with all that stands on them; raises Unavailable where the pages go in a circle."""
    site, resumed = sites.of(resource), at.token != ""
    at = at if resumed else begun(at.mark, clock())
    seen = {at.token}
    while True:
        try:
            told = await search(api, site, jql(at.back), at.token)
        except Refused:
            if not resumed:
                raise
            at = begun(at.mark, clock())  # a stored token has a life of its own
            resumed = False
            continue
        resumed, following = False, told.following
        if following and following in seen:
            raise Unavailable("Jira's pages go in a circle; the walk is tried again later.")
        seen.add(following)
        at = Walk(at.mark, at.began, at.back, following) if following else Walk(at.began)
        records = [it for row in told.issues for it in await whole(api, site, row)]
        yield Page(tuple(records), at)
        if not following:
            return


def begun(mark: float, now: float) -> Walk:
    """A walk that begins now, from the mark of the last one."""
    back = max(math.ceil((now - mark) / 60), 0) + OVERLAP if mark else 0
    return Walk(mark, now, back)


def jql(back: int) -> str:
    return f"updated >= -{back}m ORDER BY updated ASC, id ASC" if back else ALL


async def search(
    api: Api,
    site: Site,
    question: str,
    token: str = "",
    *,
    size: int = SIZE,
    fields: list[str] = FIELDS,
    expand: str = "changelog",
) -> Found:
    """A page of issues; the question is the same for all pages of a walk."""
    wish: dict[str, Any] = {"jql": question, "fields": fields, "maxResults": size}
    wish |= {"expand": expand} if expand else {}
    wish |= {"nextPageToken": token} if token else {}
    body = json.encode(wish)
    reply = await api.query(sites.path(site, "search/jql"), "application/json", body)
    return decoded(reply.data or b"{}", Found)
