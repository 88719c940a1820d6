"""What a vault's folder answers: the calls of the plugin that we make, about files.

Each may raise OSError, as the disk does.
https://coddingtonbear.github.io/obsidian-local-rest-api/
"""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.obsidian import disk
from services.obsidian.facts import digest
from services.obsidian.models import Hit, Listing, Match, Note, Row, Stat
from services.obsidian.paths import NOTE as ENDING
from services.obsidian.paths import media_type
from services.obsidian.vault import LARGEST, LOGIC, NOTE, STATS
from shared.local import LocalCall
from shared.types import Response

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes of a file that is given as it is."""
MOST_HITS, AROUND = 100, 100
"""Notes that a search finds, and characters around the words."""


class Place(Struct, frozen=True):
    """An opened vault: the folder that is let in, the way from there, and what is asked for."""

    root: Path
    vault: tuple[str, ...]
    call: LocalCall
    parts: tuple[str, ...] = ()

    @property
    def where(self) -> list[str]:
        return [*self.vault, *self.parts]


def _get(it: Place) -> Response:
    if not it.parts or it.call.path.endswith("/"):
        return told(Listing(disk.names(it.root, it.where)))
    if it.call.headers.get("accept") == NOTE:
        return told(_note(it))
    data, _ = disk.read(it.root, it.where, LARGEST_FILE)
    kind = media_type(it.parts[-1]) or "application/octet-stream"
    return Response(200, {"content-type": kind}, data)


def _put(it: Place) -> Response:
    _as_expected(it)
    disk.replace(it.root, it.where, it.call.body)
    return Response(204, {}, b"")


def _append(it: Place) -> Response:
    """As the plugin does: on a line of its own."""
    data, _ = disk.read(it.root, it.where, LARGEST)
    apart = b"" if not data or data.endswith(b"\n") else b"\n"
    disk.replace(it.root, it.where, data + apart + it.call.body)
    return Response(204, {}, b"")


def _delete(it: Place) -> Response:
    _as_expected(it)
    disk.trash(it.root, it.vault, it.parts)
    return Response(204, {}, b"")


def _search(it: Place) -> Response:
    """The one question that walks ask, or words."""
    if it.parts[:1] == ("simple",):
        words = it.call.query.get("query", "").casefold()
        return told(list(_hits(it, words)) if words else [])
    if it.call.headers.get("content-type") != LOGIC or it.call.body != STATS:
        return refused(400)
    return told([Row(path, _stat(found)) for path, found in _notes(it)])


def _notes(it: Place) -> Iterator[tuple[str, disk.Stat]]:
    found = disk.walk(it.root, it.vault)
    return ((path, stat) for path, stat in found if path.endswith(ENDING))


def _hits(it: Place, words: str) -> Iterator[Hit]:
    count = 0
    for path, stat in _notes(it):
        if stat.st_size > LARGEST or count == MOST_HITS:
            continue
        data, _ = disk.read(it.root, [*it.vault, *path.split("/")], LARGEST)
        text = _text(data)
        at = text.casefold().find(words)
        if at >= 0 or words in path.casefold():
            around = text[max(0, at - AROUND) : at + len(words) + AROUND] if at >= 0 else ""
            count += 1
            yield Hit(path, [Match(around)] if around else [])


def _note(it: Place) -> Note:
    data, found = disk.read(it.root, it.where, LARGEST)
    return Note("/".join(it.parts), _text(data), _stat(found))


def _as_expected(it: Place) -> None:
    """Raises ESTALE unless the note still is what the caller read, where it says what that was."""
    wanted = it.call.headers.get("if-match")
    if wanted is not None and digest(_note(it).content) != wanted.strip('"'):
        raise OSError(errno.ESTALE, "changed meanwhile")


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def _stat(it: disk.Stat) -> Stat:
    born = getattr(it, "st_birthtime", 0)
    times = (it.st_mtime_ns // 1_000_000, int(born * 1000), it.st_ctime_ns // 1_000_000)
    return Stat(mtime=times[0], size=it.st_size, ctime=times[1], changed=times[2])


def told(body: Any) -> Response:
    return Response(200, {"content-type": "application/json"}, json.encode(body))


def refused(status: int) -> Response:
    """In the plugin's own shape."""
    body = {"errorCode": status * 100 + (status == 401), "message": "as a folder says it"}
    return Response(status, {"content-type": "application/json"}, json.encode(body))


HANDLERS: dict[tuple[str, str], Callable[[Place], Response]] = {
    ("GET", "vault"): _get,
    ("PUT", "vault"): _put,
    ("POST", "vault"): _append,
    ("DELETE", "vault"): _delete,
    ("POST", "search"): _search,
}
