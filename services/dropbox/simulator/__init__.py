"""Dropbox, played on this machine for demos and tests: it shares no code with the service it tries.

Consent with tokens that end, a Dropbox with cursors, deletions that tell a path alone, histories, signed
notifications that say only whose files changed, and faults on command; the same files every time.
"""

import time
from collections.abc import Callable, Mapping

from services.dropbox.simulator.consent import CLIENT_ID, Consent
from services.dropbox.simulator.rest import Mood, elsewhere, routes
from services.dropbox.simulator.world import World
from shared.simulation import Answer, Asked, Happening, Mail, Post, Simulation

TEXT = "This is what Ana has written down."
CLIENT_SECRET = "simulated-app-secret"  # noqa: S105 - of a Dropbox that does not exist


class Dropbox(Simulation):
    """The whole of it; tests reach into `world`, `consent` and `mood`."""

    world: World
    consent: Consent
    mood: Mood


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    files: int = 12,
    team: str = "",
    now: Callable[[], float] = time.time,
) -> Dropbox:
    """Ana's Dropbox, with so many notes in a folder of hers, in the space of a team if one is named; the
    app's secret signs as well."""
    secret = secret or CLIENT_SECRET
    world = World(Mail(post), callback_url, secret, now)
    consent, mood, world.team = Consent(secret), Mood(), team
    world.folder("/Notes")
    for number in range(files):
        world.save(f"/Notes/Note {number:02d}.md", f"# Note {number} of many\n\n{TEXT}\n".encode())
    world.save("/Plan.pdf", b"%PDF-1.7")

    def environment(url: str) -> Mapping[str, str]:
        return {
            "DROPBOX_API_URL": url,
            "DROPBOX_AUTH_URL": f"{url}/oauth2/authorize",
            "DROPBOX_TOKEN_URL": f"{url}/oauth2/token",
            "DROPBOX_CLIENT_ID": CLIENT_ID,
            "DROPBOX_CLIENT_SECRET": secret,
        }

    def guard(asked: Asked) -> Answer | None:
        return consent.refused(asked) or elsewhere(world, asked) or mood.refused(asked)

    made = Dropbox(
        [*consent.routes(), *routes(world)],
        mail=world.mail,
        guard=guard,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "unlinked": consent.unlink,
            "forgotten": world.forget,
            "limited": mood.limit,
            "locked": mood.lock,
        },
    )
    made.world, made.consent, made.mood = world, consent, mood
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""
    begun, moved = "/The demo.txt", "/Notes/The demo.txt"

    async def saved() -> None:
        world.save(begun, TEXT.encode())
        await world.tell()

    async def written() -> None:
        world.save(begun, f"{TEXT}\nIt goes on.".encode())
        await world.tell()

    async def carried() -> None:
        world.move(begun, moved)
        await world.tell()

    async def deleted() -> None:
        world.delete(moved)
        await world.tell()

    return {
        "saved": Happening("Ana saves a text", saved),
        "written": Happening("She writes more into it", written),
        "moved": Happening("She moves it into a folder", carried),
        "deleted": Happening("She deletes it", deleted),
    }
