"""Discord, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with rotating pairs and a bot, channels, threads and messages newest first, rights, limits of all
three kinds, signed events and commands, and faults on command; the same server every time.
"""

import time
from collections.abc import Callable, Mapping

from services.discord.simulator.consent import CLIENT_ID, Consent
from services.discord.simulator.fill import fill
from services.discord.simulator.pace import Pace
from services.discord.simulator.rest import routes
from services.discord.simulator.rows import ANA, BO, user
from services.discord.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Discord that does not exist
BOT_TOKEN = "simulated-bot-token"  # noqa: S105 - the same
GENERAL = "1400000000000000002"


class Discord(Simulation):
    """The whole of it; tests reach into `world`, `consent` and `pace`."""

    world: World
    consent: Consent
    pace: Pace


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    messages: int = 5,
    now: Callable[[], float] = time.time,
) -> Discord:
    """A server with so many messages in its first channel; what is said later is said now."""
    world = World(Mail(post), callback_url, secret, now=lambda: now() - 86_400)
    consent, pace = Consent(CLIENT_SECRET, BOT_TOKEN), Pace()
    fill(world, messages)
    world.now = now

    def environment(url: str) -> Mapping[str, str]:
        return {
            "DISCORD_API_URL": f"{url}/api/v10",
            "DISCORD_AUTH_URL": f"{url}/oauth2/authorize",
            "DISCORD_TOKEN_URL": f"{url}/api/oauth2/token",
            "DISCORD_CLIENT_ID": CLIENT_ID,
            "DISCORD_CLIENT_SECRET": CLIENT_SECRET,
            "DISCORD_BOT_TOKEN": BOT_TOKEN,
            "DISCORD_PUBLIC_KEY": world.public_key,
        }

    made = Discord(
        [*consent.routes(), *routes(world, pace)],
        mail=world.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "revoked": consent.end,
            "limited": pace.limit,
            "limited_all": pace.limit_all,
            "blocked": pace.block,
        },
    )
    made.world, made.consent, made.pace = world, consent, pace
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense.

    Discord tells nobody over HTTP what is said, so each story ends with an event that makes us look.
    """

    def last() -> str:
        return max(world.messages[GENERAL], key=int)

    async def look() -> None:
        await world.tell(
            "APPLICATION_AUTHORIZED", integration_type=0, user=user(ANA), guild=world.guild()
        )

    async def said() -> None:
        world.say(GENERAL, "The demo has begun")
        await look()

    async def handed() -> None:
        row = world.say(GENERAL, "Keep this one", BO)
        await world.hand_over(row)

    async def threaded() -> None:
        begun = world.begin(world.messages[GENERAL][last()], "A thread of it")
        world.say(begun["id"], "First in the thread", BO)
        await look()

    return {
        "said": Happening("Ana says something", said),
        "handed": Happening("Somebody hands a message to the app", handed),
        "threaded": Happening("A thread begins", threaded),
    }
