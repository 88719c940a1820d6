"""Who ids are. Guests are not listed: those stay ids where nothing else names them.

https://developers.notion.com/reference/get-users
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from msgspec import Raw, Struct, json, structs

from services.notion.dialect import Lacking
from services.notion.listing import PER_PAGE, Listing
from services.notion.models import User, dashed
from shared.errors import Refused
from shared.provider import Api, Directory
from shared.shapes import decoded
from shared.types import Page, Record, Resource

_ID = rb'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
_NAMED = [
    re.compile(rb'"object"\s*:\s*"user"\s*,\s*"id"\s*:\s*' + _ID),
    re.compile(rb'"id"\s*:\s*' + _ID + rb'\s*,\s*"object"\s*:\s*"user"'),
]


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists everybody."""

    next: str = ""


async def people(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Everybody by name; nobody where the connection may not see people."""
    while True:
        try:
            listed = await users(api, at.next)
        except Lacking:
            return
        at = Walk(listed.next)
        named = [decoded(it, User) for it in listed.results]
        yield Page((), at, names={dashed(it.id): it.name for it in named if it.name})
        if not at.next:
            return


async def users(api: Api, after: str, size: int = PER_PAGE) -> Listing:
    """One page; the first where the cursor is not known any more."""
    if after:
        with suppress(Refused):
            return await api.get("/users", Listing, page_size=size, start_cursor=after)
    return await api.get("/users", Listing, page_size=size)


def mentioned(payload: bytes | Raw) -> set[str]:
    """The people who are named by id in what was told."""
    text = bytes(payload)
    return {found.decode() for pattern in _NAMED for found in pattern.findall(text)}


def _put(it: Record, names: Mapping[str, str]) -> Record:
    """The payload is an object that a walk made, so a member can stand before its others."""
    head = b'{"names":' + json.encode(names) + b","
    return structs.replace(it, payload=Raw(head + bytes(it.payload)[1:]))


DIRECTORY = Directory(ids=lambda it: mentioned(it.payload), put=_put)
