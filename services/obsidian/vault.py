"""Reading a vault: what is in it, when each note was changed, and a note.

The same calls for the plugin and for a folder, which `folder.py` answers in the plugin's words.
https://coddingtonbear.github.io/obsidian-local-rest-api/
"""

from typing import TypeVar

from msgspec import DecodeError, ValidationError, json

from services.obsidian.models import Listing, Note, Row, Stat
from services.obsidian.paths import address, composed, hidden
from shared.errors import ItemGone, Unavailable, Unreadable
from shared.provider import Api

T = TypeVar("T")

LOGIC = "application/vnd.olrapi.jsonlogic+json"
NOTE = "application/vnd.olrapi.note+json"
"""Asked for in every call that does not ask for something else: a note with its times, not its bytes."""
STATS = b'{"var":"stat"}'
"""Answered from what the app remembers of its notes, without reading one."""
MOST_FOLDERS = 5_000
LARGEST = 5 * 1024 * 1024
"""Bytes of the largest note that is read."""


async def stats(api: Api) -> dict[str, tuple[str, Stat]]:
    """Every note by its composed path: its path as it is in the vault, and when it was changed.

    Of two that differ by nothing but composition, the first counts.
    """
    reply = await api.query("/search/", LOGIC, STATS)
    found: dict[str, tuple[str, Stat]] = {}
    for row in sorted(decoded(reply.data or b"", list[Row]), key=lambda it: it.filename):
        if not hidden(row.filename):
            found.setdefault(composed(row.filename), (row.filename, row.result))
    return found


async def files(api: Api) -> list[str]:
    """The path of everything in the vault, folder by folder."""
    found: list[str] = []
    waiting = [""]
    for _ in range(MOST_FOLDERS):
        if not waiting:
            break
        folder = waiting.pop()
        try:
            listed = await api.get(address(folder), Listing)
        except ItemGone:  # the last file left it meanwhile
            continue
        for name in listed.files:
            if not hidden(name.rstrip("/")):
                (waiting if name.endswith("/") else found).append(folder + name)
    return found


async def read(api: Api, path: str) -> Note:
    """A note as it is now. Raises ItemGone."""
    return await api.get(address(path), Note)


def decoded(body: bytes, type: type[T]) -> T:
    """Raises Unreadable for another shape, Unavailable for what is cut short."""
    try:
        return json.decode(body, type=type)
    except ValidationError as problem:
        raise Unreadable("The vault answered in another shape than is documented.") from problem
    except (DecodeError, UnicodeError, RecursionError):
        raise Unavailable("The vault's answer was cut short.") from None
