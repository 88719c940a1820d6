"""Calls that answer a caller: pages and single entities, as Messages like those that are published.

https://linear.app/developers/graphql
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Raw, Struct, json

from services.linear import normalize, normalize_more
from services.linear.asking import Messages, Named
from services.linear.models import Comment, Issue, Project, Reaction
from services.linear.models_more import Attachment, Update
from services.linear.pages import Nodes
from services.linear.people import DIRECTORY
from services.linear.queries import (
    ATTACHMENT,
    COMMENT,
    ISSUE,
    PAGE_INFO,
    PROJECT,
    STAMPS,
    UPDATE,
    WHO,
)
from shared.normalizer import Message
from shared.provider import Api
from shared.types import Record

_TURN = "first: $first, after: $after"
_REACTION = f"{STAMPS} emoji user {WHO}"
FIELDS = {
    "attachment": ATTACHMENT,
    "comment": COMMENT,
    "issue": ISSUE,
    "project": PROJECT,
    "projectUpdate": f"{UPDATE} project {{ id name }}",
    "reaction": _REACTION,
}
_READ: Mapping[str, Any] = {
    "attachment": (Attachment, normalize_more.attachment),
    "comment": (Comment, normalize.comment),
    "issue": (Issue, normalize.issue),
    "project": (Project, normalize.project),
    "projectUpdate": (Update, normalize_more.update),
    "reaction": (Reaction, normalize.reaction),
}


class Page(Struct):
    found: Nodes[Raw]


class Commented(Struct):
    issue: "Comments"


class Comments(Struct):
    comments: Nodes[Raw]


class One(Struct):
    found: Raw


async def listed(
    api: Api, names: Named, kind: str, *, limit: int, cursor: str, where: dict[str, Any]
) -> Messages:
    """A page of issues or projects, the last changed first."""
    filters = f"{kind[0].upper()}{kind[1:]}Filter"
    query = f"""query ($first: Int!, $after: String, $filter: {filters}) {{
  found: {kind}s({_TURN}, filter: $filter, orderBy: updatedAt) {{
    nodes {{ {FIELDS[kind]} }} {PAGE_INFO} }} }}"""
    it = (await api.graphql(query, Page, **turn(limit, cursor), filter=where)).found
    return Messages(await told(names, kind, it.nodes), it.following)


async def searched(api: Api, names: Named, term: str, limit: int, cursor: str) -> Messages:
    query = f"""query ($term: String!, $first: Int!, $after: String) {{
  found: searchIssues(term: $term, {_TURN}, includeComments: true) {{
    nodes {{ {ISSUE} }} {PAGE_INFO} }} }}"""
    it = (await api.graphql(query, Page, term=term, **turn(limit, cursor))).found
    return Messages(await told(names, "issue", it.nodes), it.following)


async def comments(api: Api, names: Named, issue: str, limit: int, cursor: str) -> Messages:
    query = f"""query ($id: String!, $first: Int!, $after: String) {{ issue(id: $id) {{
  comments({_TURN}) {{ nodes {{ {COMMENT} }} {PAGE_INFO} }} }} }}"""
    it = (await api.graphql(query, Commented, id=issue, **turn(limit, cursor))).issue.comments
    return Messages(await told(names, "comment", it.nodes), it.following)


async def one(api: Api, names: Named, kind: str, ident: str) -> Message:
    query = f"query ($id: String!) {{ found: {kind}(id: $id) {{ {FIELDS[kind]} }} }}"
    (message,) = await told(names, kind, [(await api.graphql(query, One, id=ident)).found])
    return message


async def told(names: Named, kind: str, rows: Iterable[Raw]) -> list[Message]:
    """Entities as Messages, with the names that the account knows."""
    records = [Record(kind, row) for row in rows]
    ids = set().union(*(DIRECTORY.ids(it) for it in records))
    known = await names(ids) if ids else {}
    shape, normalizer = _READ[kind]
    found = (DIRECTORY.put(it, known).payload for it in records)
    return [normalizer(json.decode(row, type=shape)) for row in found]


def turn(limit: int, cursor: str) -> dict[str, Any]:
    return {"first": limit, "after": cursor or None}
