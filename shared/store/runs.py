"""Sync runs: what a person, a new connection or a recovery asked for, and how far it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, json, structs

from shared.provider import Provider, Stream
from shared.store import events, ledger, syncs
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("runs")

Mode = Literal["full", "incremental"]


class Run(Struct, frozen=True):
    """One run as its owner sees it. Items: `listed = published + unchanged + excluded` or no success.

    `units` are the walks (stream by resource) that belong to the run; more are found on the way.
    `eta_seconds` is an estimate from the pace so far, absent while there is nothing to estimate by.
    While all of its walks wait, `waiting` says what for and `waiting_seconds` for how long.
    """

    id: UUID
    account_id: UUID
    user_id: str
    stream: str
    mode: Mode
    status: Literal["queued", "running", "success", "failed", "cancelled"]
    units: int
    units_done: int
    units_failed: int
    pages: int
    listed: int
    published: int
    unchanged: int
    excluded: dict[str, int]
    expected: int | None
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    eta_seconds: float | None = None
    waiting: str = ""
    waiting_seconds: float | None = None


async def start_run(
    conn: Connection,
    *,
    streams: tuple[Stream, ...],
    account_id: UUID,
    mode: Mode,
    stream: str = "",
) -> UUID:
    """Begin a run over one stream or all of them, or return the one that is already under way.

    A full run of an account that has a history walks in lanes of its own, beside the live cursors.
    """
    asked = {"account_id": account_id, "mode": mode, "stream": stream}
    await ledger.lock_accounts(conn, [account_id])
    row = await (await conn.execute(_SQL.active, asked)).fetchone()
    if row is not None:
        return UUID(str(row[0]))
    row = await (await conn.execute(_SQL.create, asked)).fetchone()
    assert row is not None
    run_id = UUID(str(row[0]))
    fresh = await syncs.ensure(
        conn, account_id, [(it.name, "") for it in streams if not it.per_resource], run_id
    )
    given = {**asked, "run_id": run_id}
    cursor = await conn.execute(
        _SQL.add_full if mode == "full" and not fresh else _SQL.adopt_live, given
    )
    await conn.execute(_SQL.add_units, {"run_id": run_id, "n": cursor.rowcount})
    return run_id


async def get(
    conn: Connection,
    provider: str,
    *,
    run_id: UUID | None = None,
    user_id: str | None = None,
    account_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
    now: datetime,
) -> list[Run]:
    """Runs, newest first; `user_id` None asks for everybody's."""
    cursor = await conn.execute(
        _SQL.get,
        {
            "provider": provider,
            "id": run_id,
            "user_id": user_id,
            "account_id": account_id,
            "before": before,
            "limit": limit,
        },
    )
    return [_timed(Run(*row), now) for row in await cursor.fetchall()]


async def forget(conn: Connection, provider: str) -> None:
    """Drop runs that ended thirty days ago."""
    await conn.execute(_SQL.forget, {"provider": provider})


def _timed(run: Run, now: datetime) -> Run:
    if run.status != "running" or not run.units_done or run.started_at is None:
        return run
    pace = (now - run.started_at).total_seconds() / run.units_done
    left = max(pace * (run.units - run.units_done), run.waiting_seconds or 0.0)
    return structs.replace(run, eta_seconds=round(left, 1))


async def count(
    conn: Connection,
    run_id: UUID,
    *,
    pages: int,
    listed: int,
    published: int,
    unchanged: int,
    excluded: Mapping[str, int],
    expected: int | None,
) -> None:
    """Add one page's figures to its run."""
    await conn.execute(
        _SQL.count,
        {
            "run_id": run_id,
            "pages": pages,
            "listed": listed,
            "published": published,
            "unchanged": unchanged,
            "excluded": json.encode(excluded).decode(),
            "expected": expected,
        },
    )


async def unit_done(
    conn: Connection,
    provider: Provider,
    unit: syncs.Unit,
    *,
    users: Mapping[UUID, str],
    error: str = "",
) -> None:
    """One walk of the run ended; the last one ends the run and tells it on the bus.

    `users` comes from `ledger.lock_accounts` in the same transaction.
    """
    if error:
        await conn.execute(_SQL.detach, unit.where)
        if unit.lane == "full":
            await conn.execute(_SQL.drop_full, unit.where)
    given = {"run_id": unit.run_id, "failed": bool(error), "error": error}
    row = await (await conn.execute(_SQL.unit_done, given)).fetchone()
    if row is None or row[0] == "running":
        return
    if user_id := users.get(unit.account_id):
        facts = ("status", "listed", "published", "unchanged", "mode")
        detail = {"run_id": str(unit.run_id), **dict(zip(facts, row, strict=True))}
        account = Owner(unit.account_id, user_id)
        await events.announce(conn, provider, account, "sync_finished", detail)


class Owner(Struct, frozen=True):
    """An account and whose it is."""

    id: UUID
    user_id: str
