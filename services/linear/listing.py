"""What else Linear knows by id: teams, members, states, labels, cycles.

https://linear.app/developers/graphql
"""

from msgspec import Struct

from services.linear.asking import Kept, Listing
from services.linear.board import turn
from services.linear.pages import Nodes
from services.linear.queries import PAGE_INFO
from shared.provider import Api


class Team(Struct):
    key: str


class Thing(Struct, rename="camel"):
    """A team, a member, a state, a label or a cycle, with what it has of these."""

    id: str
    name: str | None = None
    key: str | None = None
    type: str | None = None
    email: str | None = None
    number: float | None = None
    team: Team | None = None


class Things(Struct):
    found: Nodes[Thing]


async def things(
    api: Api, connection: str, fields: str, *, team: str | None, limit: int, cursor: str
) -> Listing:
    """A page of what is known by id; of one team where its key is given."""
    where = ", filter: { team: { key: { eq: $team } } }" if team else ""
    named, given = ("$team: String!, ", {"team": team}) if team else ("", {})
    query = f"""query ({named}$first: Int!, $after: String) {{
  found: {connection}(first: $first, after: $after{where}) {{ nodes {{ id {fields} }} {PAGE_INFO} }} }}"""
    it = (await api.graphql(query, Things, **given, **turn(limit, cursor))).found
    return Listing([_kept(one) for one in it.nodes], it.following)


def _kept(it: Thing) -> Kept:
    name = it.name or (f"{it.number:g}" if it.number is not None else "")
    team = it.team.key if it.team else ""
    return Kept(it.id, name, it.key or "", it.type or "", it.email or "", team)
