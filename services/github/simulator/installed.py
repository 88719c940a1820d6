"""What only a GitHub App or one of its installations asks.

https://docs.github.com/en/rest/apps
"""

from collections.abc import Callable
from datetime import UTC, datetime

from services.github.simulator.apps import GONE, SUSPENDED, Apps, Installation
from services.github.simulator.deliveries import Paged, listed
from services.github.simulator.rows import Row
from shared.simulation import Answer, Asked, Route

LIFE = 3600
"""Seconds that an installation's token lives."""


def routes(apps: Apps, paged: Paged) -> list[Route]:
    """The REST routes of an app; `paged` answers a list."""

    def every(asked: Asked) -> Answer:
        return paged(asked, [_row(it) for it in apps.installed.values()])

    def one(answer: Callable[[Installation], Answer]) -> Callable[[Asked, str], Answer]:
        def handle(_: Asked, number: str) -> Answer:
            it = apps.installed.get(int(number))
            return answer(it) if it else GONE

        return handle

    def token(it: Installation) -> Answer:
        if it.suspended:
            return SUSPENDED
        until = datetime.fromtimestamp(apps.world.now() + LIFE, UTC)
        return Answer({"token": apps.mint(it), "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"}, 201)

    def mine(asked: Asked) -> Answer:
        bearer = asked.headers["authorization"].partition(" ")[2]
        chosen = apps.installed[apps.tokens[bearer]].chosen
        found = paged(asked, [apps.world.places[name].repo for name in chosen])
        body = {"total_count": len(chosen), "repositories": found.body}
        return Answer(body, headers=found.headers)

    async def again(_: Asked, ident: str) -> Answer:
        return Answer({}, 202) if await apps.again(int(ident)) else GONE

    installation = r"/app/installations/(\d+)"
    return [
        Route("GET", "/app/installations", every),
        Route("GET", installation, one(lambda it: Answer(_row(it)))),
        Route("POST", f"{installation}/access_tokens", one(token)),
        Route("GET", "/installation/repositories", mine),
        Route("GET", "/app/hook/deliveries", lambda it: listed(it, apps.deliveries, paged)),
        Route("POST", r"/app/hook/deliveries/(\d+)/attempts", again),
    ]


def _row(it: Installation) -> Row:
    suspended = "2026-01-01T00:00:00Z" if it.suspended else None
    return {
        "id": it.id,
        "account": it.account,
        "permissions": it.permissions,
        "suspended_at": suspended,
    }
