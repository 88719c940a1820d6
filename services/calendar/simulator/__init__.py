"""A CalDAV server, played on this machine for demos and tests: it shares no code with the service it tries.

A principal with two calendars, one of them without sync tokens, a feed, files with ETags, and faults on
command; the same data every time.
"""

import time
from collections.abc import Callable, Mapping

from services.calendar.simulator.rest import refused, routes
from services.calendar.simulator.world import USER, World
from shared.simulation import Happening, Mail, Post, Simulation

FEED = "played-secret-of-the-feed"


class Server(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World


def app(
    post: Post,
    _callback_url: str = "",
    _secret: str = "",
    *,
    events: int = 20,
    now: Callable[[], float] = time.time,
) -> Server:
    """A server with that many events, a series and a task."""
    world = World(events, now)
    made = Server(
        routes(world, FEED),
        mail=Mail(post),
        guard=lambda asked: refused(world, asked),
        story=_story(world),
        environment=lambda _: {},
        faults=_faults(world),
        credentials=lambda url: {
            "server_url": f"{url}/",
            "username": USER,
            "app_password": world.password,
        },
    )
    made.world = world
    return made


def _faults(world: World) -> Mapping[str, Callable[[], None]]:
    def expired() -> None:
        world.password += "-changed"

    def forgotten() -> None:
        world.work.oldest = len(world.work.log) + 1

    def cut() -> None:
        world.cut = 2

    return {"expired": expired, "forgotten": forgotten, "cut": cut}


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    async def planned() -> None:
        world.plan("demo", "Look at the demo", day=20)

    async def moved() -> None:
        world.plan("demo", "Look at the demo, later", day=20, hour=16)

    async def left_out() -> None:
        rule = (
            "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=12\r\nEXDATE;TZID=Europe/Berlin:20260316T090000\r\n"
        )
        world.plan("weekly", "Round table", extra=rule)

    async def deleted() -> None:
        world.work.delete("demo.ics")

    return {
        "planned": Happening("Ana plans an event", planned),
        "moved": Happening("It is moved to the afternoon", moved),
        "left_out": Happening("One Monday of a series is left out", left_out),
        "deleted": Happening("The event is deleted", deleted),
    }
