"""How many calls may leave, and when: token buckets with two priorities, a stop sign and a memory.

A tenth of every bucket is kept for calls that a person waits for. After a pause calls come back one
a second, so that two replicas that waited for the same moment do not spoil it for each other. A quota
that was refused gives half as much for ten minutes, and half of that when it is refused again.
"""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from shared.errors import Away
from shared.store import rates
from shared.store.database import Connection, Database
from shared.types import Quota

T = TypeVar("T")

RESUME = Quota(10, 10.0)
"""The bucket that meters the ten seconds after a pause."""

KEPT = 0.1
"""The share of a bucket that is kept for calls that a person waits for."""

STEP, STEPS = 600.0, 6
"""Seconds for which a refusal halves a bucket, and how often it is halved at most."""

log = structlog.get_logger()


class Spent(NamedTuple):
    """`wait` is in seconds, 0 when the call may go; `left` is how many units remain."""

    wait: float
    left: float


UNMETERED = Spent(0, float("inf"))


class Budget(Protocol):
    """Buckets by key; `quota` is how much one holds, None for a key that only knows pauses."""

    async def take(
        self,
        key: str,
        quota: Quota | None,
        units: float = 1,
        *,
        interactive: bool = False,
        whole: str = "",
    ) -> Spent:
        """Take units, to the last where it is `interactive`. A pause of the key `whole` counts as well."""
        ...

    async def owe(self, key: str, quota: Quota, units: float) -> None:
        """Take units that were spent already, also those that are not there: they have to come back."""
        ...

    async def pause(self, key: str, seconds: float, *, learns: bool = False) -> None:
        """Let nobody take from `key` for so many seconds; what `learns` gives less for a while."""
        ...

    async def pace(self, key: str, quota: Quota) -> float:
        """Return how many units a second the bucket gives, as things are."""
        ...


def observed(quota: Quota, ease: float) -> float:
    """Return what is left of the capacity of a bucket that is whole again in `ease` seconds.

    At least one unit a minute, so that there is always something to learn from.
    """
    halvings = min(math.ceil(max(ease, 0) / STEP), STEPS)
    return min(quota.capacity, max(quota.capacity * 0.5**halvings, quota.per / 60))


class _Bucket:
    __slots__ = ("at", "not_before", "tokens", "whole_at")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens, self.at = tokens, at
        self.not_before = self.whole_at = float("-inf")


