"""A vault in a running app with the Local REST API plugin, played on this machine for demos and tests.

It shares no code with the service it tries. Its watcher signs what it tells. Faults on command: a key
that was reset, an app that is closed, a vault whose folder is empty for a moment.
"""

import secrets
import time
from collections.abc import Callable, Mapping

from services.obsidian.simulator.plugin import routes
from services.obsidian.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

SECRET = "the secret of a watcher that does not exist"  # noqa: S105 - as it says


class Obsidian(Simulation):
    """The whole of it; tests reach into `world`."""

    world: World


def app(
    post: Post,
    callback_url: str = "",
    secret: str = SECRET,
    *,
    notes: int = 6,
    now: Callable[[], float] = time.time,
) -> Obsidian:
    """A vault with so many notes besides a plan, and one person."""
    world = World(Mail(post), callback_url, secret or SECRET, now=now)
    world.fill(notes)

    def environment(_: str) -> Mapping[str, str]:
        return {"OBSIDIAN_WEBHOOK_SECRET": world.secret}

    def credentials(url: str) -> Mapping[str, str]:
        world.url = url
        filled = {"vault": "Notes", "url": url, "key": world.key}
        return {**filled, "owner": "Ana A", "people": "People"}

    def reset() -> None:
        world.key = secrets.token_hex(32)

    made = Obsidian(
        routes(world),
        mail=world.mail,
        guard=world.refused,
        story=_story(world),
        environment=environment,
        credentials=credentials,
        faults={"reset": reset, "closed": world.close, "emptied": world.empty},
    )
    made.world = world
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    async def created() -> None:
        world.write("Demo.md", "---\ntags: [demo]\n---\nIt has begun, see [[Plan]].\n")
        await world.tell("created", "Demo.md")

    async def edited() -> None:
        world.write("Demo.md", world.notes["Demo.md"].text + "- [ ] go on\n")
        await world.tell("modified", "Demo.md")

    async def renamed() -> None:
        world.move("Demo.md", "Archive/Demo.md")
        await world.tell("renamed", "Demo.md", "Archive/Demo.md")

    async def deleted() -> None:
        del world.notes["Archive/Demo.md"]
        await world.tell("deleted", "Archive/Demo.md")

    return {
        "created": Happening("Ana writes a note", created),
        "edited": Happening("She adds a task to it", edited),
        "renamed": Happening("She moves it into a folder", renamed),
        "deleted": Happening("It goes to the trash", deleted),
    }
