"""Closing a connection: it stops at once, says goodbye at the provider, and leaves nothing behind.

    D1  one transaction: status `deleting`, fence raised, everything queued and stored dropped,
        tombstone written; from the commit on nothing but the tombstone is published
    D2  the provider: subscriptions stopped, grant revoked; three tries
    D3  credentials erased, published events purged
    D4  the row removed; the audit stays

Every step can be repeated, and a crash goes on from the row: there is no other memory.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from msgspec import Struct

from shared.errors import HubError, NotFound
from shared.oauth.keyring import DecryptError, Keyring
from shared.provider import Api, Provider, Revocation
from shared.store import accounts, audit, events, outbox
from shared.store.accounts import Account
from shared.store.database import Database
from shared.types import Token

log = structlog.get_logger()

LEASE = 180.0
"""Seconds that one process may work on a deletion before another may start it again."""
TRIES = (0.0, 2.0, 10.0)
"""Seconds to wait before each try at the provider."""
GOODBYE = 15.0
"""Seconds for one try: with all three the credentials are erased within a minute."""
LARGE = 600.0
"""Seconds that a statement may take which drops all that is stored of an account."""


class Closing(Struct, frozen=True):
    """What a deletion needs. `stop_subscriptions` may use `Tokens.stored`; `purge` asks the bus.

    `client_api` gives an Api whose calls carry the app's own credentials, `bare_api` those of a token.
    """

    provider: Provider
    client_id: str
    db: Database
    keys: Keyring
    client_api: Callable[[], Api]
    bare_api: Callable[[Token], Api]
    stop_subscriptions: Callable[[UUID], Awaitable[None]]
    purge: Callable[[Account], Awaitable[None]]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def begin(
    db: Database, provider: Provider, account_id: UUID, user_id: str | None, actor: str
) -> Account:
    """D1. Raises NotFound; asking again while the deletion runs changes nothing."""
    async with db.transaction(patience=LARGE) as conn:
        account = await accounts.begin_deletion(conn, provider.name, account_id, user_id)
        if account is None:
            account = await accounts.get(conn, provider.name, account_id, user_id)
            if account is None:
                raise NotFound
            return account
        await outbox.lock_shard(conn, account_id)
        await accounts.forget(conn, account_id)
        await events.announce(conn, provider, account, "deleted", {"reason": "asked"})
        await audit.write(
            conn, actor, "delete", "begun", user_id=account.user_id, account_id=account_id
        )
    return account


async def resume_deletions(hub: Closing, limit: int = 10) -> int:
    """D2 to D4 for every deletion that nobody works on; returns how many were ended."""
    async with hub.db.connection() as conn:
        found = await accounts.lease_deletions(conn, hub.provider.name, LEASE, limit)
    ended = await asyncio.gather(*(_end(hub, account) for account in found))
    return sum(ended)


async def _end(hub: Closing, account: Account) -> bool:
    try:
        said = await _goodbye(hub, account)
        async with hub.db.connection() as conn:
            await accounts.erase_credentials(conn, account.id)
        await hub.purge(account)
        async with hub.db.transaction() as conn:
            await accounts.remove(conn, account.id)
            await audit.write(
                conn, "hub", "delete", "done", account_id=account.id, detail={"provider_told": said}
            )
    except HubError as error:
        log.warning("a deletion goes on later", account=str(account.id), why=str(error))
        return False
    log.info("an account was deleted", account=str(account.id), provider_told=said)
    return True


async def _goodbye(hub: Closing, account: Account) -> bool:
    """D2, at most three times; what the provider refuses does not keep the data here."""
    token = await _token(hub, account.id)
    if token is None:
        return False
    for pause in TRIES:
        await hub.sleep(pause)
        try:
            async with asyncio.timeout(GOODBYE):
                await hub.stop_subscriptions(account.id)
                await _revoke(hub, token)
        except Exception as error:
            # Whatever breaks at the provider, or in its part of our code, the data here is erased.
            why = str(error) if isinstance(error, HubError) else type(error).__name__
            log.warning("the provider was not told", account=str(account.id), why=why)
        else:
            return True
    return False


async def _revoke(hub: Closing, token: Token) -> None:
    oauth = hub.provider.oauth
    if oauth is not None and oauth.revoke is not None:
        api, client = hub.client_api(), hub.client_id
        await oauth.revoke(Revocation(api, client, token, hub.bare_api))


async def _token(hub: Closing, account_id: UUID) -> Token | None:
    """The stored token; None when there is none any more, or it cannot be opened."""
    async with hub.db.connection() as conn:
        at = await accounts.credentials(conn, account_id, 0)
    if at is None or at.sealed is None:
        return None
    try:
        return hub.keys.open_token(account_id, hub.provider.name, at.sealed).token
    except DecryptError:
        return None
