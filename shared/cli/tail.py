"""`fleet tail`: what is published, as it is published."""

import asyncio
import re
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import MsgspecError, Raw
from msgspec import json as codec
from rich.text import Text

from shared.cli.fleet import find
from shared.cli.output import Json, as_json, plain, screen
from shared.config.checks import seconds

if TYPE_CHECKING:
    from shared.bus.tail import Heard

app = typer.Typer()

_WORD = re.compile(r"[a-z0-9_]+")
_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")
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
    subjects = subjects_of(type_, source, user)
    try:
        ago = timedelta(seconds=seconds(since, "--since")) if since else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    fleet = find("nats_url")
    try:
        asyncio.run(_print(fleet.nats_url, subjects, ago, count, json=json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def subjects_of(type_: str, source: str, user: str) -> list[str]:
    """The subjects that those filters mean; raises typer.BadParameter for what no subject can hold."""
    for option, value, shape in (
        ("--type", type_, _WORD),
        ("--source", source, _WORD),
        ("--user", user, _USER),
    ):
        if value and not shape.fullmatch(value):
            raise typer.BadParameter(f"{option} {value!r} cannot be part of a subject")
    found = [f"self.events.{type_ or '*'}.{source or '*'}.{user or '*'}"]
    if not type_:
        found.append(f"self.integrations.{source or '*'}.{user or '*'}")
    return found


def line(heard: "Heard") -> Text:
    """Time, source, type, user, and what it is about, harmless for a terminal."""
    body: dict[str, Any] = {}
    try:
        body = codec.decode(heard.payload, type=dict[str, Any])
    except MsgspecError:
        body = {"content": "(not JSON)"}
    _, tree, *rest = heard.subject.split(".")
    kind, source, user = rest if tree == "events" else (str(body.get("what", "")), *rest)
    author = body.get("author") or {}
    about = body.get("title") or body.get("content") or body.get("error") or ""
    told = Text(heard.at.astimezone().strftime("%H:%M:%S "), style="dim")
    told.append(f"{source:<10} ", style=_COLOURS[sum(source.encode()) % len(_COLOURS)])
    told.append_text(plain(f"{kind:<14} "))
    told.append(f"{user:<10} ", style="dim")
    if tree == "integrations":
        told.stylize("italic")
    if body.get("deleted") or heard.headers.get("ce-type", "").endswith(".deleted"):
        told.append("deleted ", style="red")
    if name := author.get("name") or author.get("email"):
        told.append_text(plain(f"{name}: ", 40))
    told.append_text(plain(about, 100))
    told.append_text(plain(f"  {body.get('id') or body.get('account_id') or ''}", 100))
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
