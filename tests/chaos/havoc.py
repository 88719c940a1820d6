"""What is killed, and when: at random points of the progress, again and again, without a word."""

import random
import time
from collections.abc import Awaitable, Callable, Sequence

import anyio

from tests.chaos.machines import Machine
from tests.chaos.world import World


def victims(here: World, dice: random.Random, *, each: Sequence[int]) -> list[Machine]:
    """So many kills of replicas in turn, of NATS and of PostgreSQL, shuffled."""
    replicas, nats, postgres = each
    turns = [here.replicas[n % len(here.replicas)] for n in range(replicas)]
    chosen = [*turns, *[here.nats] * nats, *[here.postgres] * postgres]
    dice.shuffle(chosen)
    return chosen


async def ravage(
    victims: Sequence[Machine],
    reach: Callable[[int, float], Awaitable[object]],
    *,
    total: int,
    dice: random.Random,
    within: float,
) -> None:
    """Kill these, one after another, at random points of a progress that ends at `total`.

    `reach` waits until the progress is at a number, or until so many seconds are over.
    """
    deadline = time.monotonic() + within
    points = sorted(dice.uniform(0.02, 0.9) * total for _ in victims)
    for point, victim in zip(points, victims, strict=True):
        await reach(round(point), deadline - time.monotonic())
        await anyio.sleep(dice.uniform(0, 0.2))
        await strike(victim, dice.uniform(0, 0.3))


async def strike(victim: Machine, pause: float) -> None:
    """Kill, wait a moment, and start again until it stays up."""
    victim.kill()
    await anyio.sleep(pause)
    for _ in range(40):
        victim.start()
        await anyio.sleep(0.25)
        if victim.alive:  # PostgreSQL gives up while a child of the killed one still lives
            return
    raise TimeoutError(f"{victim.name} does not come back:\n{victim.words()}")
