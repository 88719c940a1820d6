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
    """A workspace."""

    id: str
    name: str = ""


class Teams(Struct):
    teams: list[Team] = []
    response_metadata: Turn | None = None


async def channels(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Each page gives the webhook routes and current names of the conversations on it.

    The first one tells which workspaces the account has: an organization's may come and go.
    """
    auth, app = await api.get("/auth.test", Auth), (await api.extra()).get("app_id", "")
    places = await workspaces(api, auth)
    keys = tuple(f"team:{it}" for it in places) if auth.is_enterprise_install else None
    steps = [(team, kind) for team in places for kind in KINDS]
    if not steps:
        yield Page((), Walk(), routes=keys)
    begin = steps.index((at.team, at.kind)) if (at.team, at.kind) in steps else 0
    after = at.next if (at.team, at.kind) in steps else ""
    for number, (team, kind) in enumerate(steps[begin:], begin):
        while True:
            found = await _listed(api, team, kind, after)
            after = found.response_metadata.next_cursor if found.response_metadata else ""
            following = steps[number + 1] if number + 1 < len(steps) else ("", "")
            cursor = Walk(team, kind, after) if after else Walk(*following)
            known = {it.id: _resource(it, auth, app) for it in found.channels}
            names = {it.id: it.name for it in found.channels if it.name}
            yield Page((), cursor, resources=tuple(known.values()), names=names, routes=keys)
            keys = None
            if not after:
                break


async def _listed(api: Api, team: str, kind: str, after: str) -> Listed:
    """One page; none of a kind that no scope allows, the first where the cursor is not known any more."""
    asked: dict[str, str | int] = {"types": kind, "exclude_archived": "true", "limit": PAGE}
    asked |= inside(team)
    try:
        if after:
            with suppress(Refused):
                return await api.get("/users.conversations", Listed, cursor=after, **asked)
        return await api.get("/users.conversations", Listed, **asked)
    except ItemGone:
        return Listed()


async def workspaces(api: Api, auth: Auth) -> list[str]:
    """Where to look: the workspaces that an organization gave the app, else the token's own, unnamed."""
    return [it.id for it in await teams(api)] if auth.is_enterprise_install else [""]


def inside(team: str) -> dict[str, str]:
    """The parameter that names a workspace, which an organization's token needs."""
    return {"team_id": team} if team else {}


async def teams(api: Api) -> list[Team]:
    """The workspaces of an organization that the app was given to, by id."""
    found: dict[str, Team] = {}
    more: dict[str, str] = {}
    while True:
        answer = await api.get("/auth.teams.list", Teams, limit=100, **more)
        found |= {it.id: it for it in answer.teams}
        after = answer.response_metadata.next_cursor if answer.response_metadata else ""
        if not after:
            return [found[ident] for ident in sorted(found)]
        more = {"cursor": after}


def _resource(it: Conversation, auth: Auth, app: str) -> Resource:
    """Only the conversation's own route: a workspace's would bring what this account may not see."""
    facts = {"type": kind_of(it), **({"app": app} if app else {})}
    if auth.bot_id:
        facts |= {"bot_id": auth.bot_id, "bot_user": auth.user_id}
    return Resource(it.id, it.name or it.user or it.id, (f"channel:{it.id}",), facts)
