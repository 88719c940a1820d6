"""X, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and rotation, lists by token and `since_id`, the app's webhook with subscriptions and signed
events, and faults on command; the same three people every time.
"""

import time
from collections.abc import Callable, Mapping

from services.twitter.simulator.consent import APP, CLIENT_ID, Consent
from services.twitter.simulator.deliveries import Row
from services.twitter.simulator.rest import Rest
from services.twitter.simulator.world import ADA, GRACE, World, fill
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of an X that does not exist


class X(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent
    rest: Rest


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    posts: int = 20,
    bearer: str = APP,
    now: Callable[[], float] = time.time,
) -> X:
    """An X on which Grace has posted so often and was mentioned as often.

    Until the service has subscribed, events go to `callback_url`; `secret` signs them. Without a `bearer`
    it never subscribes.
    """
    world = World(Mail(post), callback_url, secret, now=now)
    consent = Consent(CLIENT_SECRET, now)
    rest = Rest(world, consent)
    fill(world, posts)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "TWITTER_API_URL": url,
            "TWITTER_AUTH_URL": f"{url}/i/oauth2/authorize",
            "TWITTER_TOKEN_URL": f"{url}/2/oauth2/token",
            "TWITTER_CLIENT_ID": CLIENT_ID,
            "TWITTER_CLIENT_SECRET": CLIENT_SECRET,
            "TWITTER_API_SECRET": secret,
            "TWITTER_BEARER_TOKEN": bearer,
        }

    made = X(
        [*consent.routes(), *rest.routes(), *world.deliveries.routes()],
        mail=world.deliveries.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "limited": rest.pages.limit,
            "spent": rest.pages.spend,
            "stale": rest.pages.age,
        },
    )
    made.world, made.consent, made.rest = world, consent, rest
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def hers() -> Row:
        mine = [it for it in world.posts.values() if it["author_id"] == GRACE["id"]]
        return max(mine, key=lambda it: int(it["id"]))

    async def posted() -> None:
        await world.post(GRACE, "The demo has begun, cc @ada")

    async def answered() -> None:
        await world.reply(ADA, hers(), "@grace_h and somebody answered")

    async def edited() -> None:
        await world.edit(hers(), "The demo goes on, cc @ada")

    async def written() -> None:
        await world.write(ADA, "This is between us")

    async def deleted() -> None:
        await world.delete(hers())

    return {
        "posted": Happening("Grace posts something", posted),
        "answered": Happening("Ada answers her", answered),
        "edited": Happening("Grace edits her post", edited),
        "written": Happening("Ada writes to her", written),
        "deleted": Happening("Grace deletes her post", deleted),
    }
