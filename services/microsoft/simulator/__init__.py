"""Microsoft, played on this machine for demos and tests: it shares no code with the service it tries.

Consent with rotating refresh tokens, a mailbox with delta links, batches, subscriptions with their
handshake and lifecycle, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from services.microsoft.simulator import drive, events, notices, rest
from services.microsoft.simulator.consent import CLIENT_ID, Consent
from services.microsoft.simulator.signer import Signer
from services.microsoft.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Microsoft that does not exist


class Microsoft(Simulation):
    """The whole of it; tests reach into `world` and `consent`."""

    world: World
    consent: Consent


def app(
    post: Post,
    callback_url: str = "",  # noqa: ARG001 - subscriptions bring their own
    secret: str = "",
    *,
    mails: int = 20,
    now: Callable[[], float] = time.time,
) -> Microsoft:
    """Sam's account, with so many mails, a calendar and a OneDrive."""
    world = World(Mail(post), now)
    consent = Consent(CLIENT_SECRET, Signer(), now)
    _fill(world, mails)
    outlook = [*rest.mailbox(world), *events.routes(world)]

    def environment(url: str) -> Mapping[str, str]:
        return {
            "MICROSOFT_API_URL": f"{url}/v1.0",
            "MICROSOFT_AUTH_URL": f"{url}/common/oauth2/v2.0/authorize",
            "MICROSOFT_TOKEN_URL": f"{url}/common/oauth2/v2.0/token",
            "MICROSOFT_CLIENT_ID": CLIENT_ID,
            "MICROSOFT_CLIENT_SECRET": CLIENT_SECRET,
            "MICROSOFT_WEBHOOK_SECRET": secret,
        }

    made = Microsoft(
        [
            *consent.routes(),
            *notices.subscriptions(world),
            *outlook,
            *drive.routes(world),
            notices.batch(outlook),
        ],
        mail=world.bell.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "forgotten": world.forget,
            "governed": consent.govern,
            "limited": consent.limit,
            "unsubscribed": world.bell.drop,
        },
    )
    made.world, made.consent = world, consent
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    told: list[str] = []

    async def arrived() -> None:
        told.append(await world.arrive("The demo has begun", "Hello Sam,\n\nthis just arrived."))

    async def read() -> None:
        await world.change(told[-1], isRead=True)

    async def archived() -> None:
        await world.move(told[-1], "archive")

    async def invited() -> None:
        await world.plan("AAevtdemo=", "Demo of the demo")

    async def shared() -> None:
        await world.save("01DEMO", "Notes of the demo.txt")

    async def thrown_away() -> None:
        await world.move(told[-1], "deleteditems")

    return {
        "arrived": Happening("A mail arrives for Sam", arrived),
        "read": Happening("Sam reads it", read),
        "archived": Happening("It goes to the archive", archived),
        "invited": Happening("Sam is invited to a meeting", invited),
        "shared": Happening("A file appears in Sam's OneDrive", shared),
        "deleted": Happening("It is thrown away", thrown_away),
    }


def _fill(world: World, mails: int) -> None:
    """The same account every time, without telling anybody."""
    for number in range(mails):
        at_once(world.arrive(f"Mail {number}", f"This is mail number {number}."))
    weekly = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "sunday"}
    endless = {"pattern": weekly, "range": {"type": "noEnd"}}
    at_once(world.plan("AAevtstandup=", "Stand-up", type="seriesMaster", recurrence=endless))
    at_once(world.plan("AAevtlunch=", "Lunch"))
    at_once(world.save("01PLAN", "Plan.txt"))
    at_once(world.save("01DIR", "Plans", file=None, folder={"childCount": 0}))


def at_once(story: Coroutine[Any, Any, Any]) -> None:
    """Let it happen at once: nobody listens yet, so that it never waits."""
    try:
        story.send(None)
    except StopIteration:
        return
    raise AssertionError("something waits before anybody listens")
