"""The connected accounts and their encrypted credentials. Serving functions ask for the user.

Where `user_id` is None the caller is trusted with every user: the hub itself, or an administrator.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import class_row

from shared.store import sql
from shared.store.database import Connection
from shared.types import Identity

SQL = sql.load("accounts")
FIRST = UUID(int=0)


class Account(Struct, frozen=True):
    """A connection as its owner may see it; no credential is part of it.

    `status` is active, expired (the grant ended), revoked (access was taken away), error or deleting;
    `error_message` says what to do about it. `token_expires_at` is None for one that does not expire.
    """

    id: UUID
    provider: str
    user_id: str
    provider_account_id: str
    name: str
    email: str
    status: str
    error_message: str
    scopes: tuple[str, ...]
    sync_enabled: bool
    last_sync_at: datetime | None
    token_expires_at: datetime | None
    created_at: datetime


class Sealed(Struct, frozen=True):
    """Encrypted credentials: the token set, the key it is under, and the number of that key's key."""

    token_ct: bytes
    dek_wrapped: bytes
    token_kid: int


class Credentials(Struct, frozen=True):
    """What decides about a refresh. `leased`: someone refreshes; `refused`: a refusal stands."""

    status: str
    error_message: str
    sealed: Sealed | None
    gen: int
    leased: bool
    refused: bool


class Wrapped(Struct, frozen=True):
    """One account's wrapped key."""

    id: UUID
    provider: str
    dek_wrapped: bytes


async def get(
    conn: Connection, provider: str, account_id: UUID, user_id: str | None = None
) -> Account | None:
    """Return the account, or None where it does not exist or belongs to somebody else."""
    return await _one(conn, "one", id=account_id, provider=provider, user_id=user_id)


async def list_(
    conn: Connection,
    provider: str,
    *,
    user_id: str | None = None,
    status: str | None = None,
    after: UUID = FIRST,
    limit: int = 50,
) -> list[Account]:
    """Return up to `limit` accounts in the order of their ids, beginning after `after`."""
    facts = {"provider": provider, "user_id": user_id, "status": status}
    return await _many(conn, "page", after=after, limit=limit, **facts)


async def claim(
    conn: Connection, provider: str, user_id: str, identity: Identity, scopes: Sequence[str]
) -> UUID | None:
    """Return the id of the account's row, made if needed and locked; None while it is being deleted."""
    row = await (
        await conn.execute(
            SQL.claim,
            {
                "user_id": user_id,
                "provider": provider,
                "provider_account_id": identity.id,
                "name": identity.name,
                "email": identity.email,
                "scopes": list(scopes),
            },
        )
    ).fetchone()
    return row[0] if row else None


async def connect(
    conn: Connection, account_id: UUID, sealed: Sealed, expires_at: datetime | None
) -> Account:
    """Give a claimed account its credentials and make it active."""
    account = await _one(conn, "connect", id=account_id, expires_at=expires_at, **_sealed(sealed))
    assert account is not None, "a claimed row is locked, so it is there"
    return account


async def set_sync(
    conn: Connection, provider: str, account_id: UUID, user_id: str | None, enabled: bool
) -> Account | None:
    """Switch sync on or off; None where there is no such account for this user."""
    return await _one(
        conn, "set_sync", id=account_id, provider=provider, user_id=user_id, enabled=enabled
    )


async def set_status(
    conn: Connection, account_id: UUID, status: str, message: str = "", *, gen: int | None = None
) -> Account | None:
    """Set the status and its sentence, with `gen` only if the credentials are still those.

    None when nothing changed: it was so already, or the account is being deleted.
    """
    values = {"status": status, "message": message, "gen": gen}
    return await _one(conn, "set_status", id=account_id, **values)


async def credentials(conn: Connection, account_id: UUID, again: float) -> Credentials | None:
    """Return the credentials; a refusal stands for `again` seconds."""
    cursor = await conn.execute(SQL.credentials, {"id": account_id, "again": again})
    row = await cursor.fetchone()
    if row is None:
        return None
    status, message, ct, dek, kid, gen, leased, refused = row
    sealed = Sealed(bytes(ct), bytes(dek), kid) if ct is not None and dek is not None else None
    return Credentials(status, message, sealed, gen, leased, bool(refused))


