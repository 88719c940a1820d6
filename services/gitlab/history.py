"""What happened to the code of one project.

https://docs.gitlab.com/api/commits/ https://docs.gitlab.com/api/pipelines/
"""

from collections.abc import AsyncIterator
from urllib.parse import quote

from msgspec import Raw, Struct

from services.gitlab.events import project, record
from services.gitlab.models import Sha
from services.gitlab.walks import Since, by_change, place
from shared.errors import ItemGone
from shared.provider import Api, Reply
from shared.types import Page, Resource


class Pinned(Struct, frozen=True):
    """`head` is the last commit whose history is stored; `target` the one being walked to."""

    head: str = ""
    target: str = ""
    next: str = ""


class Whole(Struct, frozen=True):
    """Ends where it began: every walk lists everything."""

    next: str = ""


class Tip(Struct):
    id: Sha


class Branch(Struct):
    commit: Tip


async def commits(api: Api, at: Pinned, resource: Resource) -> AsyncIterator[Page]:
    """Pages below a fixed commit do not move; later walks list only what `base..head` adds."""
    reply = None
    if at.next:
        try:
            reply = await api.page(at.next, list[Raw])
        except ItemGone:
            at = Pinned()  # what was pinned is gone: begin again from the branch as it is
    if reply is None:
        branch = quote(resource.facts.get("default_branch", ""), safe="")
        if not branch:
            return  # nothing was pushed to it yet
        tip = await api.get(f"{place(resource)}/repository/branches/{branch}", Branch)
        if tip.commit.id == at.head:
            return
        at = Pinned(at.head, tip.commit.id)
        reply = await _added(api, at, resource)
    while True:
        at = Pinned(at.head, at.target, reply.next) if reply.next else Pinned(at.target)
        rows = reply.data or ()
        yield Page(tuple(record("commit", project(resource), commit=row) for row in rows), at)
        if not at.next:
            return
        reply = await api.page(at.next, list[Raw])


async def _added(api: Api, at: Pinned, resource: Resource) -> Reply[list[Raw]]:
    """What the target adds to the head; all of its history where the head is unknown or unrelated."""
    path = f"{place(resource)}/repository/commits"
    if at.head:
        try:
            span = f"{at.head}..{at.target}"
            added = await api.page(path, list[Raw], ref_name=span, per_page=100)
            if added.data:
                return added
        except ItemGone:
            pass
    return await api.page(path, list[Raw], ref_name=at.target, per_page=100)


async def pipelines(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    """One call for every pipeline that changed: the list tells neither who nor how long."""
    path, its = f"{place(resource)}/pipelines", project(resource)
    async for rows, cursor in by_change(api, at, path, per_page=20):
        found = []
        for head, _ in rows:
            try:
                whole = await api.get(f"{path}/{head.id}", Raw)
            except ItemGone:
                continue
            found.append(record("pipeline", its, pipeline=whole))
        yield Page(tuple(found), cursor)


async def releases(api: Api, at: Whole, resource: Resource) -> AsyncIterator[Page]:
    """Every page, every time: a release that is changed says nothing of it."""
    path = f"{place(resource)}/releases"
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            reply = await api.page(path, list[Raw], per_page=100)
        at = Whole(reply.next)
        rows = reply.data or ()
        yield Page(tuple(record("release", project(resource), release=row) for row in rows), at)
        if not at.next:
            return
