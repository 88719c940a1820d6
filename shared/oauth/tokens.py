"""A fresh access token for an account, refreshed by one caller at a time over all replicas.

The account's own row is the lock: a lease says who refreshes, and its generation is the fence that a
late or deleted refresh cannot pass. Nothing is held open in the database during the provider's answer.
A refresh that crashed is repaired by the next one: the lease runs out and the stored token is tried.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog

from shared.config import Settings
from shared.errors import Away, NotFound, Reauthorize, Unavailable
from shared.oauth import forms, protocol
from shared.oauth.keyring import DecryptError, Keyring, TokenSet
from shared.oauth.mint import mint
from shared.provider import Api, Provider
from shared.store import accounts, events
from shared.store.accounts import Credentials
from shared.store.database import Database
from shared.types import Token

log = structlog.get_logger()

ANSWERED = 15.0
"""Seconds during which an answer that could not be stored is tried again: it exists nowhere else."""
POLL = 0.05


class Tokens:
    """The access tokens of one provider's accounts. All durations are in seconds.

    `again`: between the two refusals that end a grant, since one may be the provider's mistake.
    `lease`: how long a refresh may take. `patience`: how long a caller waits for one. `pause`: after
    a failure, until the next attempt. `counted` is told the outcome of every refresh. `api` is the
    provider's with a token, for credentials that are asked once more where they were refused.
    """

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        db: Database,
        keys: Keyring,
        client: protocol.Client,
        *,
        again: float = 60.0,
        lease: float = 30.0,
        patience: float = 10.0,
        pause: float = 5.0,
        counted: Callable[[str], object] = lambda _: None,
        api: Callable[[Token], Api] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._provider, self._settings = provider, settings
        self._db, self._keys, self._client = db, keys, client
        self._again, self._lease, self._patience, self._pause = again, lease, patience, pause
        self._counted, self._sleep, self._clock, self._api = counted, sleep, clock, api
        self._running: set[asyncio.Task[str | None]] = set()

    async def access(self, account_id: UUID, refused: str = "") -> str:
        """Return an access token that will last the call. `refused` is one that just got a 401.

        Raises Reauthorize when only the user can help, Unavailable when a refresh does not succeed
        within the deadline, NotFound for an account that is gone, and DecryptError.
        """
        return await self._access(account_id, refused, soft=False)

    async def renew(self, account_id: UUID) -> None:
        """Refresh before it is urgent, if there is something to refresh; for housekeeping."""
        held = await self._opened(account_id, await self._read(account_id))
        if self._renewable(held.token) or not held.alive(self._clock()):
            await self._access(account_id, held.token.access, soft=True)

    async def extra(self, account_id: UUID) -> Mapping[str, str]:
        """Return what came beside the stored token. Raises Reauthorize, NotFound, DecryptError."""
        return (await self._opened(account_id, await self._read(account_id))).token.extra

    async def stored(self, account_id: UUID, refused: str = "") -> str:
        """Return the stored token as it is: what a deletion says goodbye with. Raises Reauthorize."""
        async with self._db.connection() as conn:
            at = await accounts.credentials(conn, account_id, self._again)
        if at is not None and at.sealed is not None:
            access = self._keys.open_token(account_id, self._provider.name, at.sealed).token.access
            if access != refused:
                return access
        raise Reauthorize(f"{self._provider.title} no longer accepts this connection")

    async def drain(self, within: float = 15.0) -> None:
        """Wait for the refreshes under way, so that a stopping process loses no answer."""
        if self._running:
            await asyncio.wait(self._running, timeout=within)

    async def _access(self, account_id: UUID, unwanted: str, *, soft: bool) -> str:
        """`soft`: the unwanted token still works, so it will do when no better one can be had."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while True:
            at = await self._read(account_id)
            held = await self._opened(account_id, at)
            now, access = self._clock(), held.token.access
            alive, rejected = held.alive(now), access == unwanted
            usable = access if alive and (soft or not rejected) else ""
            renewable = self._renewable(held.token)
            if usable and not rejected and (now < held.due or not renewable):
                return usable
            if not renewable:
                await self._end(account_id, at.gen, "revoked" if alive else "expired", held)
            elif not at.refused and not at.leased and await self._lock(account_id, at.gen):
                fresh = await self._refresh(account_id, at.gen + 1, held, usable)
                if fresh:
                    return fresh
            elif usable:
                return usable
            elif at.refused:
                raise Unavailable(
                    f"{self._provider.title} refused to renew this connection; asking once more soon"
                )
            if loop.time() > deadline:
                raise Unavailable(f"{self._provider.title} did not renew the token in time")
            await self._sleep(POLL)

    async def _refresh(self, account_id: UUID, gen: int, old: TokenSet, usable: str) -> str | None:
        """Run a refresh to its end, whatever becomes of the caller; None when the fence was raised."""
        task = asyncio.create_task(self._renewal(account_id, gen, old))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda it: it.cancelled() or it.exception())
        try:
            return await asyncio.shield(task)
        except Unavailable as error:
            if not usable:
                raise
            log.warning(
                "a token was not renewed in advance", account=str(account_id), why=str(error)
            )
            return usable

    async def _renewal(self, account_id: UUID, gen: int, old: TokenSet) -> str | None:
        try:
            fresh = await self._fetch(old.token)
        except Reauthorize as error:
            self._counted("refused")
            await self._refusal(account_id, gen, old, error)
            return None
        except Exception:
            self._counted("failed")
            with suppress(Away):
                async with self._db.connection() as conn:
                    await accounts.release_lease(conn, account_id, gen, self._pause)
            raise
        held = TokenSet(fresh, self._clock())
        sealed = self._keys.seal_token(account_id, self._provider.name, held)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ANSWERED
        while True:
            try:
                async with self._db.transaction() as conn:
                    kept = await accounts.store_token(
                        conn, account_id, gen, sealed, fresh.expires_at
                    )
            except Away:
                if loop.time() > deadline:
                    raise
                await self._sleep(0.2)
            else:
                self._counted("renewed" if kept else "overtaken")
                return fresh.access if kept else None

    async def _refusal(self, account_id: UUID, gen: int, old: TokenSet, error: Reauthorize) -> None:
        async with self._db.connection() as conn:
            final = await accounts.refuse_grant(conn, account_id, gen, self._again)
        if not final:
            raise Unavailable(f"{error}; asking once more before giving up") from error
        await self._end(account_id, gen, "revoked" if error.revoked else "expired", old)

    async def _end(self, account_id: UUID, gen: int, status: str, old: TokenSet) -> None:
        """Stop the account and raise Reauthorize; returns only where the fence was raised meanwhile."""
        name = self._provider.title
        why = (
            f"{name} no longer accepts this connection; connect again"
            if status == "revoked"
            else f"The connection to {name} has ended; connect again"
        )
        if old.consent_over(self._clock()):
            why += f". {name} gave it for a limited time: is the app published there?"
        async with self._db.transaction() as conn:
            account = await accounts.set_status(conn, account_id, status, why, gen=gen)
            if account is None:
                return
            await events.announce(
                conn, self._provider, account, "reauth_required", {"reason": status}
            )
        log.warning("an account has to be connected again", account=str(account_id), status=status)
        raise Reauthorize(why, revoked=status == "revoked")

    async def _fetch(self, token: Token) -> Token:
        if self._provider.credentials and self._api:
            return await forms.proven(self._provider, token, self._api)
        oauth = protocol.oauth_of(self._provider)
        if token.refresh or oauth.mint is None:
            return await protocol.refresh(self._client, self._provider, self._settings, token)
        return await mint(self._provider, self._settings, token)

    def _renewable(self, token: Token) -> bool:
        oauth = self._provider.oauth
        if oauth is None:
            return self._provider.credentials is not None
        made = bool(token.extra) and oauth.mint is not None
        return made or (bool(token.refresh) and oauth.refresh != "none")

    async def _lock(self, account_id: UUID, gen: int) -> bool:
        async with self._db.connection() as conn:
            return await accounts.take_lease(conn, account_id, gen, self._lease) is not None

    async def _read(self, account_id: UUID) -> Credentials:
        async with self._db.connection() as conn:
            at = await accounts.credentials(conn, account_id, self._again)
        if at is None or at.status == "deleting":
            raise NotFound
        if at.status in ("expired", "revoked") or at.sealed is None:
            raise Reauthorize(at.error_message, revoked=at.status == "revoked")
        return at

    async def _opened(self, account_id: UUID, at: Credentials) -> TokenSet:
        assert at.sealed is not None, "an account without credentials was refused before"
        try:
            return self._keys.open_token(account_id, self._provider.name, at.sealed)
        except DecryptError as error:
            async with self._db.connection() as conn:
                await accounts.set_status(conn, account_id, "error", str(error), gen=at.gen)
            raise


async def due(db: Database, provider: Provider, limit: int = 100) -> list[UUID]:
    """Return the accounts that `renew` should look at now, those that expire first before others."""
    oauth = provider.oauth
    if oauth is None or (oauth.refresh == "none" and oauth.mint is None):
        return []
    async with db.connection() as conn:
        rotating = oauth.refresh == "rotating"
        return await accounts.due(conn, provider.name, rotating=rotating, limit=limit)
