"""What is on this machine, answered in this process as if it were a server: a folder, a device."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from shared.types import Response

SCHEME = "local"
"""Of the base URL of an account that is here: `local://<what>/<name>`."""


class LocalCall(Struct, frozen=True):
    """One call. `path` is quoted as in a URL and begins with a slash; `headers` have lower-case names.

    `roots` are the folders of this machine that an operator lets accounts name; nothing else is to be
    opened.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    roots: tuple[Path, ...]


Answering = Callable[[LocalCall], Response]
"""Runs on a thread of its own, and may wait for a disk."""
