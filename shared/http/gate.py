"""What one process has learnt about hosts and accounts: who is down, who is busy, who is nearly spent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from shared.errors import Unavailable

FAILURES, OPEN = 5, 30.0
"""So many failures in a row open a host's breaker, for so many seconds; then one call tries."""

ABREAST = 4
"""Background calls of one account at a time."""


class Breaker:
    """Keeps calls from a host that does not answer. `now` is in seconds and never runs back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._opened = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the next call would be refused or would be the one that tries."""
        return self._failures >= FAILURES

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Let one call through, and learn from it: only Unavailable counts as a failure."""
        probe = self.is_open
        if probe:
            if self._probing or self._now() < self._opened + OPEN:
                raise Unavailable(
                    "the provider did not answer lately; we try again in half a minute"
                )
            self._probing = True
        try:
            yield
        except Unavailable:
            self._failures += 1
            self._opened = self._now()
            raise
        except asyncio.CancelledError:
            raise  # says nothing about the host
        except Exception:
            self._failures = 0
            raise
        else:
            self._failures = 0
        finally:
            if probe:
                self._probing = False


class Gate:
    """The breakers by host, the places by account, and until when background work keeps quiet."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._breakers: dict[str, Breaker] = {}
        self._places: dict[str, tuple[asyncio.Semaphore, int]] = {}
        self._quiet: dict[str, float] = {}

    def breaker(self, host: str) -> Breaker:
        """Return the breaker of a host; hosts come from configuration, so they are few."""
        return self._breakers.setdefault(host, Breaker(self._now))

    @asynccontextmanager
    async def place(self, key: str) -> AsyncIterator[None]:
        """One of the account's places; waits for one to be free."""
        places, users = self._places.get(key) or (asyncio.Semaphore(ABREAST), 0)
        self._places[key] = places, users + 1
        try:
            async with places:
                yield
        finally:
            places, users = self._places.pop(key)
            if users > 1:
                self._places[key] = places, users - 1

    def hush(self, key: str, seconds: float) -> None:
        """Keep background calls of an account back for so many seconds."""
        self._quiet[key] = self._now() + seconds

    def quiet(self, key: str) -> float:
        """Return for how many seconds background calls have to wait."""
        left = self._quiet.get(key, 0.0) - self._now()
        if left <= 0:
            self._quiet.pop(key, None)
        return max(left, 0.0)
