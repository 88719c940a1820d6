"""A condition is taken out of a statement, and the test that is about it fails.

The statements are where most promises are kept; what keeps the others has its teeth beside its test.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from msgspec import Struct
from nats.aio.client import Client

from shared.bus.client import Bus
from shared.errors import HubError
from shared.service import hub as hubs
from shared.store.database import Connection, Database
from shared.store.sql import load
from shared.webhook import worker
from tests.fakes.acme import FakeHub
from tests.fakes.authserver import AuthServer
from tests.fakes.feed import Bench
from tests.fakes.service import Running
from tests.integration import (
    test_accounts,
    test_budget,
    test_database,
    test_http,
    test_inbox,
    test_ledger,
    test_refresh,
    test_relay,
    test_service,
)
from tests.integration.test_ledger import bench
from tests.integration.test_refresh import hub, server
from tests.integration.test_relay import bus, nc
from tests.integration.test_service import service

__all__ = ["bench", "bus", "hub", "nc", "server", "service"]

pytestmark = pytest.mark.anyio


class Gap(Struct, frozen=True):
    """What a statement says no longer, what it says instead, and the test that misses it."""

    file: str
    name: str
    words: str
    instead: str
    test: Callable[..., Any]


def gaps(*found: Gap) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("gap", found, ids=lambda it: f"{it.name}: {it.words[:40]}")


async def missed(gap: Gap, patch: pytest.MonkeyPatch, **given: Any) -> None:
    """Run the test without what the statement said; raises when it does not fail."""
    statements = load(gap.file)
    text = statements[gap.name]
    assert text.count(gap.words) == 1
    patch.setitem(statements._statements, gap.name, text.replace(gap.words, gap.instead))
    await fails(gap.test, **given)


async def fails(test: Callable[..., Any], **given: Any) -> None:
    """Raise unless the test fails."""
    with pytest.raises((AssertionError, pytest.fail.Exception, HubError, LookupError)):
        await test(**given)


CLOSED = test_ledger.test_an_account_that_is_closed_publishes_nothing


@gaps(
    Gap(
        "ledger",
        "lock_accounts",
        "and status not in ('deleting', 'revoked')",
        "",
        partial(CLOSED, change="status = 'deleting'"),
    ),
    Gap(
        "ledger",
        "lock_accounts",
        "and sync_enabled",
        "",
        partial(CLOSED, change="sync_enabled = false"),
    ),
    Gap(
        "ledger",
        "apply",
        "where o.id is null",
        "where true",
        test_ledger.test_a_version_is_published_once_for_ever,
    ),
)
async def test_the_ledger(gap: Gap, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await missed(gap, monkeypatch, bench=bench)


@gaps(
    Gap(
        "outbox",
        "try_shard",
        "pg_try_advisory_xact_lock(%(space)s, %(shard)s)",
        "true",
        test_relay.test_one_relay_works_on_a_shard_at_a_time,
    ),
    Gap(
        "outbox",
        "due",
        "order by id",
        "order by id desc",
        test_relay.test_events_leave_in_their_order_and_once,
    ),
    Gap(
        "outbox",
        "bury",
        "on a.id = dead.account_id",
        "on a.id = dead.account_id where false",
        partial(test_relay.test_an_event_that_is_too_large_makes_way_for_the_others, size=600_000),
    ),
)
async def test_the_outbox(
    gap: Gap, db: Database, bus: Bus, nc: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await missed(gap, monkeypatch, db=db, bus=bus, nc=nc)


@gaps(
    Gap(
        "accounts",
        "store_token",
        "and token_gen = %(gen)s",
        "",
        test_refresh.test_a_refresh_that_finishes_after_a_deletion_brings_nothing_back,
    ),
    Gap(
        "accounts",
        "refuse_grant",
        "refresh_refused_at <= now() - make_interval(secs => %(again)s)",
        "true",
        test_refresh.test_a_dead_grant_ends_the_account_when_it_is_said_twice,
    ),
    Gap(
        "accounts",
        "lease_deletions",
        "and refresh_lease_until < now()",
        "",
        partial(test_accounts.test_a_crash_in_the_middle_goes_on_from_the_row, step="purge"),
    ),
)
async def test_credentials(
    gap: Gap, hub: FakeHub, server: AuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"monkeypatch": monkeypatch} if gap.name == "lease_deletions" else {}
    await missed(gap, monkeypatch, hub=hub, server=server, **more)


@gaps(
    Gap(
        "rates",
        "take",
        "tokens + coalesce(passed, 0)",
        "given + coalesce(passed, 0)",
        test_budget.test_two_replicas_spend_one_budget_exactly,
    ),
    Gap(
        "rates",
        "pause",
        "'infinity', now, now + make_interval(secs => %(seconds)s)",
        "'infinity', now, now",
        test_http.test_two_replicas_call_at_most_once_in_a_retry_after_window,
    ),
)
async def test_the_budget(
    gap: Gap, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await missed(gap, monkeypatch, db=db, database_url=database_url)


async def test_patience_without_an_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_TRIES", 1000)
    poisoned = test_inbox.test_a_delivery_that_breaks_the_transaction_is_tried_alone_and_given_up_on
    await fails(poisoned, bench=bench, monkeypatch=monkeypatch)


async def test_a_door_that_never_closes(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs.Hub, "inbox_full", property(lambda _: False))
    full = test_service.test_a_bus_that_takes_nothing_pauses_the_work_and_then_the_door
    await fails(full, service=service, monkeypatch=monkeypatch)


async def test_a_silence_that_nobody_ends(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "_hang_up", lambda _: None)
    waited = test_database.test_a_statement_that_is_known_to_take_long_is_waited_for
    await fails(waited, database_url=database_url, monkeypatch=monkeypatch)
