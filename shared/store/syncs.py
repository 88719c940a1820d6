"""Cursors, their leases, and the parts of an account that have cursors of their own."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID, uuid4

from msgspec import Struct

from shared.store import routes
from shared.store.database import Connection
from shared.store.sql import document, load
from shared.types import Nudge, Resource

_SQL = load("syncs")
_RUNS = load("runs")

LEASE = 30.0
"""Seconds after which another worker may take a walk over from one that no longer answers."""


class LeaseLost(Exception):
    """Somebody else holds this walk now: what was read is dropped, and nothing of it is published."""


class Unit(Struct, frozen=True):
    """One walk that this worker holds: a stream over an account, or over one of its resources.

    `cursor` is the stream's own struct as JSON, or None at the very beginning. `gen` is the fence.
    `scopes` were granted to the account; empty where the provider does not tell. `beside` is the walk
    that proves what is gone in the other lane just now.
    """

    account_id: UUID
    stream: str
    resource: Resource
    lane: Literal["live", "full"]
    cursor: bytes | None
    walk: UUID | None
    walking: bool
    run_id: UUID | None
    gen: int
    error_count: int
    scopes: frozenset[str] = frozenset()
    beside: UUID | None = None

    @property
    def fresh(self) -> UUID:
        """The id of a walk that begins: two that prove side by side share one, and bury nothing of
        what the other one saw."""
        return self.beside or uuid4()

    @property
    def about(self) -> dict[str, str]:
        """What log lines and spans call it by."""
        run = str(self.run_id or "")
        return {"account": str(self.account_id), "stream": self.stream, "run": run}

    @property
    def where(self) -> dict[str, object]:
        """What finds the row, and only while the lease is ours."""
        return {
            "account_id": self.account_id,
            "stream": self.stream,
            "resource": self.resource.id,
            "lane": self.lane,
            "gen": self.gen,
            "run_id": self.run_id,
            "lease": LEASE,
        }


async def ensure(
    conn: Connection,
    account_id: UUID,
    walks: Sequence[tuple[str, str]],
    run_id: UUID | None,
) -> int:
    """Make sure that a cursor exists for each (stream, resource); return how many are new."""
    cursor = await conn.execute(
        _SQL.ensure,
        {
            "account_id": account_id,
            "streams": [it[0] for it in walks],
            "resources": [it[1] for it in walks],
            "run_id": run_id,
        },
    )
    return cursor.rowcount


async def lease(conn: Connection, provider: str, owner: str, skip: Sequence[UUID]) -> Unit | None:
    """Take the walk that has been due longest, leaving out the accounts in `skip`."""
    cursor = await conn.execute(
        _SQL.lease, {"provider": provider, "owner": owner, "lease": LEASE, "skip": list(skip)}
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Unit(
        account_id=row[0],
        stream=row[1],
        resource=Resource(id=row[2], name=row[10], facts=row[11] or {}),
        lane=row[3],
        cursor=row[4],
        walk=row[5],
        walking=row[6],
        run_id=row[7],
        gen=row[8],
        error_count=row[9],
        scopes=frozenset(row[12]),
        beside=row[13],
    )


async def keep(conn: Connection, unit: Unit) -> None:
    """Hold on to a walk whose next page takes long; raises LeaseLost when it is not ours any more."""
    _ours(await conn.execute(_SQL.keep, unit.where))


async def advance(
    conn: Connection, unit: Unit, cursor: bytes, walk: UUID | None, *, pages: int = 1
) -> None:
    """Move the cursor past so many pages, in the transaction that wrote what it passed."""
    given = {**unit.where, "cursor": cursor, "walk": walk, "pages": pages}
    _ours(await conn.execute(_SQL.advance, given))


async def release(
    conn: Connection, unit: Unit, *, seconds: float, error: str = "", failed: bool = False
) -> None:
    """Give a walk back in the middle; it is due again after that many seconds."""
    given = {**unit.where, "seconds": seconds, "error": error, "failed": failed}
    await conn.execute(_SQL.release, given)


async def finish(conn: Connection, unit: Unit, *, seconds: float, note: str = "") -> None:
    """End a complete walk; a full one hands its cursor to the live lane."""
    _ours(await conn.execute(_SQL.finish, {**unit.where, "seconds": seconds, "note": note}))
    if unit.lane == "full":
        await conn.execute(_SQL.swap, unit.where)
    await conn.execute(_SQL.synced, {"account_id": unit.account_id})


async def fail_account(conn: Connection, account_id: UUID, sentence: str) -> None:
    """Show a failure on the account itself; the next walk that succeeds takes it back."""
    await conn.execute(_SQL.fail_account, {"account_id": account_id, "sentence": sentence})


async def nudge(
    conn: Connection, accounts: Sequence[UUID], stream: str = "", resource: str = ""
) -> None:
    """Make live walks due now: of one stream or all, of one resource or all."""
    given = {"accounts": list(accounts), "stream": stream, "resource": resource}
    await conn.execute(_SQL.nudge, given)


async def found(conn: Connection, accounts: Sequence[UUID], nudge: Nudge) -> None:
    """Keep what a webhook was the first to name: a resource, and the walk that it asks for."""
    given = {"accounts": list(accounts), "stream": nudge.stream, "resource": nudge.resource}
    facts = document(nudge.facts)
    await conn.execute(_SQL.found, {**given, "facts": facts})


async def put_resources(
    conn: Connection,
    provider: str,
    unit: Unit,
    resources: Sequence[Resource],
    *,
    streams: Sequence[str],
    walk: UUID | None,
) -> None:
    """Keep what a page discovered: the resources, their routes, and a cursor per stream for each.

    Walks over what has other facts now are due at once.
    """
    await conn.execute(
        _SQL.put_resources,
        {
            "account_id": unit.account_id,
            "stream": unit.stream,
            "walk": walk,
            "ids": [it.id for it in resources],
            "names": [it.name for it in resources],
            "facts": [document(it.facts) for it in resources],
        },
    )
    claims = {f"{unit.stream}:{it.id}": it.routes for it in resources}
    await routes.set_routes(conn, provider, unit.account_id, claims)
    walks = [(stream, it.id) for it in resources for stream in streams]
    fresh = await ensure(conn, unit.account_id, walks, unit.run_id)
    if unit.run_id and fresh:
        await conn.execute(_RUNS.add_units, {"run_id": unit.run_id, "n": fresh})


async def drop_resources(conn: Connection, unit: Unit, walk: UUID) -> int:
    """Forget the resources that a complete walk did not list; return how many."""
    cursor = await conn.execute(
        _SQL.drop_resources,
        {"account_id": unit.account_id, "stream": unit.stream, "walk": walk},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def told(conn: Connection, account_id: UUID) -> dict[str, str]:
    """What callers said of the account itself."""
    row = await (await conn.execute(_SQL.told, {"account_id": account_id})).fetchone()
    return dict(row[0]) if row else {}


async def tell(conn: Connection, account_id: UUID, facts: Mapping[str, str | None]) -> None:
    """Keep what a caller says of the account beside what was said before; None takes a fact back.

    Its own walks find it in the facts of their resource, which has no id, and are due at once.
    """
    kept = document({name: it for name, it in facts.items() if it is not None})
    gone = [name for name, it in facts.items() if it is None]
    await conn.execute(_SQL.tell, {"account_id": account_id, "facts": kept, "gone": gone})


async def attempted(conn: Connection, account_id: UUID, stream: str) -> bool:
    """Whether a stream was walked once, or said why it could not be."""
    given = {"account_id": account_id, "stream": stream}
    row = await (await conn.execute(_SQL.attempted, given)).fetchone()
    return row is not None and bool(row[0])


def _ours(cursor: object) -> None:
    if getattr(cursor, "rowcount", 0) != 1:
        raise LeaseLost
