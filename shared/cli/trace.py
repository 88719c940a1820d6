"""`fleet trace`: what became of one delivery or one event."""

from typing import Annotated

import typer
from rich.text import Text

from shared.cli.fleet import services
from shared.cli.output import Json, as_json, plain, screen
from shared.errors import NotFound
from shared.http.caller import segment

app = typer.Typer()


@app.command()
def trace(
    ident: Annotated[str, typer.Argument(help="A delivery's id, or an event's `ce-id`.")],
    provider: Annotated[str, typer.Option("--provider", help="Only this service.")] = "",
    json: Json = False,
) -> None:
    """Tell what became of a delivery or an event; exit code 1 when something is still to be done."""
    if not ident.strip():
        raise typer.BadParameter("give the id of a delivery or of an event")
    with services(provider) as fleet:
        found = dict(fleet.each(f"/trace/{segment(ident)}"))
    if not found:
        raise NotFound(
            f"no service knows {ident}: it never came, was not genuine, or is too long ago"
        )
    if json:
        as_json(found)
    else:
        for name, told in found.items():
            for step in told["steps"]:
                at = (step["at"] or "")[:19].replace("T", " ")
                line = Text(f"{at:<20}", style="dim").append(f"{name:<10} ", style="bold")
                screen.print(line.append_text(plain(step["says"], 1000)))
    if not all(told["done"] for told in found.values()):
        raise typer.Exit(1)
