"""Connections in the making. Tickets, states and sessions are stored as SHA-256 only."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from msgspec import Struct

from shared.store import sql
from shared.store.database import Connection

_SQL = sql.load("flows")


class Flow(Struct, frozen=True):
    """Who wants to connect what; `verifier_ct` is encrypted."""

    id: UUID
    user_id: str
    verifier_ct: bytes
    scopes: tuple[str, ...]
    redirect_uri: str
    return_to: str


async def add(conn: Connection, provider: str, flow: Flow, ticket: str, life: float) -> datetime:
    """Store a flow for `life` seconds and return when it ends."""
    row = await (
        await conn.execute(
            _SQL["add"],
            {
                "id": flow.id,
                "ticket": _hash(ticket),
                "user_id": flow.user_id,
                "provider": provider,
                "verifier_ct": flow.verifier_ct,
                "scopes": list(flow.scopes),
                "redirect_uri": flow.redirect_uri,
                "return_to": flow.return_to,
                "life": life,
            },
        )
    ).fetchone()
    assert row is not None
    expires_at: datetime = row[0]
    return expires_at


async def open_(
    conn: Connection, provider: str, ticket: str, state: str, session: str
) -> Flow | None:
    """Bind the flow to a browser; None for a ticket that is unknown, used or too old."""
    values = {"ticket": _hash(ticket), "state": _hash(state), "session": _hash(session)}
    return await _flow(conn, "open", provider=provider, **values)


async def consume(conn: Connection, provider: str, state: str, session: str) -> Flow | None:
    """Take the flow, once; None when it is unknown, used, too old or another browser's."""
    values = {"state": _hash(state), "session": _hash(session)}
    return await _flow(conn, "consume", provider=provider, **values)


async def forget(conn: Connection) -> None:
    """Drop flows that ended a day ago."""
    await conn.execute(_SQL.forget)


async def _flow(conn: Connection, statement: str, **values: Any) -> Flow | None:
    row = await (await conn.execute(_SQL[statement], values)).fetchone()
    if row is None:
        return None
    id_, user_id, verifier_ct, scopes, redirect_uri, return_to = row
    return Flow(id_, user_id, bytes(verifier_ct), tuple(scopes), redirect_uri, return_to)


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
