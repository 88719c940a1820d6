"""`make bench`: every path measured once, one table, and docs/PERFORMANCE.md written anew.

`python -m tests.load --tiny` only proves that the bench works; `--only sync` measures one path.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from shared.telemetry import logs
from tests.load import (
    capacity,
    chat,
    context,
    footprint,
    idle,
    intake,
    mailboxes,
    normalizing,
    relaying,
    report,
    room,
    syncing,
)
from tests.load.figures import Path
from tests.load.world import FULL, TINY, Size, World, world

PATHS = (
    "intake",
    "sync",
    "mail",
    "chat",
    "relay",
    "context",
    "normalizer",
    "idle",
    "room",
    "footprint",
)


def measured(here: World, size: Size, only: str = "") -> Iterator[Path]:
    """Each path in turn, as soon as it is measured."""
    with (
        TemporaryDirectory(prefix="self-load-") as scratch,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop,
    ):
        for name in PATHS if not only else (only,):
            if name == "intake":
                yield loop.run(intake.measure(here, size, File(scratch)))
            elif name == "sync":
                yield loop.run(syncing.measure(here, size))
            elif name == "mail":
                yield loop.run(mailboxes.measure(here, size))
            elif name == "chat":
                yield loop.run(chat.measure(here, size))
            elif name == "relay":
                yield loop.run(relaying.measure(here, size))
            elif name == "context":
                yield loop.run(context.measure(here, size))
            elif name == "normalizer":
                yield normalizing.measure(size)
            elif name == "idle":
                yield loop.run(idle.measure(here, size))
            elif name == "room":
                yield loop.run(room.measure(here, size))
            else:
                yield footprint.measure(here, size, File(scratch))


def main(
    tiny: Annotated[bool, typer.Option(help="Only see that it works; writes nothing.")] = False,
    only: Annotated[str, typer.Option(help=f"One of: {', '.join(PATHS)}.")] = "",
    postgres: Annotated[str, typer.Option(help="An engine that runs, for tests.")] = "",
    nats: Annotated[str, typer.Option(help="The other one.")] = "",
) -> None:
    """Measure, print one table, and write docs/PERFORMANCE.md unless it was only a part."""
    logs.configure("warning", json=False)
    screen = Console()
    table = Table("path", "measured", "figure", "compared, same run", "to reach", "", box=None)
    table.columns[2].justify = "right"
    size = TINY if tiny else FULL
    paths: list[Path] = []
    with world(postgres, nats) as here:
        for path in measured(here, size, only):
            paths.append(path)
            screen.print(f"measured: {path.name}")
            for row in path.rows:
                word = report.verdict(row).strip("*")
                cells = (row.path, row.what, report.shown(row), row.compared, row.wanted, word)
                table.add_row(*cells)
        if not only:
            computed = capacity.table(paths)
        if not tiny and not only:
            report.write(paths, here, size.rounds)
            capacity.write(computed)
    screen.print(table)


if __name__ == "__main__":
    typer.run(main)
