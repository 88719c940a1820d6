"""One file: what it is, all that was said on it, and the versions that somebody named.

https://developers.figma.com/docs/rest-api/comments-endpoints/
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import MsgspecError, Raw, Struct, json

from services.figma.dialect import Hidden
from services.figma.models import About, Comments, FileReply, User, Versions
from services.figma.places import key
from shared.errors import ItemGone, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

AUTOSAVE = "a version that Figma saved by itself"
PER_PAGE = 50
"""Versions; Figma gives no more at once."""

T = TypeVar("T")


class Whole(Struct, frozen=True):
    """Ends where it began: every walk reads everything."""


class Since(Struct, frozen=True):
    """`mark` is the newest version of the last complete walk; the rest belongs to one under way."""

    mark: str = ""
    newest: str = ""
    next: str = ""


class Said(Struct):
    message: str = ""
    user: User | None = None


class Head(Struct):
    """What a walk needs to know of a version; the normalizer reads the rest."""

    id: str | int = ""
    label: str | None = None
    description: str | None = None


async def file(api: Api, at: Whole, part: Resource) -> AsyncIterator[Page]:
    """The file itself; one that is not there any more is told as deleted."""
    if ident := key(part.id):
        reply = await _there(api, f"/v1/files/{ident}/meta", FileReply)
        yield Page((_record("file", key=ident, file=reply.file),) if reply else (), at)


async def comments(api: Api, at: Whole, part: Resource) -> AsyncIterator[Page]:
    """All comments at once: Figma has neither pages of them nor a time to begin from."""
    if ident := key(part.id):
        reply = await _there(api, f"/v1/files/{ident}/comments", Comments)
        yield Page(tuple(told(ident, part.name, reply.comments if reply else ())), at)


async def versions(api: Api, at: Since, part: Resource) -> AsyncIterator[Page]:
    """Newest first, down to the last walk's newest; the page of that one is read whole.

    So a version is found that was named a while after Figma saved it. Of a file that is gone the next
    walk begins anew, and finds none.
    """
    ident = key(part.id)
    while ident:
        path = at.next or f"/v1/files/{ident}/versions?page_size={PER_PAGE}"
        listed = await _there(api, path, Versions)
        if listed is None:
            yield Page((), Since())
            return
        heads = [read(row, Head) for row in listed.versions]
        newest = at.newest or (str(heads[0].id) if heads else at.mark)
        following = listed.pagination.next_page or ""
        done = not following or any(str(it.id) == at.mark for it in heads)
        at = Since(newest) if done else Since(at.mark, newest, following)
        place = {"key": ident, "name": part.name}
        rows = zip(listed.versions, heads, strict=True)
        named = [row for row, it in rows if it.label or it.description]
        saved = len(heads) - len(named)
        records = tuple(_record("version", version=row, file=place) for row in named)
        yield Page(records, at, excluded={AUTOSAVE: saved} if saved else {})
        if done:
            return


def told(ident: str, name: str, rows: Iterable[Raw]) -> list[Record]:
    """The comments of a file, each with the people it names, as far as they have spoken there too."""
    found = [(row, _said(row)) for row in rows]
    ids: Mapping[str, set[str]] = defaultdict(set)
    for _, it in found:
        if it.user and it.user.handle:
            ids[it.user.handle].add(str(it.user.id))
    place = {"key": ident, "name": name}
    return [
        _record("comment", comment=row, file=place, people=_named(it.message, ids))
        for row, it in found
    ]


def _named(text: str, ids: Mapping[str, set[str]]) -> dict[str, str]:
    """Handles that stand in the text; of a handle that two people have, nobody knows whose it is."""
    if "@" not in text:
        return {}
    return {
        handle: next(iter(whose)) if len(whose) == 1 else ""
        for handle, whose in ids.items()
        if f"@{handle}" in text
    }


def about(it: FileReply) -> About:
    return read(it.file, About)


def read(row: Raw, type: type[T]) -> T:
    """A part of an answer; raises Unreadable for another shape."""
    try:
        return json.decode(row, type=type)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("Figma lists something of an unknown shape.") from problem


def _said(row: Raw) -> Said:
    """What is needed of a comment beside itself; one of another shape is kept for its normalizer."""
    try:
        return read(row, Said)
    except Unreadable:
        return Said()


async def _there(api: Api, path: str, type: type[T]) -> T | None:
    """The answer, None of what is gone; raises Hidden for what may only not be seen."""
    try:
        return await api.get(path, type)
    except Hidden:
        raise
    except ItemGone:
        return None


def _record(kind: str, **parts: Any) -> Record:
    return Record(kind, Raw(json.encode(parts)))
