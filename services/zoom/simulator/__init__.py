"""Zoom, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and rotation, lists by the month with places that end, uuids that have to be encoded twice,
downloads that lead elsewhere, signed events with retries, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Mapping

from services.zoom.simulator import acts
from services.zoom.simulator.consent import CLIENT_ID, Consent
from services.zoom.simulator.fill import fill
from services.zoom.simulator.mood import Mood
from services.zoom.simulator.rest import routes
from services.zoom.simulator.world import World
from shared.simulation import Answer, Asked, Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Zoom that does not exist


class Zoom(Simulation):
    """The whole of it; tests reach into `world`, `consent` and `mood`."""

    world: World
    consent: Consent
    mood: Mood


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    meetings: int = 4,
    now: Callable[[], float] = time.time,
) -> Zoom:
    """An account with so many meetings that are planned, and as many that took place."""
    world = World(Mail(post), callback_url, secret, now=now)
    consent, mood = Consent(CLIENT_SECRET), Mood(now)
    fill(world, meetings)

    def refused(asked: Asked) -> Answer | None:
        return consent.refused(asked) or mood.refused(asked)

    def environment(url: str) -> Mapping[str, str]:
        world.root = url
        return {
            "ZOOM_API_URL": f"{url}/v2",
            "ZOOM_AUTH_URL": f"{url}/oauth/authorize",
            "ZOOM_TOKEN_URL": f"{url}/oauth/token",
            "ZOOM_CLIENT_ID": CLIENT_ID,
            "ZOOM_CLIENT_SECRET": CLIENT_SECRET,
            "ZOOM_WEBHOOK_SECRET": secret,
        }

    made = Zoom(
        [*consent.routes(), *routes(world, mood)],
        mail=world.mail,
        guard=refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "limited": mood.limit,
            "daily": mood.spend,
            "forgotten": mood.forget,
        },
    )
    made.world, made.consent, made.mood = world, consent, mood
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def number() -> int:
        return max(world.planned)

    def uuid() -> str:
        return next(reversed(world.times))

    async def planned() -> None:
        await acts.plan(world, "The demo", agenda="To see what comes of it.")

    async def held() -> None:
        await acts.start(world, number())
        await acts.come(world, uuid(), "Jo Kim")
        await acts.end(world, uuid())

    async def recorded() -> None:
        await acts.record(world, uuid())

    async def transcribed() -> None:
        await acts.transcribe(world, uuid(), [("Mia Berg", "Shall we start?"), ("Jo Kim", "Yes.")])

    async def summed_up() -> None:
        await acts.sum_up(world, uuid(), "It was a demo.")

    async def trashed() -> None:
        await acts.trash(world, uuid())

    return {
        "planned": Happening("Mia plans a meeting", planned),
        "held": Happening("It takes place, and Jo comes", held),
        "recorded": Happening("Its recording is there", recorded),
        "transcribed": Happening("So is what was said", transcribed),
        "summed_up": Happening("And a summary", summed_up),
        "trashed": Happening("The recording goes to the trash", trashed),
    }
