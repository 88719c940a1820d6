"""GitHub, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and rotation, the REST lists and writes, discussions, signed webhooks with the
deliveries API, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Mapping

from services.github.simulator import installed
from services.github.simulator.apps import APP_ID, Apps
from services.github.simulator.consent import CLIENT_ID, Consent
from services.github.simulator.moves import Moves
from services.github.simulator.rest import GONE, page, routes
from services.github.simulator.world import Place, World, fill
from shared.simulation import Answer, Asked, Happening, Mail, Post, Route, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a GitHub that does not exist


class GitHub(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent
    apps: Apps
    moves: Moves


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    repositories: int = 2,
    issues: int = 20,
    now: Callable[[], float] = time.time,
) -> GitHub:
    """A GitHub with that many repositories and issues in each.

    A repository's webhooks go wherever the service creates its hooks, those of the app to `callback_url`.
    `secret` becomes the one that the service is told to sign with.
    """
    mail = Mail(post)
    world, consent = World(mail, now=now), Consent(CLIENT_SECRET)
    fill(world, repositories, issues)
    apps = Apps(world, secret, callback_url)
    world.listeners.append(apps.happened)
    moves = Moves(world)

    def refused(asked: Asked) -> Answer | None:
        bearer = asked.headers.get("authorization", "").partition(" ")[2]
        ours = asked.path.startswith("/app/") or bearer in apps.tokens
        refused = apps.refused(asked) if ours else consent.refused(asked)
        return refused or moves.redirected(asked)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "GITHUB_API_URL": url,
            "GITHUB_AUTH_URL": f"{url}/login/oauth/authorize",
            "GITHUB_TOKEN_URL": f"{url}/login/oauth/access_token",
            "GITHUB_CLIENT_ID": CLIENT_ID,
            "GITHUB_CLIENT_SECRET": CLIENT_SECRET,
            "GITHUB_WEBHOOK_SECRET": secret,
            "GITHUB_APP_ID": APP_ID,
            "GITHUB_APP_PRIVATE_KEY": apps.key.as_pem(private=True).decode(),
        }

    made = GitHub(
        [
            *consent.routes(),
            *routes(world, consent.scopes),
            *installed.routes(apps, page),
            Route("POST", "/graphql", lambda asked: _discussions(world, asked)),
        ],
        mail=mail,
        guard=refused,
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire},
    )
    made.world, made.consent, made.apps, made.moves = world, consent, apps, moves
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    place: Place = next(iter(world.places.values()))

    def last() -> int:
        return max(set(place.issues) - set(place.pulls))

    async def opened() -> None:
        await world.open_issue(place, "The demo has begun", "Somebody opened this just now.")

    async def commented() -> None:
        await world.comment(place, last(), "And somebody answered, cc @mona.")

    async def edited() -> None:
        await world.edit_issue(place, last(), title="The demo goes on", state="closed")

    async def deleted() -> None:
        await world.delete_issue(place, last())

    return {
        "opened": Happening(f"Somebody opens an issue in {place.name}", opened),
        "commented": Happening("Somebody comments on it", commented),
        "edited": Happening("It gets another title and is closed", edited),
        "deleted": Happening("It is deleted", deleted),
    }


def _discussions(world: World, asked: Asked) -> Answer:
    """The one GraphQL query that the service begins with; everything fits on its first page."""
    told = asked.json()
    given = told["variables"]
    place = world.places.get(f"{given.get('owner')}/{given.get('name')}")
    if "discussions(first:" not in told["query"] or place is None:
        return GONE
    listed = {
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "nodes": sorted(place.discussions, key=lambda it: str(it["updated_at"]), reverse=True),
    }
    return Answer({"data": {"repository": {"discussions": listed}}})
