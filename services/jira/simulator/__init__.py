"""Jira, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth without PKCE and with rotation, two sites behind one token, search by tokens behind a lagging index,
webhooks that expire, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Mapping

from services.jira.simulator import hooks, rest
from services.jira.simulator.consent import CLIENT_ID, Consent
from services.jira.simulator.filling import fill
from services.jira.simulator.world import World
from shared.simulation import Answer, Asked, Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Jira that does not exist
_SPENT = {"ratelimit-reason": "jira-burst-based", "retry-after": "1"}


class Jira(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent


def app(
    post: Post,
    _callback_url: str = "",
    secret: str = "",
    *,
    issues: int = 20,
    now: Callable[[], float] = time.time,
) -> Jira:
    """Two sites with so many issues each.

    Webhooks go wherever the service registers them, so no address is asked for. `secret` is the
    app's own: what signs them is what the service exchanges codes with.
    """
    secret = secret or CLIENT_SECRET
    mail = Mail(post)
    world, consent = World(mail, secret, now), Consent(secret, now)
    fill(world, issues)

    def refused(asked: Asked) -> Answer | None:
        if world.limited and asked.path.startswith("/ex/"):
            world.limited -= 1
            return Answer({"errorMessages": ["Rate limit exceeded"]}, 429, _SPENT)
        return consent.refused(asked)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "JIRA_API_URL": url,
            "JIRA_AUTH_URL": f"{url}/auth/authorize",
            "JIRA_TOKEN_URL": f"{url}/auth/oauth/token",
            "JIRA_CLIENT_ID": CLIENT_ID,
            "JIRA_CLIENT_SECRET": secret,
        }

    made = Jira(
        [*consent.routes(), *rest.routes(world), *hooks.routes(world)],
        mail=mail,
        guard=refused,
        story=_story(world),
        environment=environment,
        faults={"expired": consent.expire, "limited": world.limit, "stale": world.forget_tokens},
    )
    made.world, made.consent = world, consent
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    site = next(iter(world.sites.values()))

    async def opened() -> None:
        await world.open_issue(site, "The demo has begun")

    async def commented() -> None:
        await world.comment(site, max(site.issues), "And somebody answered")

    async def finished() -> None:
        await world.move(site, max(site.issues), "Done")

    async def deleted() -> None:
        await world.delete_issue(site, max(site.issues))

    return {
        "opened": Happening("Ada opens an issue", opened),
        "commented": Happening("Lee comments on it", commented),
        "finished": Happening("It is done", finished),
        "deleted": Happening("It is deleted", deleted),
    }
