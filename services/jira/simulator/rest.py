"""The API through the gateway: search by tokens, single issues, writes and webhooks, with what Jira refuses.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from services.jira.simulator.rows import ADA, Row
from services.jira.simulator.world import Site, World
from shared.simulation import Answer, Asked, Route

ROOT = r"/ex/jira/([0-9a-f-]{36})/rest/api/3"
ISSUE = rf"{ROOT}/issue/([A-Z0-9-]+)"
SCOPES = ["read:jira-work", "read:jira-user", "write:jira-work", "manage:jira-webhook"]
GONE = Answer({"errorMessages": ["Issue does not exist or you do not have permission"]}, 404)
_AGO = re.compile(r"updated >= -(\d+)m")

Act = Callable[..., Answer | Awaitable[Answer]]


def routes(world: World) -> list[Route]:
    """Everything but the consent."""

    def on(act: Act) -> Act:
        """An action on an issue of a site, by its number or key."""

        def found(asked: Asked, cloud: str, name: str, *more: str) -> Answer | Awaitable[Answer]:
            site = world.sites.get(cloud)
            its = site.issues.items() if site else ()
            number = next((n for n, row in its if name in (row["id"], row["key"])), None)
            return GONE if site is None or number is None else act(asked, site, number, *more)

        return found

    return [
        Route("GET", "/oauth/token/accessible-resources", lambda _: Answer(_sites(world))),
        Route("GET", rf"{ROOT}/myself", lambda *_: Answer(ADA | {"emailAddress": "ada@acme.test"})),
        Route("POST", rf"{ROOT}/search/jql", lambda asked, site: search(world, asked, site)),
        Route("POST", rf"{ROOT}/issue", lambda asked, site: _open(world, asked, site)),
        Route("GET", ISSUE, on(lambda _, site, n: Answer(site.whole(n)))),
        Route("PUT", ISSUE, on(lambda asked, site, n: _change(world, asked, site, n))),
        Route("GET", rf"{ISSUE}/transitions", on(lambda *_: Answer({"transitions": _WAYS}))),
        Route("POST", rf"{ISSUE}/transitions", on(lambda *it: _move(world, *it))),
        Route("GET", rf"{ISSUE}/comment", on(_listed("comments", lambda site: site.comments))),
        Route("GET", rf"{ISSUE}/worklog", on(_listed("worklogs", lambda site: site.worklogs))),
        Route("GET", rf"{ISSUE}/changelog", on(_listed("values", lambda site: site.changes))),
        Route("GET", rf"{ISSUE}/comment/(\d+)", on(_comment)),
        Route("POST", rf"{ISSUE}/comment", on(lambda *it: _remark(world, *it))),
    ]


_WAYS = [
    {"id": "11", "name": "Close", "to": {"name": "Done"}},
    {"id": "21", "name": "Reopen", "to": {"name": "To Do"}},
]


def _sites(world: World) -> list[Row]:
    return [
        {"id": it.id, "name": it.name, "url": it.url, "scopes": SCOPES, "avatarUrl": ""}
        for it in world.sites.values()
    ]


def search(world: World, asked: Asked, cloud: str) -> Answer:
    """A page; a token belongs to its question, and what was found is fixed by the first page."""
    site, wish = world.sites[cloud], asked.json()
    question, token = wish["jql"], wish.get("nextPageToken")
    if token and (token not in world.tokens or world.tokens[token][0] != question):
        return Answer({"errorMessages": ["The page token is invalid or has expired."]}, 400)
    if question.startswith("ORDER BY"):
        return Answer({"errorMessages": ["Unbounded JQL queries are not allowed here."]}, 400)
    left = world.tokens[token][1] if token else _matching(world, site, question)
    size = int(wish.get("maxResults", 50))
    page, left = left[:size], left[size:]
    shown = [site.whole(number) for number in page if number in site.issues]
    if not wish.get("fields"):
        shown = [{"id": it["id"]} for it in shown]
    if not left:
        return Answer({"issues": shown, "isLast": True})
    following = secrets.token_hex(8)
    world.tokens[following] = question, left
    return Answer({"issues": shown, "isLast": False, "nextPageToken": following})


def _matching(world: World, site: Site, question: str) -> list[int]:
    ago = _AGO.search(question)
    since = world.now() - 60 * int(ago[1]) if ago else 0.0
    known = [n for n in site.issues if (site.id, n) not in world.hidden]
    found = [n for n in known if world.updated[site.id, n] >= since]
    if words := re.search(r'text ~ "([^"]*)"', question):
        found = [n for n in found if words[1] in site.issues[n]["fields"]["summary"]]
    if "ORDER BY updated" in question:
        found.sort(key=lambda n: world.updated[site.id, n], reverse="DESC" in question)
    return found


def _listed(name: str, table: Callable[[Site], dict[int, list[Row]]]) -> Act:
    def listed(asked: Asked, site: Site, number: int) -> Answer:
        every, start = table(site)[number], int(asked.query.get("startAt", "0"))
        most = min(int(asked.query.get("maxResults", "50")), 3)
        return Answer({name: every[start : start + most], "total": len(every), "startAt": start})

    return listed


def _comment(_: Asked, site: Site, number: int, comment: str) -> Answer:
    found = next((it for it in site.comments[number] if it["id"] == comment), None)
    return Answer(found) if found else GONE


async def _open(world: World, asked: Asked, cloud: str) -> Answer:
    site, fields = world.sites[cloud], asked.json()["fields"]
    if fields.get("project", {}).get("key") != site.project:
        return Answer(
            {"errorMessages": [], "errors": {"project": "valid project is required"}}, 400
        )
    known = {name: it for name, it in fields.items() if name in ("description", "labels")}
    number = await world.open_issue(site, fields["summary"], **known)
    row = site.issues[number]
    return Answer({"id": row["id"], "key": row["key"], "self": "x"}, 201)


async def _change(world: World, asked: Asked, site: Site, number: int) -> Answer:
    await world.edit(site, number, **asked.json()["fields"])
    return Answer(None, 204)


async def _move(world: World, asked: Asked, site: Site, number: int) -> Answer:
    way = next(it for it in _WAYS if it["id"] == asked.json()["transition"]["id"])
    target: Any = way["to"]
    await world.move(site, number, target["name"])
    return Answer(None, 204)


async def _remark(world: World, asked: Asked, site: Site, number: int) -> Answer:
    return Answer(await world.comment(site, number, "", asked.json()["body"]), 201)
