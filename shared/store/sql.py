"""Named statements, read once from `queries/<file>.sql`.

A statement begins at `-- name: lease_inbox` and ends at the next one; comment lines that follow the
name say what it promises.
"""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class Statements(dict[str, LiteralString]):
    """The statements of one file, as attributes."""

    def __getattr__(self, name: str) -> LiteralString:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no statement is named {name}") from None


@cache
def load(file: str) -> Statements:
    """Return the statements of `queries/<file>.sql`."""
    text = files("shared.store").joinpath(f"queries/{file}.sql").read_text("utf-8")
    pieces = _NAME.split(text)
    # The text ships with this package, so it is as literal as a string in the code would be.
    return Statements(zip(pieces[1::2], cast(list[LiteralString], pieces[2::2]), strict=True))
