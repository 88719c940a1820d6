"""API keys: the id and the SHA-256 of the secret, which is shown once and stored nowhere."""

from datetime import datetime

from msgspec import Struct

from shared.store import sql
from shared.store.database import Connection

_SQL = sql.load("api_keys")


class Key(Struct, frozen=True):
    """A live key; `user_id` is None for a backend that speaks for several users."""

    id: str
    secret_sha256: bytes
    name: str
    scopes: tuple[str, ...]
    user_id: str | None


class KeyFacts(Struct, frozen=True):
    """What may be shown of a key."""

    id: str
    name: str
    scopes: tuple[str, ...]
    user_id: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


async def add(conn: Connection, key: Key, days: int) -> None:
    """Store a key that lives for `days`."""
    await conn.execute(
        _SQL["add"],
        {
            "id": key.id,
            "secret_sha256": key.secret_sha256,
            "name": key.name,
            "scopes": list(key.scopes),
            "user_id": key.user_id,
            "days": days,
        },
    )


async def live(conn: Connection, key_id: str) -> Key | None:
    """Return the key unless it is unknown, revoked or over."""
    row = await (await conn.execute(_SQL.live, {"id": key_id})).fetchone()
    return Key(row[0], bytes(row[1]), row[2], tuple(row[3]), row[4]) if row else None


async def used(conn: Connection, key_id: str) -> None:
    """Note that the key was used, at most once a minute."""
    await conn.execute(_SQL.used, {"id": key_id})


async def revoke(conn: Connection, key_id: str) -> bool:
    """End a key now; False when there is no such live key."""
    return (await conn.execute(_SQL.revoke, {"id": key_id})).rowcount == 1


async def all_(conn: Connection) -> list[KeyFacts]:
    """Every key, oldest first."""
    rows = await (await conn.execute(_SQL.all)).fetchall()
    return [KeyFacts(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows]
