"""What ids are called: told by walks and webhooks, kept by account, and given to normalizers."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("names")


async def put(conn: Connection, accounts: Collection[UUID], names: Mapping[str, str]) -> None:
    """Keep names for accounts, in the place of those that were known."""
    if accounts and names:
        ids = sorted(names)  # in one order, so that two writers never wait for each other
        given = {"accounts": sorted(accounts), "ids": ids, "names": [names[it] for it in ids]}
        await conn.execute(_SQL.put, given)


async def of_account(conn: Connection, account_id: UUID, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those ids that are known."""
    cursor = await conn.execute(_SQL.of_account, {"account_id": account_id, "ids": list(ids)})
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def of_routes(
    conn: Connection, provider: str, keys: Collection[str], ids: Collection[str]
) -> dict[str, dict[str, str]]:
    """Return by route key the names that the accounts of that key know."""
    given = {"provider": provider, "keys": list(keys), "ids": list(ids)}
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, ident, name in await (await conn.execute(_SQL.of_routes, given)).fetchall():
        found[key][ident] = name
    return found
