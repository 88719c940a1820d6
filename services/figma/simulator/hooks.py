"""Webhooks: one for each event and place, of which a place may have few.

https://developers.figma.com/docs/rest-api/webhooks-endpoints/
"""

from collections.abc import Callable
from typing import Any

from services.figma.simulator.world import World
from shared.simulation import Answer, Asked

LIMITS = {"file": 3, "project": 5, "team": 20}
GONE = Answer({"status": 404, "err": "Not found"}, 404)
_HOOK = r"/v2/webhooks/(\d+)"


def table(world: World) -> dict[tuple[str, str], Callable[..., Any]]:
    """What answers each call; a passcode is never shown again."""

    def every(asked: Asked) -> Answer:
        place = (asked.query["context"].upper(), asked.query["context_id"])
        found = [it for it in world.hooks.values() if (it["context"], it["context_id"]) == place]
        return Answer({"webhooks": [{**it, "passcode": ""} for it in found]})

    async def make(asked: Asked) -> Answer:
        wish = asked.json()
        place = (wish["context"].upper(), wish["context_id"])
        if not world.admin:
            return Answer({"status": 403, "error": True, "message": "Access denied"}, 403)
        held = [it for it in world.hooks.values() if (it["context"], it["context_id"]) == place]
        if len(held) >= LIMITS[wish["context"]] or len(wish["passcode"]) > 100:
            return Answer({"status": 400, "error": True, "message": "Too many webhooks"}, 400)
        row = {**wish, "id": world.number(), "context": wish["context"].upper()}
        world.hooks[row["id"]] = row
        await world.deliver(row, {"event_type": "PING", "timestamp": world.stamp()})
        return Answer(row)

    def change(asked: Asked, ident: str) -> Answer:
        if ident not in world.hooks:
            return GONE
        world.hooks[ident] |= asked.json()
        return Answer(world.hooks[ident])

    def drop(_: Asked, ident: str) -> Answer:
        row = world.hooks.pop(ident, None)
        return Answer(row) if row else GONE

    return {
        ("GET", "/v2/webhooks"): every,
        ("POST", "/v2/webhooks"): make,
        ("PUT", _HOOK): change,
        ("DELETE", _HOOK): drop,
    }
