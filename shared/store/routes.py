"""Whose webhook it is: the provider's keys (`repo:555`, `team:T1`) and the accounts that claim them."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from shared.store import inbox
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("routes")

EVERYTHING = "*"
"""The key of an account that takes what nobody else claims."""


async def set_routes(
    conn: Connection, provider: str, account_id: UUID, claims: Mapping[str, Sequence[str]]
) -> None:
    """Let each origin (the identity, the caller, a resource) claim exactly its keys.

    Deliveries that waited unrouted for one of them become due at once.
    """
    keys = [key for those in claims.values() for key in those]
    given = {
        "provider": provider,
        "account_id": account_id,
        "all": list(claims),
        "origins": [origin for origin, those in claims.items() for _ in those],
        "keys": keys,
    }
    await conn.execute(_SQL.drop_others, given)
    if keys:
        await conn.execute(_SQL.add, given)
        await inbox.revive(conn, provider, keys)


async def owners(
    conn: Connection, provider: str, keys: Collection[str]
) -> tuple[dict[str, set[UUID]], set[UUID]]:
    """Who claims each key, and who takes what nobody claims."""
    cursor = await conn.execute(_SQL.owners, {"provider": provider, "keys": [*keys, EVERYTHING]})
    claimed: dict[str, set[UUID]] = {}
    for key, account_id in await cursor.fetchall():
        claimed.setdefault(key, set()).add(account_id)
    return claimed, claimed.pop(EVERYTHING, set())
