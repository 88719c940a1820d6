"""Who ids are: listed now and then, told by events in between, and put beside what mentions them.

https://docs.slack.dev/reference/methods/users.list
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from msgspec import Raw, Struct, json, structs

from services.slack.channels import Turn, inside, workspaces
from services.slack.models import Auth, Profile, User
from shared.errors import ItemGone, Refused
from shared.provider import Api, Directory
from shared.types import Page, Record, Resource

PAGE = 200
"""Slack advises no more at once."""

_ID = rb"([UWCS][A-Z0-9]{1,30})\b"
_MENTIONED = [  # each begins with letters that are searched for quickly
    re.compile(rb"<[@#]" + _ID),
    re.compile(rb"\\u003c[@#]" + _ID),
    re.compile(rb'"user(?:_id)?"\s*:\s*"' + _ID),
    re.compile(rb'"channel_id"\s*:\s*"' + _ID),
    re.compile(rb"subteam\^" + _ID),
    re.compile(rb'"usergroup_id"\s*:\s*"' + _ID),
]


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists everybody."""

    team: str = ""
    next: str = ""


class Members(Struct):
    members: list[User] = []
    response_metadata: Turn | None = None


class Group(Struct):
    """People who are called together, by a handle."""

    id: str
    handle: str | None = None
    name: str | None = None


class Groups(Struct):
    usergroups: list[Group] = []


class Known(Struct):
    """An event about somebody, who stands in it whole."""

    user: User


class Called(Struct):
    """An event about a group, which stands in it whole."""

    subteam: Group


async def people(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Everybody and every group by name, also who has left; nobody where no scope allows it."""
    auth = await api.get("/auth.test", Auth)
    places = await workspaces(api, auth)
    begin = places.index(at.team) if at.team in places else 0
    after = at.next if at.team in places else ""
    for number, team in enumerate(places[begin:], begin):
        names = {} if after else await _groups(api, team)
        while True:
            found = await _listed(api, team, after)
            after = found.response_metadata.next_cursor if found.response_metadata else ""
            following = places[number + 1] if number + 1 < len(places) else ""
            cursor = Walk(team, after) if after else Walk(following)
            yield Page((), cursor, names=names | {it.id: name_of(it) for it in found.members})
            names = {}
            if not after:
                break


async def _groups(api: Api, team: str) -> dict[str, str]:
    """The groups of a workspace; none without the scope, or in a plan that has none."""
    asked = {"include_disabled": "true", **inside(team)}
    try:
        found = await api.get("/usergroups.list", Groups, **asked)
    except ItemGone:
        return {}
    return {it.id: handle_of(it) for it in found.usergroups}


async def _listed(api: Api, team: str, after: str) -> Members:
    """One page; none without the scope, the first where the cursor is not known any more."""
    asked: dict[str, str | int] = {"limit": PAGE, **inside(team)}
    try:
        if after:
            with suppress(Refused):
                return await api.get("/users.list", Members, cursor=after, **asked)
        return await api.get("/users.list", Members, **asked)
    except ItemGone:
        return Members()


def handle_of(it: Group) -> str:
    """A group is called by its handle, as it is mentioned."""
    return it.handle or it.name or it.id


def name_of(it: User) -> str:
    """People are called by their display name, which may be empty, then by their real one."""
    profile = it.profile or Profile()
    return profile.display_name or profile.real_name or it.real_name or it.name or it.id


def mentioned(row: bytes | Raw) -> set[str]:
    """The people, channels and groups that stand in a message as it came, by id."""
    text = bytes(row)
    return {found.decode() for pattern in _MENTIONED for found in pattern.findall(text)}


def _put(it: Record, names: Mapping[str, str]) -> Record:
    """The payload is an object that `events.record` made, so a member can stand before its others."""
    head = b'{"names":' + json.encode(names) + b","
    return structs.replace(it, payload=Raw(head + bytes(it.payload)[1:]))


DIRECTORY = Directory(ids=lambda it: mentioned(it.payload), put=_put)
