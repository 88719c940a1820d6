"""How many requests a caller may make of us; the same buckets as for our own calls, turned inwards."""

from msgspec import Struct

from shared.config import RateLimit
from shared.http.budget import Budget
from shared.types import Quota


class Verdict(Struct, frozen=True):
    """Whether a request may pass, how many are left, and in how many seconds to come back."""

    allowed: bool
    retry_after: float
    remaining: int


async def admit(budget: Budget, key: str, limit: RateLimit) -> Verdict:
    """Count one request of `key` (caller and user). Fails open: see `PostgresBudget`."""
    quota = Quota(limit.requests, limit.duration)
    spent = await budget.take(f"in:{key}", quota, interactive=True)
    return Verdict(spent.wait == 0, spent.wait, max(0, int(spent.left)))
