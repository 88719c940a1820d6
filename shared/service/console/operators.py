"""What operators see first: the fleet at a glance, and the accounts with what is wrong and what to do."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from shared.errors import BadRequest, NotFound
from shared.oauth import deletion
from shared.service import sync_routes
from shared.service.account_routes import after
from shared.service.callers import Caller, Forbidden, user_of
from shared.service.console.desk import TheDesk
from shared.service.console.render import go, page
from shared.service.console.sentences import ADVICE, SAID, findings, state
from shared.service.console.sessions import Asked
from shared.service.ops_routes import reported
from shared.store import accounts, runs, subscriptions
from shared.store.runs import Mode

PAGE = 50
"""Accounts of one service on a page."""
STATUSES = ("active", "error", "expired", "revoked", "deleting")


@get("/")
async def overview(desk: TheDesk, request: Asked) -> Response[str]:
    """Every service: how it stands, what is wrong, and what to do."""
    reports = [await reported(hub) for hub in desk.hubs.values()]
    told = [
        {
            "report": it,
            "state": state(it),
            "findings": findings(it),
            "title": desk.hub(it.provider).provider.title,
        }
        for it in reports
    ]
    return page(desk, request, "overview", request.auth, told=told)


@get("/accounts")
async def listed(desk: TheDesk, request: Asked) -> Response[str]:
    """Accounts by service, status and user."""
    asked = {
        name: request.query_params.get(name, "") for name in ("service", "status", "user", "cursor")
    }
    if asked["status"] and asked["status"] not in STATUSES:
        raise BadRequest(f"There is no such status; choose from {', '.join(STATUSES)}.")
    names = [asked["service"]] if asked["service"] else list(desk.hubs)
    found = []
    for name in names:
        async with desk.hub(name).db.connection() as conn:
            them = await accounts.list_(
                conn,
                name,
                user_id=user_of(request.user, asked["user"] or None),
                status=asked["status"] or None,
                after=after(asked["cursor"] if asked["service"] else ""),
                limit=PAGE + 1,
            )
        more = (
            urlsafe_b64encode(them[PAGE - 1].id.bytes).decode().rstrip("=")
            if len(them) > PAGE
            else ""
        )
        found.append({"name": name, "accounts": them[:PAGE], "more": more})
    return page(
        desk,
        request,
        "accounts",
        request.auth,
        found=found,
        asked=asked,
        statuses=STATUSES,
        advice=ADVICE,
    )


@get("/accounts/{service:str}/{account_id:uuid}")
async def one(
    desk: TheDesk, request: Asked, service: FromPath[str], account_id: FromPath[UUID]
) -> Response[str]:
    """One account: its state, what it subscribes, its runs."""
    hub, owner = desk.hub(service), user_of(request.user, None)
    async with hub.db.connection() as conn:
        account = await accounts.get(conn, service, account_id, owner)
        if account is None:
            raise NotFound("There is no such account, or it is another user's.")
        hooks = await subscriptions.of_account(conn, account_id)
        recent = await runs.get(
            conn, service, account_id=account_id, user_id=owner, limit=10, now=datetime.now(UTC)
        )
    done = SAID.get(request.query_params.get("done", ""), "")
    facts: dict[str, Any] = {
        "account": account,
        "hooks": hooks,
        "runs": recent,
        "done": done,
        "advice": ADVICE,
    }
    return page(desk, request, "account", request.auth, **facts)


@post("/accounts/{service:str}/{account_id:uuid}/{act:str}")
async def change(
    desk: TheDesk,
    request: Asked,
    service: FromPath[str],
    account_id: FromPath[UUID],
    act: FromPath[str],
) -> Response[Any]:
    """Sync, pause, resume or disconnect an account, as its API does."""
    hub, owner = desk.hub(service), user_of(request.user, None)
    done = {
        "sync": "started",
        "full": "started",
        "pause": "paused",
        "resume": "resumed",
        "disconnect": "closing",
    }
    if act not in done:
        raise NotFound(f"There is nothing called {act[:32]!r} to do with an account.")
    need(request.user, "sync:run" if act in ("sync", "full") else "connections:write")
    if act in ("sync", "full"):
        mode: Mode = "full" if act == "full" else "incremental"
        await sync_routes.start(
            hub, request.user, sync_routes.Trigger(account_id=account_id, mode=mode)
        )
    elif act == "disconnect":
        await deletion.begin(hub.db, hub.provider, account_id, owner, request.user.subject)
    else:
        async with hub.db.connection() as conn:
            changed = await accounts.set_sync(conn, service, account_id, owner, act == "resume")
        if changed is None:
            raise NotFound("There is no such account, or it is being disconnected.")
    hub.wake()
    return go(desk, f"/console/accounts/{service}/{account_id}?done={done[act]}")


ROUTES: tuple[ControllerRouterHandler, ...] = (overview, listed, one, change)


def need(caller: Caller, scope: str) -> None:
    """Let a caller pass whose key has the scope; raises Forbidden."""
    if scope not in caller.scopes:
        raise Forbidden(f"Your key lacks the scope {scope}. Sign in with one that has it.")
