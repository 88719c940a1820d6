"""What a service does in the background: read the inbox, walk, keep subscriptions, tidy up."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import structlog

from shared.errors import HubError
from shared.normalizer.cloudevents import user_subjects
from shared.oauth import deletion, mint, tokens
from shared.service import relay
from shared.service.hub import Hub, Process
from shared.service.loops import Signal, forever, walk
from shared.store import accounts, dead, flows, inbox, outbox, rates, runs, status
from shared.store.accounts import Account
from shared.sync import subscriptions
from shared.sync.engine import SyncWorker
from shared.types import Secret
from shared.webhook.worker import InboxWorker

log = structlog.get_logger()

TIDY = 15.0
"""Seconds between two rounds of housekeeping: behind a lease of 30, a connection that died with its
holder is told of within a minute."""

SUBSCRIPTIONS = 5.0
"""Seconds between two looks at the subscriptions that are due."""

REPAIR = 300.0
"""Seconds between two looks for what an app's own webhook missed."""


@asynccontextmanager
async def relaying(process: Process) -> AsyncIterator[None]:
    """Publish what any service of the process writes, for as long as the block lasts."""

    async def step() -> int:
        return await relay.step(process.db, process.bus, process.metrics)

    async with _running([forever("relay", step, process.outbox)]):
        yield


@asynccontextmanager
async def working(hub: Hub) -> AsyncIterator[None]:
    """Do one service's background work for as long as the block lasts."""
    reader = InboxWorker(
        db=hub.db,
        provider=hub.provider,
        normalize=hub.normalize,
        metrics=hub.metrics,
        published=hub.outbox.set,
        nudged=hub.walks.set,
    )
    walker = SyncWorker(
        db=hub.db,
        provider=hub.provider,
        normalize=hub.normalize,
        api_for=hub.api,
        metrics=hub.metrics,
        published=hub.outbox.set,
        owner=owner(),
    )

    async def read() -> int:
        return 0 if hub.outbox_full else await reader.step()

    jobs: list[Coroutine[Any, Any, None]] = [
        forever("inbox", read, hub.inbox),
        walk(walker, hub.walks, lambda: hub.outbox_full),
        forever("housekeeping", lambda: tidy(hub), hub.tidy, idle=TIDY),
    ]
    if hub.provider.subscriptions:
        jobs.append(forever("subscriptions", lambda: _subscribe(hub), Signal(), idle=SUBSCRIPTIONS))
    if hub.provider.webhook and hub.provider.webhook.repair:
        jobs.append(forever("repair", lambda: _repair(hub), Signal(), idle=REPAIR))
    async with _running(jobs):
        yield
    await hub.tokens.drain()


async def tidy(hub: Hub) -> int:
    """One round: what is past its time goes, what was left in the middle goes on."""
    name = hub.provider.name
    async with hub.db.connection() as conn:
        await inbox.forget(conn, name)
        if await inbox.revive_claimed(conn, name):
            hub.inbox.set()
        await runs.forget(conn, name)
        await dead.forget(conn, name)
        await flows.forget(conn)
        await outbox.forget_counts(conn)
        await rates.sweep(conn)
        due, _, inbox_age = await inbox.depth(conn, name)
        waiting, outbox_age = await outbox.depth(conn)
        streams = await status.lags(conn, name)
        letters = await dead.count(conn, name)
    hub.inbox_due, hub.outbox_waiting = due, waiting
    hub.metrics.inbox_depth.labels(name).set(due)
    hub.metrics.inbox_age.labels(name).set(inbox_age)
    hub.metrics.outbox_depth.set(waiting)
    hub.metrics.outbox_age.set(outbox_age)
    for stream, lag in streams.items():
        hub.metrics.sync_lag.labels(name, stream).set(lag.overdue_seconds)
    for kind in dead.KINDS:
        hub.metrics.open_letters.labels(name, kind).set(letters.get(kind, 0))
    await deletion.resume_deletions(_closing(hub))
    for account_id in await tokens.due(hub.db, hub.provider):
        try:
            await hub.tokens.renew(account_id)
        except HubError as error:
            log.info("a token was not renewed", account=str(account_id), error=str(error))
    return 0


def _closing(hub: Hub) -> deletion.Closing:
    async def stop(account_id: UUID) -> None:
        secrets = hub.settings.webhook.secrets
        await subscriptions.stop_all(
            hub.db,
            hub.provider,
            account_id,
            api=hub.parting_api(account_id),
            callback_url=hub.callback_url,
            secret=secrets[0] if secrets else Secret(""),
        )

    async def purge(account: Account) -> None:
        # Subjects are per user: another account of theirs at this provider would lose its events.
        async with hub.db.connection() as conn:
            left = await accounts.list_(conn, hub.provider.name, user_id=account.user_id)
        if all(it.id == account.id for it in left):
            await hub.bus.purge(user_subjects(hub.provider.sources, account.user_id))

    return deletion.Closing(
        provider=hub.provider,
        client_id=hub.settings.oauth.client_id,
        db=hub.db,
        keys=hub.keys,
        client_api=hub.client_api,
        bare_api=hub.bare_api,
        stop_subscriptions=stop,
        purge=purge,
    )


async def _subscribe(hub: Hub) -> int:
    secrets = hub.settings.webhook.secrets
    if not secrets:
        return 0
    return await subscriptions.keep(
        hub.db,
        hub.provider,
        api_for=hub.api,
        callback_url=hub.callback_url,
        secret=secrets[0],
        settings=hub.settings.environment,
        dev=hub.settings.service.env == "dev",
    )


async def _repair(hub: Hub) -> int:
    """Have what the app's webhook missed sent again; what comes twice is known by its delivery id."""
    webhook, name = hub.provider.webhook, hub.provider.name
    assert webhook
    assert webhook.repair
    if hub.settings.webhook.secrets:
        try:
            again = await webhook.repair(mint.facts(hub.settings), hub.bare_api)
        except HubError as error:
            log.warning("missed deliveries were not looked for", provider=name, error=str(error))
        else:
            log.info("missed deliveries come again", provider=name, number=again) if again else None
    return 0


@asynccontextmanager
async def _running(jobs: list[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def owner() -> str:
    """Who holds a lease: this process on this machine."""
    return f"{socket.gethostname()}:{os.getpid()}:{id(asyncio.get_running_loop())}"