async def take_lease(conn: Connection, account_id: UUID, gen: int, lease: float) -> int | None:
    """Return the new generation when the right to refresh is ours for `lease` seconds."""
    values = {"id": account_id, "gen": gen, "lease": lease}
    row = await (await conn.execute(SQL.take_lease, values)).fetchone()
    return row[0] if row else None


async def store_token(
    conn: Connection, account_id: UUID, gen: int, sealed: Sealed, expires_at: datetime | None
) -> bool:
    """Store what a refresh brought; False when the fence was raised meanwhile."""
    values = {"id": account_id, "gen": gen, "expires_at": expires_at, **_sealed(sealed)}
    return (await conn.execute(SQL.store_token, values)).rowcount == 1


async def release_lease(conn: Connection, account_id: UUID, gen: int, pause: float) -> None:
    """Let the next caller try after `pause` seconds."""
    await conn.execute(SQL.release_lease, {"id": account_id, "gen": gen, "pause": pause})


async def refuse_grant(conn: Connection, account_id: UUID, gen: int, again: float) -> bool:
    """Note that the grant was called dead; True when the first refusal is `again` seconds old."""
    values = {"id": account_id, "gen": gen, "again": again}
    row = await (await conn.execute(SQL.refuse_grant, values)).fetchone()
    return bool(row and row[0])


async def due(conn: Connection, provider: str, *, rotating: bool, limit: int) -> list[UUID]:
    """Return the accounts whose credentials want a refresh, soonest expiry first."""
    values = {"provider": provider, "rotating": rotating, "limit": limit}
    return [row[0] async for row in await conn.execute(SQL.due, values)]


async def lock_wrapped(conn: Connection, kid: int, after: UUID, limit: int) -> list[Wrapped]:
    """Lock and return keys that another than `kid` wraps, in the order of the accounts' ids."""
    async with conn.cursor(row_factory=class_row(Wrapped)) as cursor:
        await cursor.execute(SQL.lock_wrapped, {"kid": kid, "after": after, "limit": limit})
        return await cursor.fetchall()


async def store_wrapped(conn: Connection, account_id: UUID, blob: bytes, kid: int) -> None:
    """Replace one account's wrapped key."""
    await conn.execute(SQL.store_wrapped, {"id": account_id, "dek_wrapped": blob, "kid": kid})


async def begin_deletion(
    conn: Connection, provider: str, account_id: UUID, user_id: str | None
) -> Account | None:
    """Stop the account for good; None where there is none, or its deletion has begun already."""
    return await _one(conn, "begin_deletion", id=account_id, provider=provider, user_id=user_id)


async def forget(conn: Connection, account_id: UUID) -> None:
    """Delete what is stored and queued of an account; the caller holds its outbox shard."""
    for name in ("outbox", "sync", "items", "resources", "letters", "inbox", "routes"):
        await conn.execute(SQL[f"forget_{name}"], {"id": account_id})


async def lease_deletions(
    conn: Connection, provider: str, lease: float, limit: int
) -> list[Account]:
    """Take up to `limit` unfinished deletions for `lease` seconds."""
    return await _many(conn, "lease_deletions", provider=provider, lease=lease, limit=limit)


async def erase_credentials(conn: Connection, account_id: UUID) -> None:
    """Forget the credentials and their key."""
    await conn.execute(SQL.erase_credentials, {"id": account_id})


async def remove(conn: Connection, account_id: UUID) -> None:
    """Remove the row of an account that is being deleted."""
    await conn.execute(SQL.remove, {"id": account_id})


def _sealed(it: Sealed) -> dict[str, Any]:
    return {"token_ct": it.token_ct, "dek_wrapped": it.dek_wrapped, "token_kid": it.token_kid}


async def _many(conn: Connection, statement: str, **values: Any) -> list[Account]:
    rows = await (await conn.execute(SQL[statement], values)).fetchall()
    named = [dict(zip(Account.__struct_fields__, row, strict=True)) for row in rows]
    return [Account(**it | {"scopes": tuple(it["scopes"])}) for it in named]


async def _one(conn: Connection, statement: str, **values: Any) -> Account | None:
    found = await _many(conn, statement, **values)
    return found[0] if found else None
