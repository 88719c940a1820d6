"""Calls that answer a caller: issues and what stands on them, as Messages like those published.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from datetime import UTC, datetime

from msgspec import Raw, Struct

from services.jira import normalize, sync
from services.jira.asking import Kept, Listing, Messages
from services.jira.events import CommentTold, IssueTold
from services.jira.models import Issue, Place, Site
from services.jira.models_more import Comment
from services.jira.parts import SHOWN
from services.jira.sites import address, host, path, reached
from shared.errors import BadRequest, ItemGone
from shared.normalizer import Message
from shared.passing import Passing, within
from shared.provider import Api
from shared.shapes import decoded

LARGEST = 100 * 1024 * 1024
"""Bytes of the largest file that is passed on."""


class Attached(Struct):
    filename: str = ""
    size: int = 0


class Comments(Struct):
    comments: list[Comment] = []
    total: int = 0


class Target(Struct, frozen=True):
    name: str = ""


class Thing(Struct, rename="camel"):
    """A project, a person, a status or a transition, with what it has of these."""

    id: str = ""
    account_id: str = ""
    key: str = ""
    name: str = ""
    display_name: str = ""
    to: Target = Target()


class Projects(Struct, rename="camel"):
    values: list[Thing] = []
    is_last: bool = True


class Transitions(Struct):
    transitions: list[Thing] = []


async def site(api: Api, tenant: str | None) -> Site:
    """The site that was named, or the only one. Raises BadRequest, ItemGone."""
    found = await reached(api)
    chosen = [it for it in found if tenant in (None, it.id, host(it))]
    if not chosen:
        raise ItemGone("The account does not reach that site.")
    if len(chosen) > 1:
        names = ", ".join(sorted(map(host, chosen)))
        raise BadRequest(f"The account reaches several sites; choose one with `site`: {names}.")
    return Site(chosen[0].id, address(chosen[0]))


async def listed(api: Api, at: Site, question: str, cursor: str, limit: int) -> Messages:
    """A page of issues by JQL."""
    found = await sync.search(api, at, question, cursor, size=limit, fields=SHOWN, expand="")
    return Messages([_issue(at, row) for row in found.issues], found.following)


async def issue(api: Api, at: Site, key: str) -> Message:
    return _issue(at, await api.get(path(at, f"issue/{key}"), Raw, fields=",".join(SHOWN)))


async def place(api: Api, at: Site, key: str) -> Place:
    """The number and the key of an issue, of which a caller gives one."""
    return await api.get(path(at, f"issue/{key}"), Place, fields="id")


async def comments(api: Api, at: Site, key: str, start: int, limit: int) -> Messages:
    """What was said on an issue, the newest first."""
    on, where = await place(api, at, key), path(at, f"issue/{key}/comment")
    found = await api.get(where, Comments, startAt=start, maxResults=limit, orderBy="-created")
    told = [comment(at, on, it) for it in found.comments]
    end = start + len(told)
    return Messages(told, str(end) if told and end < found.total else "")


def comment(at: Site, on: Place, it: Comment) -> Message:
    return normalize.comment(CommentTold(at, on, it))


async def file(api: Api, at: Site, number: str) -> Passing:
    """The bytes of a file; without a redirect, which would lead to another host."""
    its = await api.get(path(at, f"attachment/{number}"), Attached)
    within(its.size, LARGEST)
    where = path(at, f"attachment/content/{number}")
    return Passing(api.stream(where, largest=LARGEST, redirect="false"), its.filename or number)


async def projects(api: Api, at: Site, words: str, start: int, limit: int) -> Listing:
    asked = {"query": words} if words else {}
    where = path(at, "project/search")
    found = await api.get(where, Projects, startAt=start, maxResults=limit, **asked)
    end = start + len(found.values)
    return Listing(kept(found.values), "" if found.is_last or not found.values else str(end))


async def users(api: Api, at: Site, words: str, start: int, limit: int) -> Listing:
    """People by name or address; a page may be short, and only an empty one is the last."""
    where = path(at, "user/search")
    found = await api.get(where, list[Thing], query=words, startAt=start, maxResults=limit)
    return Listing(kept(found), str(start + limit) if found else "")


async def statuses(api: Api, at: Site) -> Listing:
    return Listing(kept(await api.get(path(at, "status"), list[Thing])))


async def transitions(api: Api, at: Site, key: str) -> list[Thing]:
    """What may be done to an issue as it stands: the ids are those of its workflow."""
    return (await api.get(path(at, f"issue/{key}/transitions"), Transitions)).transitions


def kept(them: list[Thing]) -> list[Kept]:
    return [
        Kept(it.id or it.account_id, it.name or it.display_name, it.key, it.to.name) for it in them
    ]


def _issue(at: Site, row: Raw) -> Message:
    return normalize.issue(IssueTold(at, decoded(row, Issue)))


def minutes(since: datetime, now: float) -> int:
    """How long ago something was, in JQL's unit, rounded so that nothing is missed."""
    return max(int((now - since.astimezone(UTC).timestamp()) // 60) + 1, 1)


def quoted(text: str) -> str:
    """A value within JQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
