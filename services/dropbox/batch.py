"""What a page of entries means when they are taken in their order, as Dropbox wants it."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Raw, Struct, field

from services.dropbox.text import Head
from shared.shapes import decoded

FOLDER = "a folder, of which Dropbox tells no time"
UNKNOWN = "an entry of a kind that nobody knows"


class Entry(Head, kw_only=True):
    """What has to be known of any entry; one that is deleted has no id."""

    tag: str = field(name=".tag")
    id: str = ""
    path_lower: str | None = None


class Batch(Struct):
    """The files that are there after a page; `emptied` are paths where something was before.

    `gone` are files that came and went within the page. `taken` are paths at which, or below which,
    the page has files.
    """

    files: dict[str, tuple[Entry, Raw]] = {}
    emptied: dict[str, None] = {}
    gone: dict[str, None] = {}
    taken: set[str] = set()
    excluded: Counter[str] = field(default_factory=Counter)


def read(rows: Iterable[Raw]) -> Batch:
    """Each file as it was told last; a deletion takes with it what lies below its path."""
    it = Batch()
    for row in rows:
        entry = decoded(row, Entry)
        path = entry.path_lower or ""
        if entry.tag == "file" and entry.id:
            _leave(it, path, entry.id)
            it.files.pop(entry.id, None)
            it.gone.pop(entry.id, None)
            it.files[entry.id] = (entry, row)
            it.taken.update((path, *_above(path)))
        elif entry.tag == "deleted":
            _leave(it, path)
            if path:
                it.emptied[path] = None
        else:
            it.excluded[FOLDER if entry.tag == "folder" else UNKNOWN] += 1
    return it


def outermost(paths: Iterable[str]) -> list[str]:
    """The paths that do not lie below another one of them."""
    found = {*paths}
    return [it for it in sorted(found) if not any(above in found for above in _above(it))]


def _leave(it: Batch, path: str, new: str = "") -> None:
    """Nothing is at the path any more, nor below it, but what is new there."""
    if not path or path not in it.taken:
        return
    for ident, (entry, _) in [*it.files.items()]:
        at = entry.path_lower or ""
        if ident != new and (at == path or at.startswith(f"{path}/")):
            del it.files[ident]
            it.gone[ident] = None


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(2, len(parts))]
