"""Who did what to whose connection. Append only: the database itself refuses changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.store import sql
from shared.store.database import Connection

_SQL = sql.load("audit")


async def write(
    conn: Connection,
    actor: str,
    action: str,
    outcome: str,
    *,
    user_id: str = "",
    account_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a line, in the caller's transaction; never a token or a provider's text."""
    await conn.execute(
        _SQL.write,
        {
            "actor": actor,
            "user_id": user_id,
            "account_id": account_id,
            "action": action,
            "outcome": outcome,
            "detail": Jsonb(dict(detail or {})),
        },
    )
