"""LinkedIn, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth without PKCE, pages of an organization with posts, comments and notifications, signed webhooks
that are validated first, writes, and faults on command; the same page every time.
"""

import time
from collections.abc import Callable, Mapping

from services.linkedin.simulator.consent import CLIENT_ID, Consent
from services.linkedin.simulator.rest import routes
from services.linkedin.simulator.world import ANA, World
from shared.simulation import Answer, Asked, Happening, Mail, Post, Simulation

APP = "7700"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a LinkedIn that does not exist


class LinkedIn(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent


def app(
    post: Post,
    _callback_url: str = "",
    secret: str = "",
    *,
    posts: int = 20,
    now: Callable[[], float] = time.time,
) -> LinkedIn:
    """A page with so many posts; deliveries go where the service subscribes, signed with `secret`."""
    secret = secret or CLIENT_SECRET  # LinkedIn signs with it
    world, consent = World(Mail(post), secret, now), Consent(secret)
    _fill(world, posts)

    def refused(asked: Asked) -> Answer | None:
        return world.limited() or consent.refused(asked)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "LINKEDIN_API_URL": url,
            "LINKEDIN_AUTH_URL": f"{url}/oauth/v2/authorization",
            "LINKEDIN_TOKEN_URL": f"{url}/oauth/v2/accessToken",
            "LINKEDIN_CLIENT_ID": CLIENT_ID,
            "LINKEDIN_CLIENT_SECRET": secret,
            "LINKEDIN_APP_ID": APP,
        }

    made = LinkedIn(
        [*consent.routes(), *routes(world)],
        mail=world.mail,
        guard=refused,
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire, "limited": world.limit},
    )
    made.world, made.consent = world, consent
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def last() -> str:
        return max(world.posts, key=lambda it: int(world.posts[it]["createdAt"]))

    async def commented() -> None:
        await world.comment(last(), "Congratulations from the demo")

    async def liked() -> None:
        await world.act("LIKE", last(), f"urn:li:like:({last()})")

    async def mentioned() -> None:
        await world.act(
            "SHARE_MENTION", last(), "urn:li:share:990001", "We like @[Acme](urn:li:organization:1)"
        )

    return {
        "commented": Happening("Somebody comments on the page's last post", commented),
        "liked": Happening("Somebody likes it", liked),
        "mentioned": Happening("Somebody mentions the page", mentioned),
    }


def _fill(world: World, posts: int) -> None:
    """A page as a demo finds it: every third post has a comment, and that one an answer."""
    for n in range(posts):
        row = world.write(rf"Post {n} of the page \#{n}")
        if n % 3 == 0:
            said = world.say(row["id"], f"Remark on {n}")
            world.say(said["commentUrn"], f"Answer to the remark on {n}", ANA)
