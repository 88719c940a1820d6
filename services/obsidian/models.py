"""The shapes of the Local REST API plugin, in which a vault folder is told as well: only what we read.

https://coddingtonbear.github.io/obsidian-local-rest-api/
"""

from msgspec import Struct


class Stat(Struct, frozen=True):
    """Milliseconds since 1970 and bytes. `ctime` is when the file was made, 0 where nobody knows.

    `changed` is told by folders alone: when anything about the file last changed, which no tool resets.
    """

    mtime: float
    size: float = 0
    ctime: float = 0
    changed: float = 0


class Note(Struct, frozen=True):
    """A note with its text as it is in the file."""

    path: str
    content: str
    stat: Stat


class Row(Struct, frozen=True):
    """What a query found in one note."""

    filename: str
    result: Stat


class Listing(Struct, frozen=True):
    """The names in one folder; those of folders end with a slash."""

    files: list[str]


class Match(Struct, frozen=True):
    context: str = ""


class Hit(Struct, frozen=True):
    """A note in which words were found, with the text around them."""

    filename: str
    matches: list[Match] = []


class Root(Struct, frozen=True):
    """What answers, and whether it takes our key."""

    authenticated: bool = False


class Told(Struct, frozen=True):
    """A note on its way to its Message, with what only the whole vault can say of it.

    `id` is the item's, `files` are the links that resolve, as they are written, with the path of what
    they lead to; `cut` is told of a note that was too large to be read.
    """

    note: Note
    id: str
    files: dict[str, str] = {}
    old_path: str = ""
    vault: str = ""
    owner: str = ""
    people: str = ""
    cut: bool = False