class MemoryBudget:
    """The buckets of one process: the fallback when PostgreSQL is away. `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, most: int = 100_000) -> None:
        self._now, self._most = now, most
        self._buckets: dict[str, _Bucket] = {}

    async def take(
        self,
        key: str,
        quota: Quota | None,
        units: float = 1,
        *,
        interactive: bool = False,
        whole: str = "",
    ) -> Spent:
        stops = {it: self._buckets[it].not_before for it in (key, whole) if it in self._buckets}
        stopped = max(stops, key=lambda it: stops[it], default=key)
        passed = self._now() - stops.get(stopped, float("-inf"))
        if passed < 0:
            return Spent(-passed, 0)
        share = 0 if interactive else KEPT
        spent = self._spend(key, quota, units, share) if quota else UNMETERED
        if spent.wait or passed >= RESUME.per:
            return spent
        return Spent(self._spend(f"{stopped}+resume", RESUME, 1, 0).wait, spent.left)

    async def pace(self, key: str, quota: Quota) -> float:
        bucket = self._buckets.get(key)
        return observed(quota, bucket.whole_at - self._now() if bucket else 0) / quota.per

    def _spend(self, key: str, quota: Quota, units: float, share: float) -> Spent:
        now, bucket = self._now(), self._bucket(key, float("inf"))
        given = observed(quota, bucket.whole_at - now)
        needed = units + share * max(given, units)
        refilled = bucket.tokens + max(now - bucket.at, 0) * given / quota.per
        have = min(max(given, needed), refilled)
        if have < needed:
            wait = max(bucket.at - now, 0) + (needed - have) * quota.per / given
            return Spent(max(wait, 0.001), 0)
        bucket.tokens, bucket.at = have - units, max(now, bucket.at)
        return Spent(0, bucket.tokens)

    async def owe(self, key: str, quota: Quota, units: float) -> None:
        now, bucket = self._now(), self._bucket(key, float("inf"))
        refilled = bucket.tokens + max(now - bucket.at, 0) * quota.capacity / quota.per
        bucket.tokens, bucket.at = min(quota.capacity, refilled) - units, max(now, bucket.at)

    async def pause(self, key: str, seconds: float, *, learns: bool = False) -> None:
        bucket, now = self._bucket(key, float("inf")), self._now()
        if learns and bucket.not_before <= now:
            bucket.whole_at = min(max(bucket.whole_at, now) + STEP, now + STEP * STEPS)
        bucket.not_before = max(bucket.not_before, now + seconds)
        resume = self._bucket(f"{key}+resume", 1)
        resume.tokens, resume.at = 1, bucket.not_before

    def _bucket(self, key: str, tokens: float) -> _Bucket:
        if len(self._buckets) >= self._most and key not in self._buckets:
            self._buckets.pop(
                next(iter(self._buckets))
            )  # the oldest key; its bucket starts full again
        return self._buckets.setdefault(key, _Bucket(tokens, self._now()))


class PostgresBudget:
    """The buckets of all replicas. While PostgreSQL is away each process goes on by itself."""

    def __init__(self, db: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._db, self._now = db, now
        self._memory = MemoryBudget(now)
        self._away_until = float("-inf")

    async def take(
        self,
        key: str,
        quota: Quota | None,
        units: float = 1,
        *,
        interactive: bool = False,
        whole: str = "",
    ) -> Spent:
        share = 0 if interactive else KEPT
        return await self._together(
            lambda conn: _take(conn, key, quota, units=units, share=share, whole=whole),
            lambda memory: memory.take(key, quota, units, interactive=interactive, whole=whole),
        )

    async def pace(self, key: str, quota: Quota) -> float:
        return await self._together(
            lambda conn: _pace(conn, key, quota), lambda memory: memory.pace(key, quota)
        )

    async def owe(self, key: str, quota: Quota, units: float) -> None:
        await self._together(
            lambda conn: rates.owe(conn, key, quota, units),
            lambda memory: memory.owe(key, quota, units),
        )

    async def pause(self, key: str, seconds: float, *, learns: bool = False) -> None:
        # In memory too, so that it also holds while PostgreSQL is away.
        await self._memory.pause(key, seconds, learns=learns)
        try:
            async with self._db.connection() as conn:
                await rates.pause(conn, key, seconds, learns=learns)
        except Away:
            self._give_up()

    async def _together(
        self,
        shared: Callable[[Connection], Awaitable[T]],
        alone: Callable[[MemoryBudget], Awaitable[T]],
    ) -> T:
        if self._now() >= self._away_until:
            try:
                async with self._db.connection() as conn:
                    return await shared(conn)
            except Away:
                self._give_up()
        return await alone(self._memory)

    def _give_up(self) -> None:
        """Ask PostgreSQL again in five seconds, not for every call in between."""
        self._away_until = self._now() + 5
        log.warning("rate limits are counted by this process alone while PostgreSQL is away")


async def _take(conn: Connection, key: str, quota: Quota | None, **how: Any) -> Spent:
    taken = await rates.take(conn, key, quota, **how)
    wait = taken.wait
    if not wait and taken.resumed:
        wait = (await rates.take(conn, f"{taken.resumed}+resume", RESUME)).wait
    return Spent(wait, taken.left)


async def _pace(conn: Connection, key: str, quota: Quota) -> float:
    return observed(quota, await rates.ease(conn, key)) / quota.per
