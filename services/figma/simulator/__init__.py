"""Figma, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with PKCE and a refresh token that stays, a team with folders in folders, files with comments and
versions in short pages, webhooks with passcodes and retries, limits, and faults on command.
"""

import time
from collections.abc import Callable, Mapping

from services.figma.simulator.consent import CLIENT_ID, Consent
from services.figma.simulator.rest import routes
from services.figma.simulator.world import LEE, OLD, World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Figma that does not exist


class Figma(Simulation):
    """The whole of it; tests reach into its parts."""

    world: World
    consent: Consent
    told: Mapping[str, str]
    """What a caller has said of the account when it follows what `wishes` names."""


def app(
    post: Post,
    _callback_url: str = "",
    secret: str = "",
    *,
    files: int = 3,
    now: Callable[[], float] = time.time,
) -> Figma:
    """A team with so many files, each with a few comments and versions; the last one lies deeper.

    Webhooks go wherever the service creates them. `secret` becomes the one that the service is told.
    """
    world, consent = World(Mail(post), now=now), Consent(CLIENT_SECRET)
    for number in range(files):
        key = world.file(f"File {number}", *([OLD] if number == files - 1 else []))
        first = world.say(key, f"A remark on {number}, @Lee")
        world.say(key, "Seen", by=LEE, answer=first["id"])
        world.save(key, f"First of {number}", "As it began")
        for _ in range(3):
            world.save(key)
        world.save(key, f"Second of {number}")

    def environment(url: str) -> Mapping[str, str]:
        return {
            "FIGMA_API_URL": url,
            "FIGMA_AUTH_URL": f"{url}/oauth",
            "FIGMA_TOKEN_URL": f"{url}/v1/oauth/token",
            "FIGMA_CLIENT_ID": CLIENT_ID,
            "FIGMA_CLIENT_SECRET": CLIENT_SECRET,
            "FIGMA_WEBHOOK_SECRET": secret,
        }

    followed = f"file:{next(iter(world.files))}"
    made = Figma(
        [*consent.routes(), *routes(world)],
        mail=world.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "limited": lambda: world.limits.append(("1", "high")),
            "spent": lambda: world.limits.append(("259200", "low")),
        },
        wishes={"/api/v1/following": {"link": followed}},
    )
    made.world, made.consent, made.told = world, consent, {followed: ""}
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    key = next(iter(world.files))

    async def commented() -> None:
        await world.comment(key, "The demo has begun, @Lee")

    async def answered() -> None:
        above = next(it for it in reversed(world.comments[key]) if not it["parent_id"])
        await world.comment(key, "And somebody answered", by=LEE, answer=above["id"])

    async def named() -> None:
        await world.name(key, "Handover", "Ready for the review")

    async def edited() -> None:
        world.touch(key, "File 0, tidied up")
        await world.tell("FILE_UPDATE", key)

    async def deleted() -> None:
        await world.delete(key)

    return {
        "commented": Happening("Ada comments on a file", commented),
        "answered": Happening("Lee answers", answered),
        "named": Happening("Ada names a version", named),
        "edited": Happening("She goes on drawing", edited),
        "deleted": Happening("The file is deleted", deleted),
    }
