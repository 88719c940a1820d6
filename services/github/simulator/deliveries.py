"""Webhooks as GitHub sends them: signed, tried once, and remembered for whoever asks.

https://docs.github.com/en/rest/repos/webhooks
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.github.simulator.rows import Row
from shared.simulation import Answer, Asked, Route

if TYPE_CHECKING:
    from services.github.simulator.world import World

Paged = Callable[[Asked, list[Row]], Answer]

_HOOKS = r"/repos/([^/]+/[^/]+)/hooks"
_GONE = Answer({"message": "Not Found"}, 404)


async def deliver(
    world: "World", kept: list[Row], hook: Row, event: str, *, guid: str, body: bytes
) -> None:
    """Try once and keep the attempt; a GUID that was tried before makes it a redelivery."""
    proof = hmac.new(hook["config"]["secret"].encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/simulated",
        "x-github-event": event,
        "x-github-delivery": guid,
        "x-github-hook-id": str(hook["id"]),
        "x-hub-signature-256": f"sha256={proof}",
    }
    attempt = {
        "id": world.number(),
        "guid": guid,
        "hook_id": hook["id"],
        "delivered_at": f"{datetime.fromtimestamp(world.now(), UTC):%Y-%m-%dT%H:%M:%SZ}",
        "redelivery": any(it["guid"] == guid for it in kept),
        "event": event,
        "request": body.decode(),
    }
    status = await world.mail.send(hook["config"]["url"], body, headers)
    said = "OK" if 200 <= status < 300 else "failed to connect to host"
    kept.append({**attempt, "status": said, "status_code": status})


def routes(world: "World", paged: Paged) -> list[Route]:
    """The REST routes of a repository's webhooks; `paged` answers a list."""

    def hook(name: str, number: str) -> Row | None:
        return world.places[name].hooks.get(int(number)) if name in world.places else None

    def every(asked: Asked, name: str) -> Answer:
        return paged(asked, list(world.places[name].hooks.values()))

    def create(asked: Asked, name: str) -> Answer:
        hooks, wanted = world.places[name].hooks, asked.json()
        if any(it["config"]["url"] == wanted["config"]["url"] for it in hooks.values()):
            return Answer({"message": "Hook already exists on this repository"}, 422)
        number = world.number()
        hooks[number] = {"id": number, "active": True, **wanted}
        return Answer(hooks[number], 201)

    def read(_: Asked, name: str, number: str) -> Answer:
        found = hook(name, number)
        return Answer(found) if found else _GONE

    def change(asked: Asked, name: str, number: str) -> Answer:
        if not (found := hook(name, number)):
            return _GONE
        found.update(asked.json())
        return Answer(found)

    def delete(_: Asked, name: str, number: str) -> Answer:
        if not hook(name, number):
            return _GONE
        del world.places[name].hooks[int(number)]
        return Answer(None, 204)

    def attempts(asked: Asked, name: str, number: str) -> Answer:
        found = [it for it in world.places[name].deliveries if it["hook_id"] == int(number)]
        return listed(asked, found, paged)

    async def again(_: Asked, name: str, number: str, ident: str) -> Answer:
        place, found = world.places[name], hook(name, number)
        before = next((it for it in place.deliveries if it["id"] == int(ident)), None)
        if not found or not before:
            return _GONE
        body, guid = before["request"].encode(), before["guid"]
        await deliver(world, place.deliveries, found, before["event"], guid=guid, body=body)
        return Answer({}, 202)

    one = rf"{_HOOKS}/(\d+)"
    return [
        Route("GET", _HOOKS, every),
        Route("POST", _HOOKS, create),
        Route("GET", one, read),
        Route("PATCH", one, change),
        Route("DELETE", one, delete),
        Route("GET", rf"{one}/deliveries", attempts),
        Route("POST", rf"{one}/deliveries/(\d+)/attempts", again),
    ]


def listed(asked: Asked, deliveries: list[Row], paged: Paged) -> Answer:
    """Attempts, the last one first, without what was sent; on request only those that failed."""
    wanted = asked.query.get("status") == "failure"
    found = [it for it in deliveries if not wanted or it["status"] != "OK"]
    told = ("id", "guid", "delivered_at", "redelivery", "event", "status", "status_code")
    return paged(asked, [{name: it[name] for name in told} for it in reversed(found)])
