"""Linear, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and rotation, GraphQL with cursors, signed webhooks with retries, and faults on
command; the same workspace every time.
"""

import time
from collections.abc import Callable, Mapping

from services.linear.simulator.consent import CLIENT_ID, Consent
from services.linear.simulator.graph import Graph
from services.linear.simulator.world import DONE, ENG, World, fill
from shared.simulation import Happening, Mail, Post, Route, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Linear that does not exist


class Linear(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent
    graph: Graph


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    issues: int = 20,
    now: Callable[[], float] = time.time,
) -> Linear:
    """A workspace with a public and a private team of so many issues each.

    The app's own webhook goes to `callback_url`, for public teams; `secret` signs it.
    """
    world = World(Mail(post), callback_url, secret, now=now)
    consent, graph = Consent(CLIENT_SECRET, now), Graph(world, now)
    fill(world, issues)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "LINEAR_API_URL": url,
            "LINEAR_AUTH_URL": f"{url}/oauth/authorize",
            "LINEAR_TOKEN_URL": f"{url}/oauth/token",
            "LINEAR_CLIENT_ID": CLIENT_ID,
            "LINEAR_CLIENT_SECRET": CLIENT_SECRET,
            "LINEAR_WEBHOOK_SECRET": secret,
        }

    made = Linear(
        [*consent.routes(), Route("POST", "/graphql", graph.answer)],
        mail=world.deliveries.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire, "limited": graph.limit},
    )
    made.world, made.consent, made.graph = world, consent, graph
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def last(name: str) -> str:
        return max(world.tables[name], key=lambda key: str(world.tables[name][key]["createdAt"]))

    async def opened() -> None:
        await world.open_issue(ENG, title="The demo has begun", description="Just now, cc @lee")

    async def commented() -> None:
        await world.comment(world.tables["issues"][last("issues")], "And @ada answered")

    async def finished() -> None:
        await world.edit("Issue", world.tables["issues"][last("issues")], state=DONE)

    async def trashed() -> None:
        await world.trash(world.tables["issues"][last("issues")])

    return {
        "opened": Happening("Ada opens an issue in Engineering", opened),
        "commented": Happening("Lee comments on it", commented),
        "finished": Happening("It is done", finished),
        "trashed": Happening("It goes into the trash", trashed),
    }
