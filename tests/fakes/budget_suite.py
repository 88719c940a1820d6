"""What every Budget does: the same questions for the one in memory and the one in PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from shared.config import RateLimit
from shared.http.budget import Budget
from shared.http.limits import admit
from shared.types import Quota


class Subject(NamedTuple):
    """A budget and a way to let seconds pass for it."""

    budget: Budget
    pass_time: Callable[[float], Awaitable[None]]

    async def wait(
        self, key: str, capacity: float, per: float, units: float = 1, **how: Any
    ) -> float:
        """The seconds that taking units has to wait; no capacity: the key only knows pauses."""
        quota = Quota(capacity, per) if capacity else None
        return (await self.budget.take(key, quota, units, **how)).wait


class BudgetSuite:
    """Subclasses give a fixture `it` that returns a Subject."""

    pytestmark = pytest.mark.anyio

    async def test_a_bucket_gives_its_capacity_and_then_tells_how_long_to_wait(
        self, it: Subject
    ) -> None:
        for _ in range(5):
            assert await it.wait("a", 5, 50.0, interactive=True) == 0
        assert await it.wait("a", 5, 50.0, interactive=True) == pytest.approx(10, abs=0.5)

    async def test_tokens_come_back_evenly_and_never_above_the_capacity(self, it: Subject) -> None:
        for _ in range(4):
            await it.wait("a", 4, 40.0, interactive=True)
        await it.pass_time(10.5)
        assert await it.wait("a", 4, 40.0, interactive=True) == 0
        assert await it.wait("a", 4, 40.0, interactive=True) > 0
        await it.pass_time(4000)
        assert [await it.wait("a", 4, 40.0, interactive=True) == 0 for _ in range(5)] == [
            True
        ] * 4 + [False]

    async def test_keys_do_not_share(self, it: Subject) -> None:
        assert await it.wait("a", 1, 60.0) == 0
        assert await it.wait("b", 1, 60.0) == 0
        assert await it.wait("a", 1, 60.0) > 0

    async def test_a_tenth_is_kept_for_calls_that_somebody_waits_for(self, it: Subject) -> None:
        went = [await it.wait("a", 20, 2000.0) == 0 for _ in range(20)]
        assert went.count(True) == 18
        interactive = [await it.wait("a", 20, 2000.0, interactive=True) for _ in range(3)]
        assert interactive[:2] == [0, 0]
        assert interactive[2] > 0

    @pytest.mark.parametrize("capacity", [0, 100])
    async def test_a_pause_stops_everybody_until_it_is_over(
        self, it: Subject, capacity: int
    ) -> None:
        await it.budget.pause("a", 30)
        assert await it.wait("a", capacity, 60.0) == pytest.approx(30, abs=0.5)
        assert await it.wait("a", capacity, 60.0, interactive=True) > 0
        assert await it.wait("b", capacity, 60.0) == 0
        await it.pass_time(30.1)
        assert await it.wait("a", capacity, 60.0) == 0

    async def test_a_shorter_pause_does_not_end_a_longer_one(self, it: Subject) -> None:
        await it.budget.pause("a", 300)
        await it.budget.pause("a", 1)
        assert await it.wait("a", 10, 1.0) == pytest.approx(300, abs=0.5)

    @pytest.mark.parametrize("capacity", [0, 100])
    async def test_after_a_pause_calls_come_back_one_a_second_and_then_freely(
        self, it: Subject, capacity: int
    ) -> None:
        await it.budget.pause("a", 30)
        await it.pass_time(30.01)
        assert await it.wait("a", capacity, 1.0) == 0
        assert await it.wait("a", capacity, 1.0) == pytest.approx(1, abs=0.3)
        await it.pass_time(1.1)
        assert await it.wait("a", capacity, 1.0) == 0
        await it.pass_time(11)
        assert [await it.wait("a", capacity, 1.0) for _ in range(20)] == [0] * 20

    async def test_an_inbound_caller_is_admitted_up_to_the_limit(self, it: Subject) -> None:
        limit = RateLimit(requests=3, duration=30.0)
        verdicts = [await admit(it.budget, "app/ana", limit) for _ in range(4)]
        assert [v.allowed for v in verdicts] == [True, True, True, False]
        assert [v.remaining for v in verdicts] == [2, 1, 0, 0]
        assert verdicts[3].retry_after == pytest.approx(10, abs=0.5)
        assert (await admit(it.budget, "app/ben", limit)).allowed

    async def test_units_are_what_is_counted(self, it: Subject) -> None:
        assert await it.wait("a", 100, 100.0, 60) == 0
        assert await it.wait("a", 100, 100.0, 60) == pytest.approx(30, abs=0.5)
        assert await it.wait("a", 100, 100.0, 30) == 0

    async def test_a_call_that_costs_more_than_a_bucket_holds_goes_when_it_is_full(
        self, it: Subject
    ) -> None:
        assert await it.wait("a", 10, 10.0, 15) == 0
        assert await it.wait("a", 10, 10.0, 15) == pytest.approx(15, abs=0.5)
        await it.pass_time(15.1)
        assert await it.wait("a", 10, 10.0, 15) == 0

    async def test_of_one_call_a_minute_a_tenth_is_kept_as_well(self, it: Subject) -> None:
        assert await it.wait("a", 1, 60.0) == 0
        assert await it.wait("a", 1, 60.0) == pytest.approx(60, abs=0.5)
        assert await it.wait("a", 1, 60.0, interactive=True) == pytest.approx(54, abs=0.5)

    async def test_a_pause_of_the_whole_stops_its_parts_and_a_pause_of_a_part_no_other(
        self, it: Subject
    ) -> None:
        await it.budget.pause("a/history", 30)
        assert await it.wait("a/history", 50, 60.0, whole="a") == pytest.approx(30, abs=0.5)
        assert await it.wait("a/replies", 50, 60.0, whole="a") == 0
        await it.budget.pause("a", 50)
        assert await it.wait("a/history", 50, 60.0, whole="a") == pytest.approx(50, abs=0.5)
        assert await it.wait("a/never", 50, 60.0, whole="a") == pytest.approx(50, abs=0.5)
        await it.pass_time(50.1)
        assert await it.wait("a/replies", 50, 60.0, whole="a") == 0
        assert await it.wait("a/never", 50, 60.0, whole="a") == pytest.approx(1, abs=0.3)

    async def test_a_refusal_halves_a_bucket_and_ten_minutes_make_up_for_it(
        self, it: Subject
    ) -> None:
        quota, paces = Quota(60, 60.0), []
        for seconds in (0, 0.1, 31, 31):  # the second one meets the pause of the first
            await it.pass_time(seconds)
            await it.budget.pause("a", 30, learns=True)
            paces.append(await it.budget.pace("a", quota))
        assert paces == [1 / 2, 1 / 2, 1 / 4, 1 / 8]
        await it.pass_time(30.1)
        went = [await it.wait("a", 60, 60.0, interactive=True) == 0 for _ in range(2)]
        assert went == [True, False]  # one a second after a pause
        await it.pass_time(20)
        went = [await it.wait("a", 60, 60.0, interactive=True) == 0 for _ in range(9)]
        assert went.count(True) == 7  # of 60 / 8
        await it.pass_time(600)
        assert await it.budget.pace("a", quota) == 1 / 4
        await it.pass_time(1200)
        assert await it.budget.pace("a", quota) == 1

    async def test_what_is_refused_again_and_again_still_gives_one_a_minute(
        self, it: Subject
    ) -> None:
        quota = Quota(50, 60.0)
        for _ in range(20):
            await it.budget.pause("a", 60, learns=True)
            await it.pass_time(60.1)
        assert await it.budget.pace("a", quota) == pytest.approx(1 / 60)
        await it.pass_time(20)
        assert await it.wait("a", 50, 60.0, interactive=True) == 0
        assert await it.wait("a", 50, 60.0, interactive=True) == pytest.approx(60, abs=0.5)
        await it.pass_time(3600)
        assert await it.budget.pace("a", quota) == 50 / 60

    async def test_what_was_spent_already_has_to_come_back_though_it_was_not_there(
        self, it: Subject
    ) -> None:
        quota = Quota(10, 100.0)
        await it.budget.owe("a", quota, 4)
        assert await it.wait("a", 10, 100.0, 6, interactive=True) == 0
        await it.budget.owe("a", quota, 3)
        assert await it.wait("a", 10, 100.0, interactive=True) == pytest.approx(40, abs=1)
        await it.pass_time(45)
        assert await it.wait("a", 10, 100.0, interactive=True) == 0
        await it.pass_time(1000)
        await it.budget.owe("a", quota, 10)
        assert await it.wait("a", 10, 100.0, interactive=True) > 0
        assert await it.wait("b", 10, 100.0, 10, interactive=True) == 0
