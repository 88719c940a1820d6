"""What one account may still ask of a provider: the quotas of each call, and what answers teach of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.errors import RateLimited
from shared.http.answers import allowance, retry_after
from shared.http.budget import Budget
from shared.http.exchange import Call
from shared.http.gate import Gate
from shared.http.retries import PATIENCE
from shared.provider import Provider
from shared.telemetry.metrics import Metrics
from shared.types import Charge, Quota, Response


class Governor:
    """Permits calls of one account; those of an empty key are not counted.

    `whose` names whom the provider counts the calls by, the account itself when None. `quotas` are
    the provider's own unless others are in force; `root` is the path of the base URL. Seconds
    throughout; `now` is the time of day.
    """

    def __init__(
        self,
        provider: Provider,
        gate: Gate,
        budget: Budget | None,
        key: str,
        *,
        root: str = "/",
        whose: Callable[[], Awaitable[str]] | None = None,
        quotas: Mapping[str, Quota] | None = None,
        interactive: bool = False,
        metrics: Metrics | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._provider, self._gate, self._budget, self._key = provider, gate, budget, key
        self._whose, self._quotas = whose, {**provider.quotas, **(quotas or {})}
        self._root, self._interactive, self._metrics = root, interactive, metrics
        self._sleep, self._now = sleep, now

    async def permit(self, call: Call) -> None:
        """Return when the call may leave; raises RateLimited when that takes longer than `PATIENCE`."""
        if not self._key:
            return
        whole, waited = await self._whole(), 0.0
        for charge in self._charges(call) or (Charge(""),):
            while (wait := await self._wait(whole, charge)) > 0:
                if waited + wait > PATIENCE:
                    raise RateLimited(
                        f"{self._provider.title}'s limit of calls is reached", retry_after=wait
                    )
                waited += wait
                if self._metrics:
                    self._metrics.rate_waits.labels(self._provider.name).inc(wait)
                await self._sleep(wait)

    async def learn(self, call: Call, it: Response, error: Exception | None) -> None:
        """Stop what the provider refused in every replica, and keep the last tenth for people.

        What a call without a quota, a 503 or a limit on everything says concerns the whole account.
        """
        if not self._key:
            return
        if error is None:
            await self._bill(call, it)
        asked, everything = retry_after(it.headers, self._now) if it.status == 503 else None, True
        if isinstance(error, RateLimited):
            asked, everything = error.retry_after, error.everything
        left = allowance(it.headers, self._now())
        if not asked and not left:
            return
        whole, charges = await self._whole(), self._charges(call)
        apart = [it for it in charges if it.of] or [it for it in charges if it.units]
        keys = [_key(whole, charge) for charge in apart] or [whole]
        if asked and self._budget:
            for key in [whole] if everything else keys:
                await self._budget.pause(key, asked, learns=key != whole)
        most = self._quotas[apart[0].quota].capacity if apart else 0
        if left and left.remaining <= (left.limit or most) / 10:
            for key in keys:
                self._gate.hush(key, left.reset)

    async def _bill(self, call: Call, it: Response) -> None:
        """Take what the answer cost; calls that are charged the same quota wait until it is there again."""
        if self._provider.billed is None:
            return
        costs = self._provider.billed(call.method, self._path(call), call.content or b"", it)
        for charge in costs:
            quota = self._quotas.get(charge.quota)
            if self._metrics:
                self._metrics.billed.labels(self._provider.name, charge.quota).inc(charge.units)
            if quota and self._budget:
                await self._budget.owe(_key(await self._whole(), charge), quota, charge.units)

    async def pace(self, call: Call) -> float:
        """Return how many such calls a second may be made, as things are; infinite if nobody knows."""
        charges = [it for it in self._charges(call) if it.units]
        if self._budget is None or not self._key or not charges:
            return float("inf")
        whole = await self._whole()
        return min(
            [
                await self._budget.pace(_key(whole, it), self._quotas[it.quota]) / it.units
                for it in charges
            ]
        )

    async def _wait(self, whole: str, charge: Charge) -> float:
        key = _key(whole, charge)
        if not self._interactive and (quiet := self._gate.quiet(key)):
            return quiet
        if self._budget is None:
            return 0.0
        quota = self._quotas.get(charge.quota)
        spent = await self._budget.take(
            key, quota, charge.units, interactive=self._interactive, whole=whole
        )
        return spent.wait

    async def _whole(self) -> str:
        return await self._whose() if self._whose else self._key

    def _path(self, call: Call) -> str:
        return "/" + call.url.path.removeprefix(self._root).removeprefix("/")

    def _charges(self, call: Call) -> Sequence[Charge]:
        if self._provider.charges is None:
            return [Charge(name) for name in self._quotas]
        found = self._provider.charges(call.method, self._path(call), call.content or b"")
        return [it for it in found if it.quota in self._quotas]


def _key(whole: str, charge: Charge) -> str:
    return f"{whole}/{charge.quota}{charge.of and ':'}{charge.of}" if charge.quota else whole
