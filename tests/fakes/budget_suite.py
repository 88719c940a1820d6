"""What every Budget does: the same questions for the one in memory and the one in PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from shared.config import RateLimit
from shared.http.budget import Budget
from shared.http.limits import admit


class Subject(NamedTuple):
    """A budget and a way to let seconds pass for it."""

    budget: Budget
    pass_time: Callable[[float], Awaitable[None]]


class BudgetSuite:
    """Subclasses give a fixture `it` that returns a Subject."""

    pytestmark = pytest.mark.anyio

    async def test_a_bucket_gives_its_capacity_and_then_tells_how_long_to_wait(
        self, it: Subject
    ) -> None:
        for _ in range(5):
            assert await it.budget.take("a", 5, 50.0) == 0
        assert await it.budget.take("a", 5, 50.0) == pytest.approx(10, abs=0.5)

    async def test_tokens_come_back_evenly_and_never_above_the_capacity(self, it: Subject) -> None:
        for _ in range(4):
            await it.budget.take("a", 4, 40.0)
        await it.pass_time(10.5)
        assert await it.budget.take("a", 4, 40.0) == 0
        assert await it.budget.take("a", 4, 40.0) > 0
        await it.pass_time(4000)
        assert [await it.budget.take("a", 4, 40.0) == 0 for _ in range(5)] == [True] * 4 + [False]

    async def test_keys_do_not_share(self, it: Subject) -> None:
        assert await it.budget.take("a", 1, 60.0) == 0
        assert await it.budget.take("b", 1, 60.0) == 0
        assert await it.budget.take("a", 1, 60.0) > 0

    async def test_a_tenth_is_kept_for_calls_that_somebody_waits_for(self, it: Subject) -> None:
        went = [await it.budget.take("a", 20, 2000.0) == 0 for _ in range(20)]
        assert went.count(True) == 18
        interactive = [await it.budget.take("a", 20, 2000.0, interactive=True) for _ in range(3)]
        assert interactive[:2] == [0, 0]
        assert interactive[2] > 0

    @pytest.mark.parametrize("capacity", [0, 100])
    async def test_a_pause_stops_everybody_until_it_is_over(
        self, it: Subject, capacity: int
    ) -> None:
        await it.budget.pause("a", 30)
        assert await it.budget.take("a", capacity, 60.0) == pytest.approx(30, abs=0.5)
        assert await it.budget.take("a", capacity, 60.0, interactive=True) > 0
        assert await it.budget.take("b", capacity, 60.0) == 0
        await it.pass_time(30.1)
        assert await it.budget.take("a", capacity, 60.0) == 0

    async def test_a_shorter_pause_does_not_end_a_longer_one(self, it: Subject) -> None:
        await it.budget.pause("a", 300)
        await it.budget.pause("a", 1)
        assert await it.budget.take("a", 10, 1.0) == pytest.approx(300, abs=0.5)

    @pytest.mark.parametrize("capacity", [0, 100])
    async def test_after_a_pause_calls_come_back_one_a_second_and_then_freely(
        self, it: Subject, capacity: int
    ) -> None:
        await it.budget.pause("a", 30)
        await it.pass_time(30.01)
        assert await it.budget.take("a", capacity, 1.0) == 0
        assert await it.budget.take("a", capacity, 1.0) == pytest.approx(1, abs=0.3)
        await it.pass_time(1.1)
        assert await it.budget.take("a", capacity, 1.0) == 0
        await it.pass_time(11)
        assert [await it.budget.take("a", capacity, 1.0) for _ in range(20)] == [0] * 20

    async def test_an_inbound_caller_is_admitted_up_to_the_limit(self, it: Subject) -> None:
        limit = RateLimit(requests=3, duration=30.0)
        verdicts = [await admit(it.budget, "app/ana", limit) for _ in range(4)]
        assert [v.allowed for v in verdicts] == [True, True, True, False]
        assert [v.remaining for v in verdicts] == [2, 1, 0, 0]
        assert verdicts[3].retry_after == pytest.approx(10, abs=0.5)
        assert (await admit(it.budget, "app/ben", limit)).allowed
