"""What operators look into and mend: syncs, subscriptions, dead letters, traces; and links for users."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from shared.errors import HubError, NotFound
from shared.service.callers import check_user, user_of
from shared.service.console import connect
from shared.service.console.desk import TheDesk
from shared.service.console.operators import need
from shared.service.console.render import go, page
from shared.service.console.sentences import SAID
from shared.service.console.sessions import Asked
from shared.service.ops_routes import replay
from shared.service.trace_routes import follow
from shared.store import dead, runs, subscriptions

LATEST = 30
"""Runs and letters of one service on a page."""


@get("/syncs")
async def syncs(desk: TheDesk, request: Asked) -> Response[str]:
    """Runs of all services, newest first, with how far they are."""
    owner, now = user_of(request.user, None), datetime.now(UTC)
    found = []
    for name, hub in desk.hubs.items():
        async with hub.db.connection() as conn:
            them = await runs.get(conn, name, user_id=owner, limit=LATEST, now=now)
        found += [{"name": name, "run": run} for run in them]
    found.sort(key=lambda it: it["run"].created_at, reverse=True)  # type: ignore[attr-defined]  # it is a Run
    return page(desk, request, "syncs", request.auth, found=found)


@get("/subscriptions")
async def hooks(desk: TheDesk, request: Asked) -> Response[str]:
    """What is subscribed at the providers: trouble first, then what expires soonest."""
    owner = user_of(request.user, None)
    found = {}
    for name, hub in desk.hubs.items():
        async with hub.db.connection() as conn:
            found[name] = await subscriptions.of_provider(conn, name, user_id=owner)
    return page(desk, request, "subscriptions", request.auth, found=found)


@get("/dead-letters")
async def letters(desk: TheDesk, request: Asked) -> Response[str]:
    """What was given up on, and a button to try it again."""
    service, before = (request.query_params.get(name, "") for name in ("service", "before"))
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = {}
    for name in [service] if service else desk.hubs:
        async with desk.hub(name).db.connection() as conn:
            found[name] = await dead.letters(conn, name, before=last, limit=LATEST, open_only=True)
    facts: dict[str, Any] = {
        "found": found,
        "done": SAID.get(request.query_params.get("done", ""), ""),
    }
    return page(desk, request, "dead_letters", request.auth, latest=LATEST, **facts)


@post("/dead-letters/{service:str}/{letter_id:int}/replay")
async def again(
    desk: TheDesk, request: Asked, service: FromPath[str], letter_id: FromPath[int]
) -> Response[Any]:
    """Replay one."""
    done = await replay(desk.hub(service), request.user.subject, letter_id)
    return go(desk, f"/console/dead-letters?done={done.outcome}")


@get("/trace")
async def trace(desk: TheDesk, request: Asked) -> Response[str]:
    """Where is my event? Every service is asked."""
    ident = request.query_params.get("id", "").strip()[:200]
    found, error = {}, ""
    for name, hub in desk.hubs.items() if ident else ():
        try:
            found[name] = await follow(hub, ident)
        except NotFound as unknown:
            error = str(unknown)
    return page(
        desk, request, "trace", request.auth, ident=ident, found=found, error="" if found else error
    )


@get("/connect")
async def wish(desk: TheDesk, request: Asked) -> Response[str]:
    """A link for a user: the form."""
    return page(desk, request, "links", request.auth, user="", return_to="", link=None, error="")


@post("/connect")
async def grant(desk: TheDesk, request: Asked) -> Response[str]:
    """A link for a user: made, and shown once."""
    need(request.user, "connections:write")
    form = await request.form()
    user, return_to = (str(form.get(name, "")).strip() for name in ("user", "return_to"))
    given: dict[str, Any] = {"user": user, "return_to": return_to, "link": None, "error": ""}
    try:
        whose = user_of(request.user, check_user(user)) or user
        link = await connect.link(desk, request.user, whose, return_to)
    except HubError as error:
        return page(
            desk, request, "links", request.auth, status=400, **given | {"error": str(error)}
        )
    return page(desk, request, "links", request.auth, **given | {"link": link})


ROUTES: tuple[ControllerRouterHandler, ...] = (syncs, hooks, letters, again, trace, wish, grant)
