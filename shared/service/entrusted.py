"""The webhook secret of a provider that makes it itself: kept sealed, the same for every replica."""

import time
from collections.abc import Callable, Sequence

import structlog

from shared.errors import Away
from shared.oauth.keyring import DecryptError, Keyring, entrusted_at
from shared.store import entrusted
from shared.store.database import Database
from shared.types import Secret

log = structlog.get_logger()

FRESH = 5.0
"""Seconds for which a replica goes by what it read last."""


class Entrusted:
    """One provider's; `now` is in seconds."""

    def __init__(
        self,
        db: Database,
        keys: Keyring,
        provider: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._keys, self._provider, self._now = db, keys, provider, now
        self._place = entrusted_at(provider)
        self._known: Sequence[bytes] = ()
        self._until = float("-inf")

    async def secrets(self) -> Sequence[bytes]:
        """What deliveries are proven by, empty while there is none.

        Raises Away, also while no key of ours opens it.
        """
        if self._now() >= self._until:
            async with self._db.connection() as conn:
                sealed = await entrusted.get(conn, self._provider)
            try:
                self._known = (self._keys.open_(sealed, **self._place),) if sealed else ()
            except DecryptError:
                log.error("a webhook secret cannot be opened", provider=self._provider)  # noqa: TRY400 - said whole
                raise Away("The webhook's secret cannot be opened; check ENCRYPTION_KEYS") from None
            self._until = self._now() + FRESH
        return self._known

    async def take(self, secret: Secret) -> bool:
        """Keep it; False where another replica was told one before."""
        sealed = self._keys.seal(secret.reveal().encode(), **self._place)
        async with self._db.transaction() as conn:
            taken = await entrusted.put(conn, self._provider, sealed)
        self._until = float("-inf")
        if taken:
            log.info("a webhook secret was handed over", provider=self._provider)
        return taken

    async def forget(self) -> bool:
        """Make room for the next one; False where there is none."""
        async with self._db.transaction() as conn:
            dropped = await entrusted.drop(conn, self._provider)
        self._until = float("-inf")
        return dropped
