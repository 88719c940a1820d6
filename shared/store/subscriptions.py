"""What is subscribed at the provider for an account, under leases with a generation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from shared.provider import Hook
from shared.store.database import Connection
from shared.store.sql import document, load
from shared.types import Resource

_SQL = load("subscriptions")


class Due(Struct, frozen=True):
    """One subscription that this worker holds; `gen` is the fence.

    `vanished`: the resource it was for is gone. `hook` is None while nothing exists at the provider.
    """

    account_id: UUID
    user_id: str
    scopes: frozenset[str]
    name: str
    resource: Resource
    vanished: bool
    hook: Hook | None
    renew_at: datetime | None
    gen: int
    error_count: int

    @property
    def id(self) -> UUID:
        """The account's id: an announcement needs it and `user_id`."""
        return self.account_id

    @property
    def where(self) -> dict[str, Any]:
        """What finds the row, and only while the lease is ours."""
        return {
            "account_id": self.account_id,
            "name": self.name,
            "resource": self.resource.id,
            "gen": self.gen,
        }


class State(Struct, frozen=True):
    """One subscription as `/status` and its owner may see it."""

    name: str
    resource: str
    status: str
    last_error: str
    expires_at: datetime | None
    checked_at: datetime | None
    repaired: int


async def want(
    conn: Connection,
    account_id: UUID,
    names: Sequence[str],
    per_resource: Sequence[str],
    *,
    afresh: bool,
) -> None:
    """Make sure that there is a row for everything wanted, and that what vanished is due."""
    facts = {"account_id": account_id, "per_resource": list(per_resource)}
    await conn.execute(_SQL.want, {**facts, "names": list(names), "afresh": afresh})
    await conn.execute(_SQL.hurry_vanished, facts)


async def hurry(conn: Connection, accounts: Sequence[UUID], name: str) -> None:
    """Let what is subscribed under this name be renewed now, whenever it was to be."""
    await conn.execute(_SQL.hurry, {"accounts": list(accounts), "name": name})


async def lease(
    conn: Connection,
    provider: str,
    names: Sequence[str],
    per_resource: Sequence[str],
    seconds: float,
) -> Due | None:
    """Take the subscription that has been due longest, for so many seconds; None: nothing is due."""
    facts = {"provider": provider, "names": list(names), "per_resource": list(per_resource)}
    cursor = await conn.execute(_SQL.lease, {**facts, "lease": seconds})
    row = await cursor.fetchone()
    return _due(row) if row else None


async def settle(
    conn: Connection,
    due: Due,
    hook: Hook,
    *,
    renew_at: datetime | None,
    repaired: int,
    seconds: float,
) -> bool:
    """Keep what exists at the provider now and check again in `seconds`; False: the lease is lost."""
    values = {
        **due.where,
        "remote_id": hook.remote_id,
        "facts": document(hook.facts),
        "expires_at": hook.expires_at,
        "renew_at": renew_at,
        "repaired": repaired,
        "seconds": seconds,
    }
    return (await conn.execute(_SQL.settle, values)).rowcount == 1


async def postpone(conn: Connection, due: Due, *, status: str, reason: str, seconds: float) -> None:
    """Say why it did not work and try again in `seconds`; `status` is active or failed."""
    values: Mapping[str, Any] = {"status": status, "reason": reason, "seconds": seconds}
    await conn.execute(_SQL.postpone, {**due.where, **values})


async def skip(conn: Connection, due: Due, *, reason: str, seconds: float) -> None:
    """Say why it is not possible, and look again in `seconds`."""
    await conn.execute(_SQL.skip, {**due.where, "reason": reason, "seconds": seconds})


async def drop(conn: Connection, due: Due) -> None:
    """Forget the row."""
    await conn.execute(_SQL.drop, due.where)


async def take_all(conn: Connection, account_id: UUID) -> list[Due]:
    """Take every subscription of an account that is being deleted from whoever holds it."""
    cursor = await conn.execute(_SQL.take_all, {"account_id": account_id})
    return [_due(row) for row in await cursor.fetchall()]


async def of_account(conn: Connection, account_id: UUID) -> list[State]:
    """Return what is subscribed for an account, by name and resource."""
    cursor = await conn.execute(_SQL.of_account, {"account_id": account_id})
    return [State(*row) for row in await cursor.fetchall()]


class Placed(Struct, frozen=True):
    """A subscription and whose it is; `account` is the account's own name for people."""

    account_id: UUID
    user_id: str
    account: str
    state: State


async def of_provider(
    conn: Connection, provider: str, *, user_id: str | None = None, limit: int = 200
) -> list[Placed]:
    """Subscriptions of a provider: those in trouble first, then by how soon they expire.

    `user_id` None asks for everybody's.
    """
    given = {"provider": provider, "user_id": user_id, "limit": limit}
    cursor = await conn.execute(_SQL.of_provider, given)
    rows = await cursor.fetchall()
    return [Placed(row[0], row[1], row[2], State(*row[3:])) for row in rows]


def _due(row: Sequence[Any]) -> Due:
    account_id, user_id, scopes, name, resource, title, facts, vanished, *hook = row
    remote_id, memory, expires_at, renew_at, gen, error_count = hook
    return Due(
        account_id=account_id,
        user_id=user_id,
        scopes=frozenset(scopes),
        name=name,
        resource=Resource(id=resource, name=title, facts=facts),
        vanished=vanished,
        hook=Hook(remote_id, expires_at, memory) if remote_id else None,
        renew_at=renew_at,
        gen=gen,
        error_count=error_count,
    )
