"""The calls that are played: Rest.li collections with start and count, and writes.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts
"""

from typing import Any
from urllib.parse import unquote

from services.linkedin.simulator.consent import problem
from services.linkedin.simulator.world import ANA, PAGE, Row, World
from shared.simulation import Answer, Asked, Route

_URN = "([^/]+)"


def routes(world: World) -> list[Route]:
    """Every call that is played, as a route each."""

    def me(_: Asked) -> Answer:
        sub = ANA.rpartition(":")[2]
        return Answer({"sub": sub, "name": "Ana Alba", "email": "ana@example.com"})

    def roles(asked: Asked) -> Answer:
        return _page([{"organization": PAGE, "role": "ADMINISTRATOR", "state": "APPROVED"}], asked)

    def posts(asked: Asked) -> Answer:
        rows = [it for it in world.posts.values() if it["author"] == asked.query.get("author")]
        order = "lastModifiedAt" if asked.query.get("sortBy") == "LAST_MODIFIED" else "createdAt"
        return _page(sorted(rows, key=lambda it: -int(it[order])), asked)

    def post(_: Asked, urn: str) -> Answer:
        found = world.posts.get(unquote(urn))
        return Answer(found) if found else problem(404, "NOT_FOUND")

    def create(asked: Asked) -> Answer:
        wish = asked.json()
        if wish["commentary"] in [it["commentary"] for it in world.posts.values()]:
            return problem(422, "DUPLICATE_POST", "Content is a duplicate")
        row = world.write(wish["commentary"], wish["author"])
        return Answer(None, 201, {"x-restli-id": row["id"]})

    def change(asked: Asked, urn: str) -> Answer:
        if asked.headers.get("x-restli-method") != "PARTIAL_UPDATE":
            return problem(400, "ILLEGAL_METHOD")
        if unquote(urn) not in world.posts:
            return problem(404, "NOT_FOUND")
        world.edit(unquote(urn), asked.json()["patch"]["$set"]["commentary"])
        return Answer(None, 204)

    def remove(_: Asked, urn: str) -> Answer:
        world.posts.pop(unquote(urn), None)
        return Answer(None, 204)

    def comments(asked: Asked, urn: str) -> Answer:
        under = unquote(urn)
        if not under.startswith("urn:li:comment:") and under not in world.posts:
            return problem(404, "NOT_FOUND")
        return _page(world.comments.get(under, []), asked)

    def comment(asked: Asked, urn: str) -> Answer:
        wish = asked.json()
        return Answer(world.say(unquote(urn), wish["message"]["text"], wish["actor"]), 201)

    def notifications(asked: Asked) -> Answer:
        actions = asked.query.get("actions", "")
        if not (actions.startswith("List(") and actions.endswith(")")):
            return problem(400, "ILLEGAL_ARGUMENT")
        wanted = actions[5:-1].split(",")
        rows = [it for it in world.notifications if it["action"] in wanted]
        return _page(sorted(rows, key=lambda it: -int(it["lastModifiedAt"])), asked)

    def subscribe(asked: Asked, key: str) -> Answer:
        world.subscriptions[unquote(key)] = {"webhook": asked.json()["webhook"]}
        return Answer(None, 204)

    def subscribed(_: Asked, key: str) -> Answer:
        found = world.subscriptions.get(unquote(key))
        return Answer(found) if found else problem(404, "NOT_FOUND")

    def unsubscribe(_: Asked, key: str) -> Answer:
        return Answer(None, 204 if world.subscriptions.pop(unquote(key), None) else 404)

    return [
        Route("GET", "/v2/userinfo", me),
        Route("GET", "/rest/organizationAcls", roles),
        Route("GET", "/rest/posts", posts),
        Route("POST", "/rest/posts", create),
        Route("GET", f"/rest/posts/{_URN}", post),
        Route("POST", f"/rest/posts/{_URN}", change),
        Route("DELETE", f"/rest/posts/{_URN}", remove),
        Route("GET", f"/rest/socialActions/{_URN}/comments", comments),
        Route("POST", f"/rest/socialActions/{_URN}/comments", comment),
        Route("POST", "/rest/reactions", lambda _: Answer(None, 201)),
        Route("GET", "/rest/organizationalEntityNotifications", notifications),
        Route("PUT", f"/rest/eventSubscriptions/{_URN}", subscribe),
        Route("GET", f"/rest/eventSubscriptions/{_URN}", subscribed),
        Route("DELETE", f"/rest/eventSubscriptions/{_URN}", unsubscribe),
    ]


def _page(rows: list[Row], asked: Asked) -> Answer:
    start, count = int(asked.query.get("start", 0)), int(asked.query.get("count", 10))
    paging: dict[str, Any] = {"start": start, "count": count, "links": [], "total": len(rows)}
    return Answer({"elements": rows[start : start + count], "paging": paging})
