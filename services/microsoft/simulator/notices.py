"""What all of Graph has: subscriptions, and batches."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from msgspec.structs import replace

from services.microsoft.simulator.consent import problem
from services.microsoft.simulator.rest import ID, V1, absent
from services.microsoft.simulator.world import World
from shared.simulation import Answer, Asked, Route


def subscriptions(world: World) -> list[Route]:
    """Made where the address proves that it is one; the same twice is refused."""

    async def create(asked: Asked) -> Answer:
        it = asked.json()
        if any(one["resource"] == it["resource"] for one in world.bell.subscriptions.values()):
            return problem(409, "ExtensionError", "Subscription already exists.")
        if not it.get("lifecycleNotificationUrl") or len(it["clientState"]) > 128:
            return problem(400, "InvalidRequest", "Something about the subscription is wrong.")
        for url in (it["notificationUrl"], it["lifecycleNotificationUrl"]):
            if not await world.bell.shake(url):
                return problem(400, "ValidationError", "Subscription validation request failed.")
        made = {**it, "id": str(uuid4())}
        world.bell.subscriptions[made["id"]] = made
        return Answer(_shown(made), 201)

    def renew(asked: Asked, ident: str) -> Answer:
        if ident not in world.bell.subscriptions:
            return absent()
        world.bell.subscriptions[ident] |= asked.json()
        return Answer(_shown(world.bell.subscriptions[ident]))

    def stop(_: Asked, ident: str) -> Answer:
        return Answer(None, 204) if world.bell.subscriptions.pop(ident, None) else absent()

    def listed(_: Asked) -> Answer:
        return Answer({"value": list(map(_shown, world.bell.subscriptions.values()))})

    path = f"{V1}/subscriptions"
    return [
        Route("POST", path, create),
        Route("GET", path, listed),
        Route("PATCH", f"{path}/{ID}", renew),
        Route("DELETE", f"{path}/{ID}", stop),
    ]


def batch(routes: Sequence[Route]) -> Route:
    """Up to twenty of these routes' reads in one call; every fifth is turned away."""
    reads = [(re.compile(it.pattern), it.handle) for it in routes if it.method == "GET"]

    def one(asked: Asked, number: int, it: Any) -> Answer:
        if number % 5 == 4:
            return problem(429, "ApplicationThrottled")
        url = urlsplit(it["url"])
        for pattern, handle in reads:
            if found := pattern.fullmatch(V1 + url.path):
                its = replace(asked, method="GET", query=dict(parse_qsl(url.query)))
                made = handle(its, *found.groups())
                assert isinstance(made, Answer), "reads answer at once"
                return made
        return problem(400, "BadRequest", it["url"])

    def answer(asked: Asked) -> Answer:
        wanted = asked.json()["requests"]
        if len(wanted) > 20:
            return problem(400, "BadRequest", "Too many parts.")
        told = [(it["id"], one(asked, number, it)) for number, it in enumerate(wanted)]
        parts = [{"id": ident, "status": it.status, "body": it.body} for ident, it in told]
        return Answer({"responses": parts[::-1]})

    return Route("POST", rf"{V1}/\$batch", answer)


def _shown(it: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in it.items() if name != "clientState"}
