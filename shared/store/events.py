"""What happens to a connection, told on the bus in the transaction that made it happen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from shared.normalizer.cloudevents import of_connection
from shared.provider import Provider
from shared.store import ledger
from shared.store.database import Connection


class Owned(Protocol):
    """An account, as far as an event needs it."""

    @property
    def id(self) -> UUID: ...
    @property
    def user_id(self) -> str: ...


async def announce(
    conn: Connection,
    provider: Provider,
    account: Owned,
    what: str,
    detail: Mapping[str, Any] | None = None,
    *,
    sources: tuple[str, ...] = (),
) -> None:
    """Put a connection event into the outbox, once for each source of the provider.

    `what` and the facts in `detail` are one of `shared.normalizer.connection`.
    """
    at, occasion = datetime.now(UTC), uuid4().hex
    await ledger.write(
        conn,
        [
            of_connection(
                what,
                source=source,
                account_id=account.id,
                user_id=account.user_id,
                at=at,
                occasion=occasion,
                detail={"provider": provider.name, **(detail or {})},
            )
            for source in sources or provider.sources
        ],
    )
