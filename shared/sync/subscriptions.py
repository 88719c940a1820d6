"""The keeper: subscriptions at the provider are created, renewed in time, repaired and stopped."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import structlog
from msgspec.structs import replace

from shared.errors import Away, HubError, Impossible, ItemGone, RateLimited, Refused
from shared.provider import Api, Hook, Provider, Subscribing, Subscription
from shared.store import events, subscriptions, syncs
from shared.store.database import Connection, Database
from shared.store.subscriptions import Due
from shared.sync.obstacles import obstacle
from shared.types import Secret

LEASE = 300.0
"""Seconds that one pass may take before another replica takes the row over."""
SOON, LATER, DAILY = 30.0, 3600.0, 86_400.0
"""Seconds: the first wait after a failure, the wait for what only a person can change, the longest."""

log = structlog.get_logger()


class _Done(NamedTuple):
    """What a pass came to: the hook that exists now, how it came about, and whether we missed something."""

    hook: Hook
    how: str
    gap: bool = False
    repaired: int = 0


async def ensure(
    conn: Connection, provider: Provider, account_id: UUID, *, afresh: bool = False
) -> None:
    """Want what the provider declares, for the account and for each of its resources.

    The keeper does the rest. `afresh` (after a new consent) also tries again what was skipped or
    failed; without it, calling this often costs nothing at the provider.
    """
    if provider.subscriptions:
        per_resource = _names(provider, per_resource=True)
        names = [it.name for it in provider.subscriptions if not it.per_resource]
        await subscriptions.want(conn, account_id, names, per_resource, afresh=afresh)


async def keep(
    db: Database,
    provider: Provider,
    *,
    api_for: Callable[[UUID], Api],
    callback_url: str,
    secret: Secret,
    settings: Mapping[str, Secret] | None = None,
    now: Callable[[], float] = time.time,
    dev: bool = False,
    chance: Callable[[], float] = random.random,
) -> bool:
    """Look after one subscription that is due; False: there was none.

    `now` is in epoch seconds. `dev` lets deliveries go to this machine, without TLS. Raises Away;
    what the provider answers becomes the row's `last_error`, and the next try comes later.
    """
    declared = {it.name: it for it in provider.subscriptions}
    async with db.connection() as conn:
        due = await subscriptions.lease(
            conn, provider.name, list(declared), _names(provider, per_resource=True), LEASE
        )
    if due is None:
        return False
    asked = declared[due.name]
    try:
        api = api_for(due.account_id)
        at = Subscribing(api, callback_url, secret, due.resource, due.hook, settings or {})
        await _tend(db, provider, asked, due, at, now=now, dev=dev)
    except Away:
        raise
    except Impossible as error:
        async with db.connection() as conn:
            await subscriptions.skip(conn, due, reason=str(error), seconds=LATER)
    except Exception as error:  # a provider's mistake must not stop the other rows
        await _postpone(db, due, error, now(), chance())
    return True


async def stop_all(
    db: Database,
    provider: Provider,
    account_id: UUID,
    *,
    api: Api,
    callback_url: str,
    secret: Secret,
) -> tuple[str, ...]:
    """Stop everything that is subscribed for an account, as far as the provider lets us.

    Returns a sentence for each that could not be stopped; its row is forgotten all the same.
    """
    declared = {it.name: it for it in provider.subscriptions}
    left = []
    async with db.connection() as conn:
        rows = await subscriptions.take_all(conn, account_id)
    for due in rows:
        try:
            if due.name in declared:
                at = Subscribing(api, callback_url, secret, due.resource, due.hook)
                await _stop(declared[due.name], at)
        except HubError as error:
            left.append(f"{due.name} {due.resource.id}".strip() + f": {error}")
        async with db.connection() as conn:
            await subscriptions.drop(conn, due)
    return tuple(left)


async def _tend(
    db: Database,
    provider: Provider,
    asked: Subscription,
    due: Due,
    at: Subscribing,
    *,
    now: Callable[[], float],
    dev: bool,
) -> None:
    if due.vanished:
        await _stop(asked, at)
        async with db.connection() as conn:
            return await subscriptions.drop(conn, due)
    if reason := obstacle(asked, due.scopes, at.callback_url, dev=dev):
        await _stop(asked, at)
        async with db.connection() as conn:
            return await subscriptions.skip(conn, due, reason=reason, seconds=LATER)
    done = await _live(asked, due, at, now())
    return await _settle(db, provider, asked, due, at, done=done, now=now())


async def _live(asked: Subscription, due: Due, at: Subscribing, now: float) -> _Done:
    """Create, renew or check, whichever it is time for; what somebody deleted is created anew."""
    if at.hook is None:
        return _Done(await asked.create(at), "created", gap=True)
    try:
        if due.renew_at and due.renew_at.timestamp() <= now:
            late = at.hook.expires_at is not None and at.hook.expires_at.timestamp() <= now
            return _Done(await asked.renew(at), "renewed", gap=late)
        again = await asked.repair(at) if asked.repair else 0
    except ItemGone:
        return _Done(await asked.create(replace(at, hook=None)), "created", gap=True)
    return _Done(at.hook, "", gap=again > 0, repaired=again)


async def _settle(
    db: Database,
    provider: Provider,
    asked: Subscription,
    due: Due,
    at: Subscribing,
    *,
    done: _Done,
    now: float,
) -> None:
    """Keep what exists, tell of it, and close the gap, in one transaction; undo what came too late."""
    renew_at = due.renew_at if not done.how else _renewal(done.hook, now)
    check = asked.every if asked.repair else DAILY
    seconds = min(check, max(renew_at.timestamp() - now, 1.0)) if renew_at else check
    async with db.transaction() as conn:
        ours = await subscriptions.settle(
            conn, due, done.hook, renew_at=renew_at, repaired=done.repaired, seconds=seconds
        )
        if ours and done.how:
            detail = {
                "name": due.name,
                "resource": due.resource.id,
                "how": done.how,
                "expires_at": done.hook.expires_at.isoformat() if done.hook.expires_at else None,
            }
            await events.announce(conn, provider, due, "subscription_renewed", detail)
        if ours and done.gap:
            await syncs.nudge(conn, [due.account_id], asked.stream, _part(provider, asked, due))
    if not ours and done.how == "created":
        await _stop(asked, replace(at, hook=done.hook))  # the account went, or another one has ours


async def _stop(asked: Subscription, at: Subscribing) -> None:
    """Stop what exists at the provider; what is gone already is stopped."""
    if at.hook:
        try:
            await asked.stop(at)
        except ItemGone:
            return


async def _postpone(db: Database, due: Due, error: Exception, now: float, chance: float) -> None:
    expires = due.hook.expires_at if due.hook else None
    alive = due.hook is not None and (expires is None or expires.timestamp() > now)
    if isinstance(error, RateLimited):
        seconds = error.retry_after
    elif isinstance(error, Refused):
        seconds = LATER
    else:
        seconds = min(SOON * 2 ** min(due.error_count, 8), LATER / 4)
    reason = str(error)
    if not isinstance(error, HubError):
        log.exception("a subscription failed in a way nobody foresaw", name=due.name)
        reason = f"the subscription failed in a way nobody foresaw ({type(error).__name__})"
    async with db.connection() as conn:
        await subscriptions.postpone(
            conn,
            due,
            status="active" if alive else "failed",
            reason=reason,
            seconds=seconds * (1 + chance / 2),
        )


def _renewal(hook: Hook, now: float) -> datetime | None:
    """When two thirds of a hook's life are over."""
    if hook.expires_at is None:
        return None
    return datetime.fromtimestamp(now + (hook.expires_at.timestamp() - now) * 2 / 3, UTC)


def _names(provider: Provider, *, per_resource: bool) -> list[str]:
    return [it.name for it in provider.subscriptions if it.per_resource == per_resource]


def _part(provider: Provider, asked: Subscription, due: Due) -> str:
    """The resource whose walk closes the gap: only where that stream walks resource by resource."""
    by_resource = any(it.name == asked.stream and it.per_resource for it in provider.streams)
    return due.resource.id if by_resource else ""
