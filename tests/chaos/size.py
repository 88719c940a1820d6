"""How much the chaos tests do: `CHAOS_SIZE` is `ci` (`make test`), `full` (`make chaos`) or `nightly`."""

import os
from typing import TypeVar

T = TypeVar("T")

SIZES = ("ci", "full", "nightly")
SIZE = os.environ.get("CHAOS_SIZE") or "ci"
if SIZE not in SIZES:
    raise ValueError(f"CHAOS_SIZE is one of {', '.join(SIZES)}, not {SIZE!r}")


def pick(ci: T, full: T, nightly: T | None = None) -> T:
    """The value for this run's size; a nightly run that names none does what a full one does."""
    if SIZE == "ci":
        return ci
    return full if SIZE == "full" or nightly is None else nightly
