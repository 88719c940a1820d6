"""GitLab, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and rotation, the REST lists and writes, webhooks with both proofs, their events and
their sleep, limits in GitLab's own words, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Mapping

from services.gitlab.simulator.consent import CLIENT_ID, Consent
from services.gitlab.simulator.filling import fill
from services.gitlab.simulator.rest import routes
from services.gitlab.simulator.world import Place, World
from shared.simulation import Answer, Asked, Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a GitLab that does not exist
LATER = Answer(b"Retry later\n", 429, {"content-type": "text/plain", "retry-after": "1"})


class GitLab(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent


def app(
    post: Post,
    _callback_url: str = "",
    secret: str = "",
    *,
    projects: int = 2,
    issues: int = 20,
    now: Callable[[], float] = time.time,
) -> GitLab:
    """A GitLab with that many projects and issues in each.

    Webhooks go wherever the service creates its hooks, so no address is asked for. `secret`
    becomes the one that the service is told.
    """
    mail = Mail(post)
    world, consent = World(mail, now=now), Consent(CLIENT_SECRET)
    fill(world, projects, issues)

    def refused(asked: Asked) -> Answer | None:
        if world.limited and asked.path.startswith("/api/"):
            world.limited -= 1
            return LATER
        return consent.refused(asked)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "GITLAB_API_URL": url,
            "GITLAB_AUTH_URL": f"{url}/oauth/authorize",
            "GITLAB_TOKEN_URL": f"{url}/oauth/token",
            "GITLAB_CLIENT_ID": CLIENT_ID,
            "GITLAB_CLIENT_SECRET": CLIENT_SECRET,
            "GITLAB_WEBHOOK_SECRET": secret,
        }

    made = GitLab(
        [*consent.routes(), *routes(world)],
        mail=mail,
        guard=refused,
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire, "limited": world.limit},
    )
    made.world, made.consent = world, consent
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    place: Place = next(iter(world.places.values()))
    name = place.row["path_with_namespace"]

    async def opened() -> None:
        await world.open_issue(place, "The demo has begun", description="Just now.")

    async def commented() -> None:
        await world.comment(place, "issues", max(place.issues), "And somebody answered, cc @ana.")

    async def closed() -> None:
        await world.edit(place, "issues", max(place.issues), title="It goes on", state="closed")

    async def pushed() -> None:
        await world.push(place)

    async def passed() -> None:
        await world.finish(place)

    return {
        "opened": Happening(f"Somebody opens an issue in {name}", opened),
        "commented": Happening("Somebody comments on it", commented),
        "closed": Happening("It gets another title and is closed", closed),
        "pushed": Happening("Somebody pushes a commit", pushed),
        "passed": Happening("The pipeline passes", passed),
    }
