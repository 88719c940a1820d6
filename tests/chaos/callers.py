"""One process full of callers that want tokens: `python -m tests.chaos.callers`, told what to do line by line.

A line of standard input is an `Order`, a line of standard output what came of it. The environment says
where everything is, and in `CHAOS_CRASH` at which point of a refresh this process kills itself, or in
`CHAOS_SABOTAGE` which protection is taken out of it.
"""

import asyncio
import os
import random
import signal
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import httpx
from msgspec import Struct, json

from shared.errors import Away, HubError
from shared.http.client import open_client
from shared.oauth import protocol
from shared.oauth.keyring import Keyring
from shared.oauth.tokens import Tokens
from shared.store import accounts
from shared.store.database import Database
from shared.telemetry import logs
from shared.types import Secret
from tests.fakes.strict import acme_at

CALLERS = 50
LEASE = float(os.environ.get("CHAOS_LEASE", "30"))
"""Seconds of a refresh's lease."""

WINDOW = 0.3
"""Seconds that a caller may lose: longer than a refresh takes, so that some come after it."""


class Order(Struct):
    """All callers ask for a token, each of one account; `hours` is how far the clock is put forward."""

    accounts: list[UUID]
    hours: int = 0


class Told(Struct):
    """The tokens that callers got, and the errors instead, by account."""

    tokens: dict[UUID, set[str]]
    errors: list[str]


def die() -> None:
    """What a kill does at any moment, at this moment."""
    os.kill(os.getpid(), signal.SIGKILL)


def crash(point: str, client: httpx.AsyncClient) -> dict[str, Any]:
    """Let a refresh end this process: R1 before it asks, R2 when it has asked, R3 before it stores
    the answer, R4 when that is committed."""

    async def kill(*_: Any) -> Any:
        die()

    async def when_sent(event: str, _: object) -> None:
        if event.endswith("receive_response_headers.started"):
            die()

    async def watch(request: httpx.Request) -> None:
        request.extensions["trace"] = when_sent

    match point:
        case "R1":
            vars(protocol)["refresh"] = kill
        case "R2":
            client.event_hooks["request"].append(watch)
        case "R3":
            vars(accounts)["store_token"] = kill
        case "R4":
            return {"counted": lambda _: die()}
    return {}


def dawdle() -> None:
    """Let callers lose a moment between what they read and what they do about it, as busy ones may."""
    take = accounts.take_lease

    async def take_lease(*rest: Any) -> int | None:
        await asyncio.sleep(random.uniform(0, WINDOW))
        return await take(*rest)

    vars(accounts)["take_lease"] = take_lease


def sabotage(what: str) -> dict[str, Any]:
    """No lease: nobody is told that somebody refreshes. No fence: nobody asks if that is still due."""
    facts = {"patience": 2.0 if what else 60.0}
    if what == "no lease":
        facts["lease"] = 0.0
    if what == "no fence":
        for name in ("take_lease", "store_token"):
            vars(accounts.SQL)[name] = accounts.SQL[name].replace("and token_gen = %(gen)s", "")
    return facts


async def ask(tokens: Tokens, order: Order) -> Told:
    """Let all callers ask at once."""
    told: dict[UUID, set[str]] = defaultdict(set)
    errors: list[str] = []

    async def one(account_id: UUID) -> None:
        try:
            told[account_id].add(await tokens.access(account_id))
        except Away:  # fifty callers share ten connections, maybe on a busy machine
            await asyncio.sleep(0.1)
            await one(account_id)
        except HubError as error:
            errors.append(repr(error))

    await asyncio.gather(*map(one, islice(cycle(order.accounts), CALLERS)))
    return Told(dict(told), errors)


async def main() -> None:
    """Do what standard input says until it ends."""
    logs.configure("error", json=True)
    shift = timedelta()
    dawdle()
    db = Database(os.environ["POSTGRES_URL"])
    await db.open()
    async with open_client() as client:
        facts = crash(os.environ.get("CHAOS_CRASH", ""), client)
        facts |= sabotage(os.environ.get("CHAOS_SABOTAGE", ""))
        tokens = Tokens(
            *acme_at(os.environ["CHAOS_AUTH_URL"]),
            db,
            Keyring.parse(Secret(os.environ["ENCRYPTION_KEYS"])),
            client,
            clock=lambda: datetime.now(UTC) + shift,
            **{"lease": LEASE} | facts,
        )
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            order = json.decode(line, type=Order)
            shift = timedelta(hours=order.hours)
            sys.stdout.buffer.write(json.encode(await ask(tokens, order)) + b"\n")
            sys.stdout.buffer.flush()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main())
