"""Discussions, which only GraphQL lists, told in the words of the webhooks.

https://docs.github.com/en/graphql/guides/using-the-graphql-api-for-discussions
"""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct, ValidationError, convert

from services.github.events import record
from services.github.models import Time
from services.github.walks import OVERLAP, earlier, repository, stamp
from shared.errors import Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

_WHO = """fragment who on Actor { login type: __typename
  ... on User { id: databaseId } ... on Bot { id: databaseId }
  ... on Mannequin { id: databaseId } ... on Organization { id: databaseId } }"""
_REMARK = """fragment remark on DiscussionComment { id: databaseId body html_url: url
  created_at: createdAt updated_at: updatedAt user: author { ...who } }"""
_REMARKS = """fragment remarks on DiscussionCommentConnection {
  pageInfo { hasNextPage endCursor }
  nodes { node: id ...remark replies(first: 50) { ...answers } } }"""
_ANSWERS = """fragment answers on DiscussionCommentConnection {
  pageInfo { hasNextPage endCursor } nodes { ...remark } }"""
DISCUSSIONS = f"""query ($owner: String!, $name: String!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    discussions(first: 20, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ node: id number title body html_url: url created_at: createdAt
        updated_at: updatedAt answer_chosen_at: answerChosenAt category {{ name }}
        user: author {{ ...who }} labels(first: 100) {{ nodes {{ name }} }}
        comments(first: 50) {{ ...remarks }} }} }} }} }}
{_WHO} {_REMARK} {_REMARKS} {_ANSWERS}"""
MORE_COMMENTS = f"""query ($id: ID!, $after: String) {{
  node(id: $id) {{ ... on Discussion {{ more: comments(first: 50, after: $after) {{ ...remarks }} }} }} }}
{_WHO} {_REMARK} {_REMARKS} {_ANSWERS}"""
MORE_REPLIES = f"""query ($id: ID!, $after: String) {{
  node(id: $id) {{ ... on DiscussionComment {{
    more: replies(first: 50, after: $after) {{ ...answers }} }} }} }}
{_WHO} {_REMARK} {_ANSWERS}"""


class Cursor(Struct, frozen=True):
    """`mark` is where the last complete walk began; `newest` and `after` belong to one under way."""

    mark: str = ""
    newest: str = ""
    after: str | None = None


class Turn(Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class Connection(Struct, rename="camel"):
    page_info: Turn
    nodes: list[dict[str, Any]]


class Listing(Struct):
    discussions: Connection


class Answer(Struct):
    repository: Listing


class Node(Struct):
    more: Connection


class More(Struct):
    node: Node


async def discussions(api: Api, at: Cursor, resource: Resource) -> AsyncIterator[Page]:
    if resource.facts.get("has_discussions") == "false":
        return
    owner, _, name = resource.name.partition("/")
    while True:
        answer = await api.graphql(DISCUSSIONS, Answer, owner=owner, name=name, after=at.after)
        listing = answer.repository.discussions
        turn, limit = listing.page_info, earlier(at.mark, OVERLAP) if at.mark else ""
        try:
            stamps = [stamp(convert(it["updated_at"], Time)) for it in listing.nodes]
            dated = zip(listing.nodes, stamps, strict=True)
            fresh = [it for it, at_last in dated if at_last >= limit]
            records = [one for it in fresh async for one in _told(api, resource, it)]
        except (AttributeError, KeyError, TypeError, ValidationError) as problem:
            raise Unreadable("GitHub lists a discussion of an unknown shape.") from problem
        newest = at.newest or max(stamps, default=at.mark)
        more = turn.has_next_page and len(fresh) == len(listing.nodes)
        at = Cursor(at.mark, newest, turn.end_cursor) if more else Cursor(newest)
        yield Page(tuple(records), at)
        if not more:
            return


async def _told(api: Api, resource: Resource, it: dict[str, Any]) -> AsyncIterator[Record]:
    """A discussion, its comments and their replies, however many pages those have."""
    repo, told = repository(resource), _shaped(it)
    told["labels"] = (told["labels"] or {}).get("nodes")
    yield record("discussion", repo, discussion=told)
    here = {"number": it["number"]}
    async for comment in _all(api, MORE_COMMENTS, it["node"], it["comments"]):
        said = {**_shaped(comment), "parent_id": None}
        yield record("discussion_comment", repo, discussion=here, comment=said)
        async for reply in _all(api, MORE_REPLIES, comment["node"], comment["replies"]):
            said = {**_shaped(reply), "parent_id": comment["id"]}
            yield record("discussion_comment", repo, discussion=here, comment=said)


async def _all(
    api: Api, query: str, node: str, first: dict[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    nodes, turn = first["nodes"], first["pageInfo"]
    has_next, after = turn["hasNextPage"], turn["endCursor"]
    while True:
        for each in nodes:
            yield each
        if not has_next:
            return
        more = (await api.graphql(query, More, id=node, after=after)).node.more
        nodes, has_next, after = more.nodes, more.page_info.has_next_page, more.page_info.end_cursor


def _shaped(node: dict[str, Any]) -> dict[str, Any]:
    """REST ends a bot's login with `[bot]`, GraphQL does not."""
    told = {name: value for name, value in node.items() if name not in _INNER}
    user = told.get("user")
    if user and user["type"] == "Bot" and not user["login"].endswith("[bot]"):
        told["user"] = {**user, "login": user["login"] + "[bot]"}
    return told


_INNER = frozenset({"node", "comments", "replies"})
