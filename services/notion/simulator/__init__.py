"""Notion, played on this machine for demos and tests: it shares no code with the service it tries.

OAuth with rotating pairs, search, blocks, tables and comments in short pages, writes, the handshake and
signed events with retries, and faults on command; the same workspace every time.
"""

import time
from collections.abc import Callable, Mapping

from services.notion.simulator.consent import CLIENT_ID, Consent
from services.notion.simulator.fill import fill
from services.notion.simulator.mood import Mood
from services.notion.simulator.rest import routes
from services.notion.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Notion that does not exist


class Notion(Simulation):
    """The whole of it; tests reach into `world`, `consent` and `mood`."""

    world: World
    consent: Consent
    mood: Mood


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    pages: int = 6,
    now: Callable[[], float] = time.time,
) -> Notion:
    """A workspace with so many pages in a page, and a table of as many rows.

    Without a `secret` the webhook has to be handed one over first (`World.hand_over`).
    """
    # What was there before was not edited in this very minute.
    world = World(Mail(post), callback_url, secret, now=lambda: now() - 86_400)
    consent, mood = Consent(CLIENT_SECRET), Mood()
    fill(world, pages)
    world.now = now

    def environment(url: str) -> Mapping[str, str]:
        return {
            "NOTION_API_URL": f"{url}/v1",
            "NOTION_AUTH_URL": f"{url}/v1/oauth/authorize",
            "NOTION_TOKEN_URL": f"{url}/v1/oauth/token",
            "NOTION_CLIENT_ID": CLIENT_ID,
            "NOTION_CLIENT_SECRET": CLIENT_SECRET,
            **({"NOTION_WEBHOOK_SECRET": secret} if secret else {}),
        }

    made = Notion(
        [*consent.routes(), *routes(world, mood)],
        mail=world.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "limited": mood.limit,
            "conflict": mood.conflict,
            "kept": mood.keep,
        },
    )
    made.world, made.consent, made.mood = world, consent, mood
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    def last() -> str:
        return max(world.pages)

    async def created() -> None:
        page = world.page("The demo", {"type": "workspace", "workspace": True}, "It has begun")
        await world.tell("page.created", page["id"])

    async def edited() -> None:
        world.blocks[last()].append(world.block("And it goes on"))
        world.edited(world.pages[last()])
        await world.tell("page.content_updated", last())

    async def commented() -> None:
        row, about = world.say(last(), "Well done"), {"id": last(), "type": "page"}
        await world.tell("comment.created", row["id"], page_id=last(), parent=about)

    async def deleted() -> None:
        world.pages[last()]["in_trash"] = True
        await world.tell("page.deleted", last())

    return {
        "created": Happening("Ana writes a page", created),
        "edited": Happening("She goes on writing", edited),
        "commented": Happening("Somebody comments on it", commented),
        "deleted": Happening("It goes to the trash", deleted),
    }
