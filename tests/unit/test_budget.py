"""The budget in memory, and what is left when PostgreSQL does not answer."""

import pytest

from shared.config import RateLimit
from shared.http.budget import MemoryBudget, PostgresBudget
from shared.http.limits import admit
from shared.store.database import Database
from shared.types import Quota
from tests.fakes.budget_suite import BudgetSuite, Subject

pytestmark = pytest.mark.anyio


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds


class TestMemory(BudgetSuite):
    @pytest.fixture
    def it(self) -> Subject:
        clock = Clock()
        return Subject(MemoryBudget(clock), clock.advance)


async def test_without_postgres_a_process_counts_alone_and_keeps_to_what_it_counts() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none", timeout=0.05)
    clock = Clock()
    budget = PostgresBudget(db, clock)
    limit = RateLimit(requests=2, duration=60.0)
    assert [(await admit(budget, "a", limit)).allowed for _ in range(3)] == [True, True, False]
    await budget.pause("b", 30)
    assert (await budget.take("b", None)).wait == pytest.approx(30)


async def test_the_number_of_keys_in_memory_is_bounded() -> None:
    budget = MemoryBudget(most=10)
    for number in range(100):
        await budget.take(str(number), Quota(1, 60.0))
    assert len(budget._buckets) == 10
