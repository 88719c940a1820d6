"""What callers are told: Messages like those that are published."""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from msgspec import Raw

from services.figma import normalize
from services.figma.asking import Messages
from services.figma.models import (
    Comments,
    CommentTold,
    File,
    FileReply,
    FileTold,
    Version,
    Versions,
    VersionTold,
)
from services.figma.reading import about, read, told
from shared.errors import ItemGone
from shared.normalizer import Message
from shared.provider import Api

T = TypeVar("T")


async def file(api: Api, key: str) -> Message:
    its = about(await api.get(f"/v1/files/{key}/meta", FileReply))
    return normalize.file(FileTold(key, its))


async def name(api: Api, key: str) -> str:
    """What a file is called, which its comments and versions do not tell."""
    return about(await api.get(f"/v1/files/{key}/meta", FileReply)).name


async def comments(api: Api, key: str) -> list[Message]:
    """All comments on a file; raises ItemGone where there is no such file."""
    called = await name(api, key)
    rows = (await api.get(f"/v1/files/{key}/comments", Comments)).comments
    return said(key, called, rows)


async def comment(api: Api, key: str, ident: str) -> Message:
    """One of them, which Figma gives only with all the others."""
    found = [it for it in await comments(api, key) if it.id == f"{key}:comment:{ident}"]
    if not found:
        raise ItemGone("There is no such comment on this file.")
    return found[0]


def said(key: str, called: str, rows: Iterable[Raw]) -> list[Message]:
    records = told(key, called, rows)
    return [normalize.comment(read(it.payload, CommentTold)) for it in records]


async def versions(api: Api, key: str, cursor: str, limit: int, *, saved: bool) -> Messages:
    """A page of the versions of a file, the newest first."""
    called = await name(api, key)
    after = {"before": cursor} if cursor else {}
    page = await api.get(f"/v1/files/{key}/versions", Versions, page_size=limit, **after)
    rows = [read(row, Version) for row in page.versions]
    place = File(key, called)
    return Messages(
        [normalize.version(VersionTold(it, place)) for it in rows if saved or _named(it)],
        _before(page.pagination.next_page or ""),
    )


def _named(it: Version) -> bool:
    return bool(it.label or it.description)


def _before(address: str) -> str:
    """The version that the next page begins after; Figma gives its whole address."""
    (found,) = parse_qs(urlsplit(address).query).get("before", [""])
    return found if found.isascii() and found.isdigit() else ""
