"""Who people are: listed now and then, told by events in between, and put beside what mentions them.

https://linear.app/developers/graphql
"""

import re
from collections.abc import AsyncIterator, Mapping

from msgspec import MsgspecError, Raw, Struct, json, structs

from services.linear.models import Bot, Who
from services.linear.pages import Nodes
from services.linear.queries import USERS
from shared.normalizer import Person
from shared.provider import Api, Directory
from shared.types import Page, Record, Resource

_ID = re.compile(rb'"(?:creator|user|assignee|lead)Id"\s*:\s*"([\w-]{1,100})"')
_HANDLE = re.compile(rb"(?:/profiles/|(?<![\w@./`-])@)([A-Za-z0-9][\w.-]{0,99})")


class Member(Struct, rename="camel"):
    """`display_name` is the handle by which others mention a member."""

    id: str
    name: str = ""
    display_name: str = ""
    email: str | None = None


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists everybody."""

    after: str = ""


class Members(Struct):
    users: Nodes[Member]


async def people(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Everybody by id and by handle, also who has left."""
    while True:
        listed = (await api.graphql(USERS, Members, after=at.after or None)).users
        names: dict[str, str] = {}
        for it in listed.nodes:
            names |= called(it)
        at = Walk(listed.following)
        yield Page((), at, names=names)
        if not at.after:
            return


def called(it: Member) -> dict[str, str]:
    """What the directory keeps of a member: a Person, under the id and under the handle."""
    known = json.encode(Person(it.id, it.name or it.display_name, it.email or "")).decode()
    handle = {f"@{it.display_name}": known} if it.display_name else {}
    return {it.id: known, **handle}


def person(names: Mapping[str, str], who: Who | None, ident: str | None = None) -> Person | None:
    """Somebody as the payload tells, or as the directory knows whom it names by id alone."""
    if who is not None:
        return Person(who.id, who.name, who.email or "")
    return known(names, ident) or Person(id=ident) if ident else None


def outsider(who: Who | None, ident: str | None = None) -> Person | None:
    """Somebody without an account, who speaks through an integration."""
    if who is not None:
        return Person(f"ext:{who.id}", who.name, who.email or "")
    return Person(f"ext:{ident}") if ident else None


def bot(it: str | Bot | None) -> Person | None:
    """An integration; a webhook tells it as JSON in a string."""
    told = _bot(it) if isinstance(it, str) else it
    name = (told.name or told.type) if told else None
    return Person(f"bot:{name}", name) if name else None


def _bot(text: str) -> Bot:
    try:
        return json.decode(text, type=Bot)
    except (MsgspecError, RecursionError):
        return Bot(text)


def known(names: Mapping[str, str], key: str) -> Person | None:
    """A member that the directory knows by id or `@handle`."""
    return json.decode(names[key], type=Person) if key in names else None


def _ids(it: Record) -> set[str]:
    row = bytes(it.payload)
    handles = {f"@{found.decode().rstrip('.-')}" for found in _HANDLE.findall(row)}
    return handles | {found.decode() for found in _ID.findall(row)}


def _put(it: Record, names: Mapping[str, str]) -> Record:
    return structs.replace(it, payload=beside(it.payload, names=names))


def beside(row: bytes | Raw, **members: object) -> Raw:
    """An object with members in front of its own, of which the last of a name counts."""
    inner = bytes(row).lstrip().removeprefix(b"{")
    comma = b"" if inner.lstrip().startswith(b"}") else b","
    return Raw(json.encode(members).removesuffix(b"}") + comma + inner)


DIRECTORY = Directory(ids=_ids, put=_put)
