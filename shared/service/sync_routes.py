"""Start syncs and watch them."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from shared.errors import BadRequest, NotFound
from shared.service.callers import Caller, guard, owner_of, user_of
from shared.service.hub import Hub, TheHub
from shared.store import accounts, audit, runs
from shared.store.runs import Mode, Run

Requester = Request[Caller, None, object]  # type: ignore[type-var]  # the state is not used


class Trigger(Struct, forbid_unknown_fields=True):
    """Which account to sync, or whose; one stream or all; only what is new, or everything again."""

    account_id: UUID | None = None
    user_id: str | None = None
    stream: str = ""
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    """The runs that are under way now, one per account."""

    run_ids: list[UUID]


class Runs(Struct):
    """A page of runs, newest first; pass `next` as `before` for the following one."""

    runs: list[Run]
    next: datetime | None = None


async def start(hub: Hub, caller: Caller, trigger: Trigger) -> Started:
    """Start a run for every account meant, or name the ones that are under way already."""
    names = [it.name for it in hub.provider.streams]
    if trigger.stream and trigger.stream not in names:
        raise BadRequest(f"There is no stream {trigger.stream!r}; choose from {', '.join(names)}.")
    if trigger.account_id is None and trigger.user_id is None and caller.user_id is None:
        raise BadRequest("Say which account_id or user_id to sync.")
    whose = owner_of if trigger.account_id else user_of
    user_id = whose(caller, trigger.user_id)
    started: list[UUID] = []
    async with hub.db.transaction() as conn:
        if trigger.account_id is not None:
            one = await accounts.get(conn, hub.provider.name, trigger.account_id, user_id)
            found = [one] if one else []
        else:
            found = await accounts.list_(conn, hub.provider.name, user_id=user_id, limit=100)
        for account in found:
            if account.status == "deleting" or not account.sync_enabled:
                continue
            started.append(
                await runs.start_run(
                    conn,
                    streams=hub.provider.streams,
                    account_id=account.id,
                    mode=trigger.mode,
                    stream=trigger.stream,
                )
            )
            await audit.write(
                conn,
                caller.subject,
                "sync",
                "started",
                user_id=account.user_id,
                account_id=account.id,
                detail={"mode": trigger.mode, "stream": trigger.stream},
            )
    if not started:
        raise NotFound("There is no such account, or its sync is switched off.")
    hub.walks.set()
    return Started(started)


class SyncController(Controller):
    """`/sync`: POST starts; GET does the same for clients of the original design."""

    path = "/sync"
    tags = ("sync",)

    @post("/", status_code=202, guards=[guard("sync:run")])
    async def trigger(self, hub: TheHub, request: Requester, data: JSONBody[Trigger]) -> Started:
        """Start a sync; it goes on in the background, `/sync/runs/{id}` tells how far it is."""
        return await start(hub, request.user, data)

    @get("/", status_code=202, guards=[guard("sync:run")])
    async def trigger_by_get(
        self,
        hub: TheHub,
        request: Requester,
        *,
        account_id: FromQuery[UUID | None] = None,
        user_id: FromQuery[str | None] = None,
        stream: FromQuery[str] = "",
        mode: FromQuery[Mode] = "incremental",
    ) -> Started:
        """Start a sync; kept for clients of the original design, prefer POST."""
        asked = Trigger(account_id=account_id, user_id=user_id, stream=stream, mode=mode)
        return await start(hub, request.user, asked)

    @get("/runs", guards=[guard("connections:read")])
    async def recent(
        self,
        hub: TheHub,
        request: Requester,
        *,
        account_id: FromQuery[UUID | None] = None,
        user_id: FromQuery[str | None] = None,
        before: FromQuery[datetime | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> Runs:
        """Runs, newest first."""
        async with hub.db.connection() as conn:
            found = await runs.get(
                conn,
                hub.provider.name,
                user_id=user_of(request.user, user_id),
                account_id=account_id,
                before=before,
                limit=limit,
                now=datetime.now(UTC),
            )
        return Runs(found, found[-1].created_at if len(found) == limit else None)

    @get("/runs/{run_id:uuid}", guards=[guard("connections:read")])
    async def one(
        self,
        hub: TheHub,
        request: Requester,
        run_id: FromPath[UUID],
        user_id: FromQuery[str | None] = None,
    ) -> Run:
        """One run: listed = published + unchanged + excluded, or it is not a success."""
        async with hub.db.connection() as conn:
            found = await runs.get(
                conn,
                hub.provider.name,
                run_id=run_id,
                user_id=owner_of(request.user, user_id),
                now=datetime.now(UTC),
            )
        if not found:
            raise NotFound("There is no such run.")
        return found[0]
