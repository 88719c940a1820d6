"""How many calls may leave, and when: token buckets with two priorities and a stop sign.

A tenth of every bucket is kept for calls that a person waits for. After a pause calls come back one
a second, so that two replicas that waited for the same moment do not spoil it for each other.
"""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from shared.errors import Away
from shared.store import rates
from shared.store.database import Database

RESUME = (10, 10.0)
"""Capacity and seconds of the bucket that meters the ten seconds after a pause."""

log = structlog.get_logger()


class Spent(NamedTuple):
    """`wait` is in seconds, 0 when the call may go; `left` is how many tokens remain."""

    wait: float
    left: float


class Budget(Protocol):
    """Buckets of `capacity` tokens that fill up within `per` seconds; capacity 0 only knows pauses."""

    async def take(
        self, key: str, capacity: int, per: float, *, interactive: bool = False
    ) -> float:
        """Take one token; returns the seconds to wait (0: go)."""
        ...

    async def pause(self, key: str, seconds: float) -> None:
        """Let nobody take from `key` for so many seconds."""
        ...

    async def spend(self, key: str, capacity: int, per: float, keep: float = 0) -> Spent:
        """Take one token, leaving at least `keep` behind, and tell how many are left."""
        ...


def kept(capacity: int, interactive: bool) -> int:
    """How many tokens a call must leave for the calls that somebody waits for."""
    return 0 if interactive else capacity // 10


class _Bucket:
    __slots__ = ("at", "not_before", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens, self.at, self.not_before = tokens, at, float("-inf")


class MemoryBudget:
    """The buckets of one process: the fallback when PostgreSQL is away. `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, most: int = 100_000) -> None:
        self._now, self._most = now, most
        self._buckets: dict[str, _Bucket] = {}

    async def take(
        self, key: str, capacity: int, per: float, *, interactive: bool = False
    ) -> float:
        return (await self.spend(key, capacity, per, kept(capacity, interactive))).wait

    async def spend(self, key: str, capacity: int, per: float, keep: float = 0) -> Spent:
        now, bucket = self._now(), self._buckets.get(key)
        if bucket and now < bucket.not_before:
            return Spent(bucket.not_before - now, 0)
        if bucket and now - bucket.not_before < RESUME[1]:
            metered = self._one(f"{key}+resume", *RESUME, 0)
            if metered.wait:
                return metered
        return self._one(key, capacity, per, keep) if capacity else Spent(0, float("inf"))

    def _one(self, key: str, capacity: int, per: float, keep: float) -> Spent:
        now, bucket = self._now(), self._bucket(key, capacity)
        full = bucket.tokens + max(now - bucket.at, 0) * capacity / per
        bucket.tokens, bucket.at = min(capacity, full), max(now, bucket.at)
        if bucket.tokens - 1 < keep:
            wait = bucket.at - now + (keep + 1 - bucket.tokens) * per / capacity
            return Spent(max(wait, 0.001), bucket.tokens)
        bucket.tokens -= 1
        return Spent(0, bucket.tokens)

    async def pause(self, key: str, seconds: float) -> None:
        bucket = self._bucket(key, float("inf"))
        bucket.not_before = max(bucket.not_before, self._now() + seconds)
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
        self, key: str, capacity: int, per: float, *, interactive: bool = False
    ) -> float:
        return (await self.spend(key, capacity, per, kept(capacity, interactive))).wait

    async def spend(self, key: str, capacity: int, per: float, keep: float = 0) -> Spent:
        if self._now() < self._away_until:
            return await self._memory.spend(key, capacity, per, keep)
        try:
            return await self._shared(key, capacity, per, keep)
        except Away:
            self._give_up()
            return await self._memory.spend(key, capacity, per, keep)

    async def _shared(self, key: str, capacity: int, per: float, keep: float) -> Spent:
        async with self._db.connection() as conn:
            if capacity:
                taken = await rates.take(conn, key, capacity, per, keep)
                if taken is None:
                    return Spent(await rates.wait(conn, key, capacity, per, keep), 0)
                left, resuming = taken
            else:
                ends = await rates.paused(conn, key)
                if ends is not None and ends > 0:
                    return Spent(ends, 0)
                left, resuming = float("inf"), ends is not None and ends > -RESUME[1]
            if resuming and await rates.take(conn, f"{key}+resume", *RESUME) is None:
                return Spent(await rates.wait(conn, f"{key}+resume", *RESUME), left)
            return Spent(0, left)

    async def pause(self, key: str, seconds: float) -> None:
        await self._memory.pause(key, seconds)  # so that it also holds while PostgreSQL is away
        try:
            async with self._db.connection() as conn:
                await rates.pause(conn, key, seconds)
        except Away:
            self._give_up()

    def _give_up(self) -> None:
        """Ask PostgreSQL again in five seconds, not for every call in between."""
        self._away_until = self._now() + 5
        log.warning("rate limits are counted by this process alone while PostgreSQL is away")
