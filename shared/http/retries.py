"""Which failed reads are repeated, after how long, and until when."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt
from tenacity.wait import wait_random_exponential

from shared.errors import Late, RateLimited, Unavailable
from shared.http.gate import Breaker

PATIENCE = 5.0
"""Seconds that a call waits in place for its rate limit; for longer its worker does something else."""
TRIES = 4

_JITTER = wait_random_exponential(multiplier=2, max=60, min=1)

log = structlog.get_logger()


class Deadline:
    """When the calls that belong to one request are over: in so many `seconds`, never when None."""

    def __init__(self, title: str, seconds: float | None) -> None:
        self._title, self._seconds, self._began = title, seconds, time.monotonic()

    @asynccontextmanager
    async def kept(self, *, write: bool) -> AsyncIterator[None]:
        """Let a call have what is left of it; raises Late, after which nobody knows what a write did."""
        if self._seconds is None:
            yield
            return
        try:
            async with asyncio.timeout(self._began + self._seconds - time.monotonic()):
                yield
        except TimeoutError:
            sentence = f"{self._title} did not answer within {self._seconds:g} seconds"
            raise Late(f"{sentence}; try again, or ask for less", unknown=write) from None


def reads(
    provider: str, breaker: Breaker, sleep: Callable[[float], Awaitable[None]]
) -> AsyncRetrying:
    """Repeat Unavailable with full jitter while the host's breaker is closed, a short RateLimited once."""

    def again(state: RetryCallState) -> bool:
        error = _error(state)
        if isinstance(error, RateLimited):
            return error.retry_after <= PATIENCE and state.attempt_number == 1
        return isinstance(error, Unavailable) and not breaker.is_open

    def say(state: RetryCallState) -> None:
        reason, attempt = type(_error(state)).__name__, state.attempt_number
        log.info("a provider call is repeated", provider=provider, reason=reason, attempt=attempt)

    return AsyncRetrying(
        retry=again,
        stop=stop_after_attempt(TRIES),
        wait=_pause,
        sleep=sleep,
        before_sleep=say,
        reraise=True,
    )


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _pause(state: RetryCallState) -> float:
    error = _error(state)
    return error.retry_after if isinstance(error, RateLimited) else _JITTER(state)
