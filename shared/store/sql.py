"""Named statements, read once from `queries/<file>.sql`.

A statement begins at `-- name: lease_inbox` and ends at the next one; comment lines that follow the
name say what it promises.
"""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

from msgspec import json

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class Statements:
    """The statements of one file, as attributes."""

    def __init__(self, statements: dict[str, LiteralString]) -> None:
        self._statements = statements

    def __getattr__(self, name: str) -> LiteralString:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"no statement is named {name}") from None

    def __getitem__(self, name: str) -> LiteralString:
        return self._statements[name]


@cache
def load(file: str, package: str = "shared.store") -> Statements:
    """Return the statements of the package's `queries/<file>.sql`."""
    text = files(package).joinpath(f"queries/{file}.sql").read_text("utf-8")
    pieces = _NAME.split(text)
    # The text ships with this package, so it is as literal as a string in the code would be.
    statements = cast(list[LiteralString], pieces[2::2])
    return Statements(dict(zip(pieces[1::2], statements, strict=True)))


def document(facts: object) -> str:
    """Facts as JSON that a jsonb column takes, which refuses NUL."""
    return json.encode(facts).decode().replace("\\u0000", "\ufffd")
