"""What the terminal shows: tables for people, JSON for programs, one sentence for what went wrong."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import json
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

screen = Console(highlight=False, soft_wrap=True)
"""Standard output; nothing is opened, so nothing has to be closed."""


def as_json(value: Any) -> None:
    """Print any msgspec-encodable value as one line of JSON."""
    sys.stdout.write(json.encode(value).decode() + "\n")
    sys.stdout.flush()


def as_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Print a plain table, or the sentence when there are no rows."""
    # Folded, never cut: the end of a name of a variable is what somebody has to type.
    heads = [Column(it, overflow="fold") for it in columns]
    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    screen.print(table if table.row_count else Text(empty))


def plain(value: Any, longest: int = 200) -> Text:
    """Anybody's text as harmless text: no escape sequence and no markup of it reaches the terminal."""
    text = "" if value is None else str(value)
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf") else c for c in text[:longest])
    return Text(clean + ("…" if len(text) > longest else ""))


def complain(sentence: str) -> None:
    """One sentence on standard error, without colours or escape sequences."""
    sys.stderr.write(f"fleet: {plain(sentence, 4000).plain}\n")


def as_typed(words: str) -> str:
    """A command as it can be typed here: with the path of `fleet` where the shell would not find it."""
    beside = Path(sys.executable).with_name("fleet")
    if shutil.which("fleet") or not beside.exists():
        return f"fleet {words}"
    return f"{os.path.relpath(beside)} {words}"


def age(stamp: str | None, now: datetime | None = None) -> str:
    """How long ago an RFC 3339 time was: `3 min`."""
    if not stamp:
        return "never"
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(stamp)).total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
