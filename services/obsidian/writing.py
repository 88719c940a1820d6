"""Writing notes: whole, never blindly over what somebody else wrote, never a second time.

Properties are written as the caller gives them: nothing here reads YAML and writes it again.
"""

from types import NoneType

from services.obsidian import vault
from services.obsidian.facts import digest
from services.obsidian.models import Note
from services.obsidian.paths import NOTE, address, asked
from shared.errors import BadRequest, Changed, ItemGone
from shared.provider import Api, Content


def named(path: str) -> str:
    """A note's path as a caller gives it. Raises BadRequest for any other.

    The plugin would take what stands behind a note's name for a part of that note.
    """
    if not path.endswith(NOTE) or f"{NOTE}/" in path:
        raise BadRequest("A note's path ends with .md, and no folder's does.")
    return asked(path)


async def create(api: Api, path: str, text: str) -> None:
    """Write a note that is not there yet. Raises Changed where it is."""
    try:
        await vault.read(api, path)
    except ItemGone:
        await _put(api, path, text)
    else:
        raise Changed("There is such a note already; read it and change it.")


async def change(api: Api, path: str, text: str, known: str) -> None:
    """Put a text in place of the one that the caller read. Raises Changed for another one."""
    await expected(api, path, known)
    await _put(api, path, text, known)


async def append(api: Api, path: str, text: str) -> None:
    """Add text on a line of its own. Raises ItemGone: what is not there is not made."""
    await vault.read(api, path)
    await api.send("POST", address(path), NoneType, _text(text))


async def remove(api: Api, path: str, known: str) -> None:
    """Move a note to the vault's trash, or where the app is set to put what is deleted."""
    await expected(api, path, known)
    await api.send("DELETE", address(path), NoneType, etag=known)


async def expected(api: Api, path: str, known: str) -> Note:
    """The note, if it is still what the caller read."""
    note = await vault.read(api, path)
    if known and digest(note.content) != known:
        raise Changed
    return note


async def _put(api: Api, path: str, text: str, known: str = "") -> None:
    await api.send("PUT", address(path), NoneType, _text(text), etag=known)


def _text(text: str) -> Content:
    return Content("text/markdown", text.encode())
