"""Calls that answer a caller: one item, a page of a list, and what was said on an item."""

from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Raw, Struct

from services.gitlab import normalize
from services.gitlab.asking import NewComment, found, wanted
from services.gitlab.events import NoteEvent
from services.gitlab.models import Note, Project
from services.gitlab.sync import Said, Thread, heard
from services.gitlab.walks import Head, stamp
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded

T = TypeVar("T")


def page(
    number: int,
    limit: int,
    *,
    search: str | None = None,
    since: datetime | None = None,
    **more: str,
) -> dict[str, str | int]:
    """The parameters of a list, the newest first."""
    asked = {"updated_after": stamp(since.astimezone(UTC))} if since else {}
    asked |= {"search": search} if search else {}
    return {"page": number, "per_page": limit, "sort": "desc", **more, **asked}


async def listed(
    api: Api, which: str, what: str, type: type[T], asked: dict[str, str | int]
) -> tuple[Project, T]:
    """One page of what a project has."""
    path, its = await found(api, which)
    return its, await api.get(f"{path}/{what}", type, **asked)


async def one(
    api: Api, method: str, project: int, what: str, type: type[T], *, data: Struct | None = None
) -> tuple[Project, T]:
    """One thing, read or written, and the project that it belongs to."""
    path, its = await found(api, project)
    if method == "GET":
        return its, await api.get(f"{path}/{what}", type)
    return its, await api.send(method, f"{path}/{what}", type, wanted(data) if data else None)


async def comments(api: Api, project: int, what: str) -> list[Message]:
    """What people said on an item, thread by thread, oldest first."""
    its, above = await one(api, "GET", project, what, Head)
    path, told = f"/api/v4/projects/{its.id}/{what}/discussions", []
    async for reply in api.paginate(path, list[Thread], per_page=100):
        for thread in reply.data or ():
            for row in thread.notes:
                if not decoded(row, Said).system:
                    told.append(_remark(its, above, row, thread.id))
    return told


async def comment(api: Api, project: int, what: str, data: NewComment) -> Message:
    """Say something: in a thread where one is named, else by itself."""
    its, above = await one(api, "GET", project, what, Head)
    thread, path = data.discussion_id or "", f"/api/v4/projects/{its.id}/{what}"
    if thread:
        path += f"/discussions/{thread}"
    body = {name: it for name, it in wanted(data).items() if name != "discussion_id"}
    return _remark(its, above, await api.send("POST", f"{path}/notes", Raw, body), thread)


def _remark(its: Project, above: Head, row: Raw, thread: str) -> Message:
    told = decoded(heard(above, row, thread), Note)
    return normalize.note(NoteEvent(project=its, object_attributes=told))
