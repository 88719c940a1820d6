"""`fleet tail`: what is published, as it is published."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Raw
from rich.text import Text

from shared.cli.fleet import find
from shared.cli.output import Json, as_json, plain, screen
from shared.config.checks import seconds
from shared.errors import BadRequest
from shared.normalizer import TYPES

if TYPE_CHECKING:
    from shared.bus.tail import Heard

app = typer.Typer()

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")


@app.command(name="tail")
def tail_(
    *,
    type_: Annotated[str, typer.Option("--type", help="Only this type, as in `issue`.")] = "",
    source: Annotated[str, typer.Option("--source", help="Only this source.")] = "",
    user: Annotated[str, typer.Option("--user", help="Only this user's.")] = "",
    since: Annotated[str, typer.Option("--since", help="Begin that long ago: 10m, 2h, 1d.")] = "",
    count: Annotated[
        int, typer.Option("--count", min=0, help="Stop after that many; 0: never.")
    ] = 0,
    json: Json = False,
) -> None:
    """Print events as they are published, one line each. Ctrl-C stops."""
    from shared.bus.lines import subjects_of  # noqa: PLC0415 - with the NATS client

    if type_ and type_ not in TYPES:
        raise typer.BadParameter(
            f"there is no type {type_!r}; choose from {', '.join(sorted(TYPES))}"
        )
    try:
        subjects = subjects_of(type_, source, user)
        ago = timedelta(seconds=seconds(since, "--since")) if since else None
    except (ValueError, BadRequest) as error:
        raise typer.BadParameter(str(error)) from None
    fleet = find("nats_url")
    try:
        asyncio.run(_print(fleet.nats_url, subjects, ago, count, json=json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def line(heard: "Heard") -> Text:
    """Time, source, type, user, and what it is about, harmless for a terminal."""
    from shared.bus.lines import line_of  # noqa: PLC0415 - as above

    it = line_of(heard)
    told = Text(it.at.astimezone().strftime("%H:%M:%S "), style="dim")
    told.append(f"{it.source:<10} ", style=_COLOURS[sum(it.source.encode()) % len(_COLOURS)])
    told.append_text(plain(f"{it.type:<14} "))
    told.append(f"{it.user:<10} ", style="dim")
    if it.connection:
        told.stylize("italic")
    if it.deleted:
        told.append("deleted ", style="red")
    if it.author:
        told.append_text(plain(f"{it.author}: ", 40))
    told.append_text(plain(it.about, 100))
    told.append_text(plain(f"  {it.id}", 100))
    return told


async def _print(
    nats_url: str, subjects: list[str], since: timedelta | None, count: int, *, json: bool
) -> None:
    from shared.bus.tail import tail  # noqa: PLC0415 - the NATS client, which other commands do not need

    left = count
    following = tail(nats_url, subjects, since)
    async with aclosing(following):  # type: ignore[type-var]  # it is a generator
        async for heard in following:
            if json:
                about = {"subject": heard.subject, "sequence": heard.sequence, "at": heard.at}
                as_json({**about, "headers": heard.headers, "data": Raw(heard.payload)})
            else:
                screen.print(line(heard), overflow="ignore", no_wrap=True, crop=False)
            left -= 1
            if left == 0:
                return
