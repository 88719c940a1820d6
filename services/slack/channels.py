"""Which conversations an account takes part in: those are the ones whose history it may read.

https://docs.slack.dev/reference/methods/users.conversations
"""

from collections.abc import AsyncIterator
from contextlib import suppress

from msgspec import Struct

from services.slack.models import Auth, Conversation, kind_of
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.types import Page, Resource

KINDS = ("public_channel", "private_channel", "mpim", "im")
"""Asked for one by one: a scope that was not granted hides one kind, not all."""

PAGE = 200
"""Slack advises no more at once."""


class Walk(Struct, frozen=True):
    """Ends where it began, so that every walk is whole and proves what may still be seen."""

    team: str = ""
    kind: str = ""
    next: str = ""


class Turn(Struct):
    next_cursor: str = ""


class Listed(Struct):
    channels: list[Conversation] = []
    response_metadata: Turn | None = None


class Team(Struct):
    id: str


class Teams(Struct):
    teams: list[Team] = []
    response_metadata: Turn | None = None


async def channels(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Each page gives the webhook routes and current names of the conversations on it."""
    auth = await api.get("/auth.test", Auth)
    places = await teams(api) if auth.is_enterprise_install else [""]
    steps = [(team, kind) for team in places for kind in KINDS]
    begin = steps.index((at.team, at.kind)) if (at.team, at.kind) in steps else 0
    after = at.next if begin or (at.team, at.kind) == steps[0] else ""
    for number, (team, kind) in enumerate(steps[begin:], begin):
        while True:
            found = await _listed(api, team, kind, after)
            after = found.response_metadata.next_cursor if found.response_metadata else ""
            following = steps[number + 1] if number + 1 < len(steps) else ("", "")
            cursor = Walk(team, kind, after) if after else Walk(*following)
            known = {it.id: _resource(it, auth) for it in found.channels}
            names = {it.id: it.name for it in found.channels if it.name}
            yield Page((), cursor, resources=tuple(known.values()), names=names)
            if not after:
                break


async def _listed(api: Api, team: str, kind: str, after: str) -> Listed:
    """One page; none of a kind that no scope allows, the first where the cursor is not known any more."""
    path, place = "/users.conversations", {"team_id": team} if team else {}
    asked = {"types": kind, "exclude_archived": "true", **place}
    try:
        if after:
            with suppress(Refused):
                return await api.get(path, Listed, limit=PAGE, cursor=after, **asked)
        return await api.get(path, Listed, limit=PAGE, **asked)
    except ItemGone:
        return Listed()


async def teams(api: Api) -> list[str]:
    """The workspaces of an organization that the app was given to."""
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = await api.get("/auth.teams.list", Teams, limit=100, **more)
        found += [it.id for it in answer.teams]
        after = answer.response_metadata.next_cursor if answer.response_metadata else ""
        if not after:
            return sorted(set(found)) or [""]
        more = {"cursor": after}


def _resource(it: Conversation, auth: Auth) -> Resource:
    """Only the conversation's own route: a workspace's would bring what this account may not see."""
    facts = {"type": kind_of(it)}
    if auth.bot_id:
        facts |= {"bot_id": auth.bot_id, "bot_user": auth.user_id}
    return Resource(it.id, it.name or it.user or it.id, (f"channel:{it.id}",), facts)
