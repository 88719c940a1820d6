"""Who ids are: listed now and then, told by events in between, and put beside what mentions them.

https://docs.slack.dev/reference/methods/users.list
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from msgspec import Raw, Struct, json, structs

from services.slack.channels import Turn, teams
from services.slack.models import Auth, Profile, User
from shared.errors import ItemGone, Refused
from shared.provider import Api, Directory
from shared.types import Page, Record, Resource

PAGE = 200
"""Slack advises no more at once."""

_ID = rb"([UWC][A-Z0-9]{1,30})\b"
_MENTIONED = [  # each begins with letters that are searched for quickly
    re.compile(rb"<[@#]" + _ID),
    re.compile(rb"\\u003c[@#]" + _ID),
    re.compile(rb'"user(?:_id)?"\s*:\s*"' + _ID),
    re.compile(rb'"channel_id"\s*:\s*"' + _ID),
]


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists everybody."""

    team: str = ""
    next: str = ""


class Members(Struct):
    members: list[User] = []
    response_metadata: Turn | None = None


async def people(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Everybody by name, also who has left; nobody where no scope allows it."""
    auth = await api.get("/auth.test", Auth)
    places = await teams(api) if auth.is_enterprise_install else [""]
    begin = places.index(at.team) if at.team in places else 0
    after = at.next if at.team in places else ""
    for number, team in enumerate(places[begin:], begin):
        while True:
            try:
                found = await _listed(api, team, after)
            except ItemGone:
                return
            after = found.response_metadata.next_cursor if found.response_metadata else ""
            following = places[number + 1] if number + 1 < len(places) else ""
            cursor = Walk(team, after) if after else Walk(following)
            yield Page((), cursor, names={it.id: name_of(it) for it in found.members})
            if not after:
                break


async def _listed(api: Api, team: str, after: str) -> Members:
    """One page; the first where the cursor is not known any more."""
    place = {"team_id": team} if team else {}
    if after:
        with suppress(Refused):
            return await api.get("/users.list", Members, limit=PAGE, cursor=after, **place)
    return await api.get("/users.list", Members, limit=PAGE, **place)


def name_of(it: User) -> str:
    """People are called by their display name, which may be empty, then by their real one."""
    profile = it.profile or Profile()
    return profile.display_name or profile.real_name or it.real_name or it.name or it.id


def mentioned(row: bytes | Raw) -> set[str]:
    """The people and channels that stand in a message as it came, by id."""
    text = bytes(row)
    return {found.decode() for pattern in _MENTIONED for found in pattern.findall(text)}


def _put(it: Record, names: Mapping[str, str]) -> Record:
    """The payload is an object that `events.record` made, so a member can stand before its others."""
    head = b'{"names":' + json.encode(names) + b","
    return structs.replace(it, payload=Raw(head + bytes(it.payload)[1:]))


DIRECTORY = Directory(ids=lambda it: mentioned(it.payload), put=_put)
