"""`fleet console`: a link that signs in to the console, once."""

import asyncio
import os
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from shared.cli.fleet import find
from shared.cli.output import Json, as_json, screen
from shared.errors import Away

if TYPE_CHECKING:
    from shared.config import Settings
    from shared.provider import Provider
    from shared.subscriber import Subscriber

app = typer.Typer()


@app.command()
def console(json: Json = False) -> None:
    """Print a link to the console of the fleet that runs here: it signs in once, within ten minutes."""
    it = find("url", "api_key", "postgres_url")
    if not it.console:
        raise Away(
            "no fleet in this directory serves the console; elsewhere, sign in at /console with an API key"
        )
    url = asyncio.run(link(it.postgres_url, it.api_key, it.console, next(iter(it.services))))
    if json:
        as_json({"url": url})
    else:
        screen.print(Text(url))


def origin(first: "tuple[Provider | Subscriber, Settings]", *, mounted: bool) -> str:
    """The address above the pages of a process, given its first service; empty where they are off."""
    from shared.service.fleet import console_wanted  # noqa: PLC0415 - brings a web framework along

    provider, settings = first
    if not provider.base_url or not console_wanted(os.environ, settings.service.env):
        return ""
    return settings.service.public_url.removesuffix(f"/{provider.name}" if mounted else "")


async def link(postgres_url: str, key: str, origin: str, first: str) -> str:
    """A link that signs in as the holder of an API key. Raises ConfigError without a database.

    `first` is the first service of the process at `origin`; where that is empty, so is the link.
    """
    if not origin:
        return ""
    from shared.service.console.sessions import issue  # noqa: PLC0415 - as above
    from shared.store.database import Database  # noqa: PLC0415 - as above

    db = Database(postgres_url, max_connections=1)
    await db.open()
    try:
        ticket, _ = await issue(db, first, "console", ident(key))
    finally:
        await db.close()
    return f"{origin}/console/enter/{ticket}"


def ident(key: str) -> str:
    """The part of an API key that names it: hub_<env>_<id>_<secret>."""
    return [*key.split("_", 3), "", "", ""][2]
