"""What Linear lists, walked whole in the order of creation, then by what changed since.

Archived entities are listed as well; one in the trash is a deletion, which a restoration takes back.
https://linear.app/developers/graphql#pagination
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import MsgspecError, Raw, Struct, json

from services.linear.pages import Nodes
from services.linear.people import beside
from services.linear.queries import TEAMS, changes, everything
from shared.errors import ItemGone, Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

OVERLAP = 60.0
"""Seconds that a walk looks back, because lists are a little behind what happens."""

Pages = Callable[[Api, Any, Resource], AsyncIterator[Page]]


class Walk(Struct, frozen=True):
    """`mark` is where the last complete walk began; `began` and `after` belong to one under way."""

    mark: str = ""
    began: str = ""
    after: str = ""


class Head(Struct, rename="camel"):
    """What a walk needs to know of an entity; the normalizer reads the rest."""

    id: str = ""
    updated_at: str = ""
    trashed: bool | None = None
    reactions: list[Raw] | None = None


class Found(Struct):
    found: Nodes[Raw]
    latest: Nodes[Head] = Nodes()


class Team(Struct):
    id: str
    key: str
    name: str
    visibility: str | None = None


class Workspace(Struct):
    id: str


class Teams(Struct):
    organization: Workspace
    teams: Nodes[Team]


class Turn(Struct, frozen=True):
    """Ends where it began: every walk lists all teams."""

    after: str = ""


def entities(name: str, kind: str, *, optional: bool = False) -> Pages:
    """The walk of a connection; an `optional` one is empty where the workspace does not have it."""
    whole, changed, target = everything(name), changes(name), f"{kind[0].lower()}{kind[1:]}Id"

    async def pages(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
        resumed = at.after != ""
        while True:
            query = changed if at.mark else whole
            try:
                told = await _listed(api, query, at, resumed=resumed)
            except ItemGone:
                if optional:
                    return
                raise
            rows, resumed = told.found.nodes, False
            heads = [_head(row) for row in rows]
            newest = heads if at.mark else told.latest.nodes
            began = at.began or max([at.mark, *(it.updated_at for it in newest)])
            following = told.found.following
            at = Walk(at.mark, began, following) if following else Walk(began)
            records = [
                Record(kind, row, removed=it.trashed is True)
                for row, it in zip(rows, heads, strict=True)
            ]
            records += [
                Record("Reaction", beside(mark, **{target: it.id}), removed=it.trashed is True)
                for it in heads
                for mark in it.reactions or ()
            ]
            yield Page(tuple(records), at)
            if not following:
                return

    return pages


async def teams(api: Api, at: Turn, _: Resource) -> AsyncIterator[Page]:
    """The teams that the member may see: what a webhook tells of others is not theirs."""
    while True:
        told = await api.graphql(TEAMS, Teams, after=at.after or None)
        found = tuple(
            Resource(
                it.id,
                it.name,
                (f"team:{it.id}",),
                {"key": it.key, "visibility": it.visibility or "public"},
            )
            for it in told.teams.nodes
        )
        at = Turn(told.teams.following)
        yield Page((), at, resources=found)
        if not at.after:
            return


async def _listed(api: Api, query: str, at: Walk, *, resumed: bool) -> Found:
    """A page; the first one again where a cursor that was stored stands on what is gone."""
    since = {"since": earlier(at.mark)} if at.mark else {}
    if resumed:
        with suppress(ItemGone, Refused):
            return await api.graphql(query, Found, after=at.after, **since)
        at = Walk(at.mark)
    return await api.graphql(query, Found, after=at.after or None, **since)


def _head(row: Raw) -> Head:
    try:
        return json.decode(row, type=Head)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("Linear lists an entity of an unknown shape.") from problem


def earlier(mark: str) -> str:
    """The time from which a walk asks for changes, in Linear's own form."""
    at = datetime.fromisoformat(mark).astimezone(UTC) - timedelta(seconds=OVERLAP)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
