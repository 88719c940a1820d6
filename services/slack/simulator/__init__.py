"""Slack, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth v2 with rotation for the bot and for people, one workspace or an organization of several, lists,
history and threads in short pages, both rate regimes, writes, signed events with retries, and faults
on command; the same conversations every time.
"""

import time
from collections.abc import Callable, Mapping

from services.slack.simulator import lists, web
from services.slack.simulator.consent import CLIENT_ID, Consent
from services.slack.simulator.files import PLACE, Uploads
from services.slack.simulator.pace import Pace
from services.slack.simulator.scene import fill
from services.slack.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Slack that does not exist


class Slack(Simulation):
    """The whole of it; tests reach into `world` and `consent`."""

    world: World
    consent: Consent
    pace: Pace
    uploads: Uploads


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    messages: int = 20,
    most: int = 999,
    every: float = 0.0,
    org: bool = False,
    now: Callable[[], float] = time.time,
) -> Slack:
    """A workspace with four conversations of so many messages; events go to `callback_url`.

    `most` messages on a page (999, or 15 for an app outside of the Marketplace) and `every` seconds
    one call of history or replies (60 for such an app; 0 for no limit) are the rate regime. `org`
    makes it an organization of two workspaces, with a third that the app was not given yet.
    """
    world = World(Mail(post), callback_url, secret, "E01" if org else "", now=now)
    consent, pace = Consent(CLIENT_SECRET, world.places.install), Pace(most, every, now)
    uploads, played = Uploads(world), (world, pace, consent)
    fill(world, messages)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "SLACK_API_URL": f"{url}/api",
            "SLACK_AUTH_URL": f"{url}/oauth/v2/authorize",
            "SLACK_TOKEN_URL": f"{url}/api/oauth.v2.access",
            "SLACK_CLIENT_ID": CLIENT_ID,
            "SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "SLACK_SIGNING_SECRET": secret,
        }

    made = Slack(
        [*consent.routes(), *uploads.routes(), *lists.routes(*played), *web.routes(*played)],
        mail=world.mail,
        guard=lambda asked: None if asked.path.startswith(PLACE) else consent.refused(asked),
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire, "internal_error": pace.stumble},
    )
    made.world, made.consent, made.pace, made.uploads = world, consent, pace, uploads
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def last() -> str:
        return max(world.rows["C01"])

    async def said() -> None:
        await world.say("C01", "The demo has begun, <@U02>")

    async def answered() -> None:
        await world.say("C01", "And somebody answered", user="U02", thread_ts=last())

    async def edited() -> None:
        await world.edit("C01", last(), "Said better")

    async def deleted() -> None:
        await world.delete("C01", last())

    return {
        "said": Happening("Ana says something in #general", said),
        "answered": Happening("Bo answers in a thread", answered),
        "edited": Happening("The answer is changed", edited),
        "deleted": Happening("It is deleted", deleted),
    }
