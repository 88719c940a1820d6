"""The provider's own routes under `/api/v1`: the caller's account is found, the provider only acts."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery
from litestar.types import ControllerRouterHandler

from shared.errors import BadRequest, NotFound, Reauthorize
from shared.provider import Api
from shared.service.callers import Caller, guard, owner_of, user_of
from shared.service.hub import Hub, TheHub
from shared.store import accounts, names, runs, syncs
from shared.store.accounts import Account
from shared.store.runs import Mode

Connection = ASGIConnection[Any, Caller, Any, Any]


def of(hub: Hub) -> list[ControllerRouterHandler]:
    """The provider's routes, mounted; reading needs data:read, anything else data:write."""
    if not hub.provider.routes:
        return []
    return [
        Router(
            path="/api/v1",
            route_handlers=hub.provider.routes,
            guards=[_allowed],
            dependencies={
                "api": Provide(_api),
                "names": Provide(_names),
                "start_sync": Provide(_start_sync),
                "told": Provide(_told),
                "tell": Provide(_tell),
            },
            tags=[hub.provider.title],
        )
    ]


def _allowed(connection: Connection, handler: BaseRouteHandler) -> None:
    if "/sync/" in connection.url.path:
        guard("sync:run")(connection, handler)
    else:
        reading = connection.scope.get("method") in ("GET", "HEAD")
        guard("data:read" if reading else "data:write")(connection, handler)


async def _account(
    hub: Hub, caller: Caller, account_id: UUID | None, user_id: str | None
) -> Account:
    """The account named, or the user's only one. Raises NotFound, BadRequest, Reauthorize."""
    async with hub.db.connection() as conn:
        if account_id is not None:
            owner = owner_of(caller, user_id)
            one = await accounts.get(conn, hub.provider.name, account_id, owner)
            found = [one] if one else []
        else:
            owner = user_of(caller, user_id)
            if owner is None:
                raise BadRequest("Say whose account to use: account_id or user_id.")
            found = await accounts.list_(conn, hub.provider.name, user_id=owner, limit=2)
    if not found:
        raise NotFound(f"There is no connected {hub.provider.title} account of this user.")
    if len(found) > 1:
        raise BadRequest("The user has several accounts here; choose one with account_id.")
    if found[0].status in ("expired", "revoked", "deleting"):
        raise Reauthorize(found[0].error_message)
    return found[0]


async def _api(
    hub: TheHub,
    request: Request[Caller, Any, Any],
    account_id: FromQuery[UUID | None] = None,
    user_id: FromQuery[str | None] = None,
) -> Api:
    account = await _account(hub, request.user, account_id, user_id)
    return hub.api(account.id, interactive=True)


async def _names(
    hub: TheHub,
    request: Request[Caller, Any, Any],
    account_id: FromQuery[UUID | None] = None,
    user_id: FromQuery[str | None] = None,
) -> Callable[[Collection[str]], Awaitable[dict[str, str]]]:
    account = await _account(hub, request.user, account_id, user_id)

    async def called(ids: Collection[str]) -> dict[str, str]:
        async with hub.db.connection() as conn:
            return await names.of_account(conn, account.id, ids)

    return called


async def _start_sync(
    hub: TheHub,
    request: Request[Caller, Any, Any],
    account_id: FromQuery[UUID | None] = None,
    user_id: FromQuery[str | None] = None,
) -> Callable[[Mode], Awaitable[UUID]]:
    account = await _account(hub, request.user, account_id, user_id)

    async def start(mode: Mode) -> UUID:
        async with hub.db.transaction() as conn:
            run_id = await runs.start_run(
                conn, streams=hub.provider.streams, account_id=account.id, mode=mode
            )
        hub.walks.set()
        return run_id

    return start


async def _told(
    hub: TheHub,
    request: Request[Caller, Any, Any],
    account_id: FromQuery[UUID | None] = None,
    user_id: FromQuery[str | None] = None,
) -> Mapping[str, str]:
    """What callers said of the account that its walks have to know."""
    account = await _account(hub, request.user, account_id, user_id)
    async with hub.db.connection() as conn:
        return await syncs.told(conn, account.id)


async def _tell(
    hub: TheHub,
    request: Request[Caller, Any, Any],
    account_id: FromQuery[UUID | None] = None,
    user_id: FromQuery[str | None] = None,
) -> Callable[[Mapping[str, str | None]], Awaitable[None]]:
    """Says more of it, or with None takes it back; the account's own walks run at once."""
    account = await _account(hub, request.user, account_id, user_id)

    async def tell(facts: Mapping[str, str | None]) -> None:
        async with hub.db.transaction() as conn:
            await syncs.tell(conn, account.id, facts)
        hub.walks.set()

    return tell
