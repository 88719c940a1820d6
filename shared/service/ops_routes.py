"""What operators and orchestrators ask: alive, ready, how it stands, and what was given up on."""

import asyncio
import time
from contextlib import suppress
from typing import Annotated, Literal

from litestar import Controller, Request, Response, get, post
from litestar.params import FromQuery, PathParameter, QueryParameter
from msgspec import Raw, Struct, json

from shared.errors import Away, BadRequest, NotFound
from shared.normalizer.cloudevents import Event
from shared.service.callers import Caller, guard
from shared.service.hub import Hub, TheHub
from shared.store import audit, dead, ledger
from shared.store.database import Connection
from shared.store.dead import Letter
from shared.store.status import Status, status
from shared.sync.normalize import Ignored
from shared.sync.pages import Origin
from shared.telemetry.metrics import CONTENT_TYPE
from shared.types import Record

Requester = Request[Caller, None, object]  # type: ignore[type-var]  # the state is not used

LARGEST = 2**63 - 1
"""What a row's number may be."""
LetterId = Annotated[int, PathParameter(ge=1, le=LARGEST)]

STALE = 10.0
"""Seconds without a turn of the event loop after which the process counts as stuck."""


class Health(Struct):
    """Alive, or the reason why not."""

    status: Literal["ok", "failing"]
    reason: str = ""


class Report(Struct):
    """One service's state."""

    service: str
    provider: str
    configured: bool
    missing: tuple[str, ...]
    postgres: str
    nats: Literal["connected", "reconnecting", "closed"]
    now: Status


class Letters(Struct):
    """A page of dead letters, newest first; pass `next` as `before` for the following one."""

    dead_letters: list[Letter]
    next: int | None = None


class Replayed(Struct):
    """What a replay did."""

    id: int
    outcome: Literal["queued", "published", "unchanged"]


@get("/health", tags=["operations"], opt={"exclude_from_auth": True})
async def health(hub: TheHub) -> Response[Health]:
    """Liveness: the event loop turns and the NATS client has not given up for good."""
    began = time.monotonic()
    await asyncio.sleep(0)
    if time.monotonic() - began > STALE:
        return Response(Health("failing", "the event loop is stuck"), status_code=503)
    if hub.bus.closed:
        return Response(Health("failing", "the NATS client is closed"), status_code=503)
    return Response(Health("ok"))


@get("/health/ready", tags=["operations"], opt={"exclude_from_auth": True})
async def ready(hub: TheHub) -> Response[Health]:
    """Readiness: PostgreSQL answers within a second and the inbox has room. NATS may be away."""
    if not await hub.db.alive(1.0):
        return Response(Health("failing", "PostgreSQL does not answer"), status_code=503)
    if hub.inbox_full:
        return Response(Health("failing", "the inbox is full"), status_code=503)
    return Response(Health("ok"))


@get("/metrics", tags=["operations"], opt={"exclude_from_auth": True}, media_type=CONTENT_TYPE)
async def metrics(hub: TheHub) -> bytes:
    """Figures for Prometheus; those of the stream are as old as NATS' last answer."""
    hub.metrics.nats_connected.set(hub.bus.connected)
    with suppress(Away):
        _, used, limit = await hub.bus.fill()
        hub.metrics.stream_bytes.set(used)
        hub.metrics.stream_limit.set(limit)
    return hub.metrics.render()


@get("/status", tags=["operations"], guards=[guard("connections:read")])
async def report(hub: TheHub) -> Report:
    """How this service stands; no user's data is part of it."""
    return await reported(hub)


async def reported(hub: Hub) -> Report:
    """How a service stands. Raises Away."""
    async with hub.db.connection() as conn:
        now = await status(conn, hub.provider.name, hub.provider.sources)
    missing = hub.settings.missing()
    return Report(
        service=hub.settings.service.name,
        provider=hub.provider.name,
        configured=not missing,
        missing=missing,
        postgres="connected",
        nats="closed" if hub.bus.closed else "connected" if hub.bus.connected else "reconnecting",
        now=now,
    )


class DeadLetterController(Controller):
    """`/dead-letters`: what could not be understood or published."""

    path = "/dead-letters"
    tags = ("operations",)
    guards = (guard("admin"),)

    @get("/")
    async def recent(
        self,
        hub: TheHub,
        before: Annotated[int | None, QueryParameter(ge=1, le=LARGEST)] = None,
        replayed: FromQuery[bool] = False,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> Letters:
        """Dead letters that nobody replayed yet, newest first; with `replayed`, the others too."""
        async with hub.db.connection() as conn:
            found = await dead.letters(
                conn, hub.provider.name, before=before, limit=limit, open_only=not replayed
            )
        return Letters(found, found[-1].id if len(found) == limit else None)

    @post("/{letter_id:int}/replay", status_code=202)
    async def replay(self, hub: TheHub, request: Requester, letter_id: LetterId) -> Replayed:
        """Try a dead letter again, once: as if it had just arrived."""
        return await replay(hub, request.user.subject, letter_id)


async def replay(hub: Hub, actor: str, letter_id: int) -> Replayed:
    """Try a dead letter again, once. Raises NotFound, BadRequest, Unreadable."""
    async with hub.db.transaction() as conn:
        taken = await dead.take(conn, hub.provider.name, letter_id)
        if taken is None:
            raise NotFound("There is no such dead letter, or it was replayed already.")
        outcome: Literal["queued", "published", "unchanged"] = "queued"
        if taken.kind in ("webhook", "unsupported") and b'"method"' in taken.headers:
            await dead.replay_webhook(conn, hub.provider.name, taken)
        elif taken.kind == "event":
            await ledger.write(conn, [_event(taken)])
        else:
            outcome = await _again(hub, conn, taken)
        await audit.write(
            conn,
            actor,
            "replay",
            outcome,
            account_id=taken.account_id,
            detail={"dead_letter": letter_id},
        )
    hub.wake()
    return Replayed(letter_id, outcome)


def _event(taken: dead.Taken) -> Event:
    headers = json.decode(taken.headers, type=dict[str, str])
    assert taken.account_id is not None
    return Event(
        account_id=taken.account_id,
        subject=headers.pop("subject"),  # put there when the event was given up on
        id=taken.what,
        headers=headers,
        payload=taken.body,
    )


async def _again(
    hub: Hub, conn: Connection, taken: dead.Taken
) -> Literal["published", "unchanged"]:
    """Normalize a record of a sync once more; raises Unreadable when it still cannot be read."""
    was = json.decode(taken.headers, type=Origin)
    record = Record(was.kind, Raw(taken.body), revision=was.revision, removed=was.removed)
    version = hub.normalize(record)
    if isinstance(version, Ignored) or taken.account_id is None:
        return "unchanged"
    users = await ledger.lock_accounts(conn, [taken.account_id])
    if taken.account_id not in users:
        raise BadRequest("The account of this dead letter is gone or switched off.")
    item = ledger.Item(taken.account_id, version)
    return "published" if await ledger.publish(conn, users, [item]) else "unchanged"
