"""Dead letters: what could not be understood or published, kept whole until somebody looks."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct, json

from shared.store.database import Connection
from shared.store.inbox import packed
from shared.store.sql import load
from shared.types import Delivery

_SQL = load("dead")

Kind = Literal["webhook", "unsupported", "record", "event"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Letter(Struct, frozen=True):
    """A dead letter as an operator sees it; the body stays in the database. `size` is in bytes."""

    id: int
    kind: Kind
    account_id: UUID | None
    what: str
    error: str
    attempts: int
    at: datetime
    replayed_at: datetime | None
    size: int


class Taken(Struct, frozen=True):
    """A dead letter taken out for a replay."""

    kind: Kind
    account_id: UUID | None
    what: str
    headers: bytes
    body: bytes


class _Envelope(Struct):
    method: str
    query: str
    headers: dict[str, str]


async def put(
    conn: Connection,
    kind: Kind,
    provider: str,
    *,
    what: str,
    body: bytes,
    error: str,
    headers: bytes = b"",
    account_id: UUID | None = None,
    attempts: int = 1,
) -> None:
    """Keep something that could not be dealt with, and why."""
    await conn.execute(
        _SQL.put,
        {
            "kind": kind,
            "provider": provider,
            "account_id": account_id,
            "what": what,
            "headers": headers,
            "body": body,
            "error": error[:2000],
            "attempts": attempts,
        },
    )


def envelope(delivery: Delivery) -> bytes:
    """What a delivery had around its body, so that a replay gives the same delivery."""
    return json.encode(
        _Envelope(method=delivery.method, query=delivery.query, headers=dict(delivery.headers))
    )


async def letters(
    conn: Connection, provider: str, *, before: int | None, limit: int, open_only: bool
) -> list[Letter]:
    """Dead letters, newest first."""
    cursor = await conn.execute(
        _SQL.list, {"provider": provider, "before": before, "limit": limit, "open": open_only}
    )
    return [Letter(*row) for row in await cursor.fetchall()]


async def take(conn: Connection, provider: str, letter_id: int) -> Taken | None:
    """Take a dead letter for a replay; None when there is none, or it was replayed already."""
    cursor = await conn.execute(_SQL.take, {"provider": provider, "id": letter_id})
    row = await cursor.fetchone()
    return Taken(*row) if row else None


async def replay_webhook(conn: Connection, provider: str, taken: Taken) -> None:
    """Put a delivery back into the inbox as it arrived."""
    was = json.decode(taken.headers, type=_Envelope)
    await conn.execute(
        _SQL.replay_webhook,
        {
            "provider": provider,
            "what": taken.what,
            "method": was.method,
            "query": was.query,
            "headers": json.encode(was.headers),
            "body": packed(taken.body),
        },
    )


async def count(conn: Connection, provider: str) -> dict[str, int]:
    """Dead letters nobody has replayed, by kind."""
    cursor = await conn.execute(_SQL.count, {"provider": provider})
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def forget(conn: Connection, provider: str) -> None:
    """Drop letters that are past their time."""
    await conn.execute(_SQL.forget, {"provider": provider})
