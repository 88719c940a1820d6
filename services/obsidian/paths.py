"""Paths in a vault: relative, with slashes, and composed (NFC) where they are compared."""

import hashlib
import mimetypes
import posixpath
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, unquote

from shared.errors import BadRequest

NOTE = ".md"
OWN = (NOTE, ".canvas", ".base")
"""What Obsidian writes itself; anything else that a note embeds is a file that is attached to it."""
LONGEST_ID = 500

_AWAY = re.compile(r"[\s%\x00-\x1f\x7f]")
_PASSING = re.compile(r"~$|\.(?:tmp|crswap|sw[a-p]|part|icloud)$", re.I)
_CONFLICT = re.compile(r" \((?:[^()]* )?conflicted copy\b[^()]*\)|\.sync-conflict-[0-9-]+", re.I)


def composed(path: str) -> str:
    """The form in which two paths are compared: macOS hands out decomposed names."""
    return unicodedata.normalize("NFC", path)


def hidden(path: str) -> bool:
    """Whether it is nothing of the user's: in a dot folder, or of a program that is just writing."""
    parts = path.split("/")
    return any(it.startswith(".") for it in parts) or bool(_PASSING.search(parts[-1]))


def conflict(path: str) -> bool:
    """Whether a sync tool put it there beside the note that it could not merge."""
    return bool(_CONFLICT.search(posixpath.basename(path)))


def item(path: str, own: str = "") -> str:
    """The id of a note's item: by the note's own id, else by its path; never with a blank."""
    whole = f"id:{own}" if own else f"note:{composed(path)}"
    safe = _AWAY.sub(lambda it: "".join(f"%{byte:02X}" for byte in it[0].encode()), whole)
    if len(safe) <= LONGEST_ID:
        return safe
    return f"{whole.partition(':')[0]}:sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def title(path: str) -> str:
    """What the app shows as the note's name."""
    return posixpath.basename(path).removesuffix(NOTE)


def media_type(path: str) -> str:
    """What its ending says; nothing for one that nobody knows."""
    return mimetypes.guess_type(path)[0] or ""


def address(path: str, *, under: str = "/vault/") -> str:
    """Where the plugin has a file or a folder: every part is quoted, slashes are not."""
    return under + "/".join(quote(part, safe="") for part in path.split("/"))


def asked(path: str) -> str:
    """A path that a caller names. Raises BadRequest for one that leads anywhere but into the vault,
    also where somebody on the way would unquote it once more than is right."""
    parts = path.split("/")
    meant = unquote(unquote(path))
    if any(it == "" or it.startswith(".") for it in (*parts, *meant.split("/"))) or "\\" in meant:
        raise BadRequest("The path has to be one of the vault, such as Folder/Note.md.")
    if any(len(it.encode()) > 255 for it in parts) or not path.isprintable():
        raise BadRequest("The path has a part that is no name of a file.")
    return path


class Places:
    """Everything in a vault by its path and by its name, so that links are resolved as in the app."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {composed(it): it for it in paths}
        self._lower = {path.lower(): it for path, it in self._paths.items()}
        self._named: dict[str, list[str]] = {}
        for path in self._paths:
            self._named.setdefault(posixpath.basename(path).lower(), []).append(path)

    def resolve(self, name: str, source: str) -> str:
        """The path that a link leads to from a note, or nothing.

        The exact path, one from the note's own folder, then by name: the nearest to the note, then the
        nearest to the root.
        """
        wanted, folder = composed(name).lstrip("/"), posixpath.dirname(composed(source))
        if not wanted:
            return ""
        if wanted.startswith(("./", "../")):
            wanted = posixpath.normpath(posixpath.join(folder, wanted))
        for one in (wanted + NOTE, wanted):
            inside = posixpath.join(folder, one)
            if found := self._exact(one) or self._exact(inside) or self._by_name(one, folder):
                return found
        return ""

    def _exact(self, path: str) -> str:
        return self._paths.get(path) or self._lower.get(path.lower(), "")

    def _by_name(self, wanted: str, folder: str) -> str:
        tail = "/" + wanted.lower()
        same = self._named.get(posixpath.basename(wanted).lower(), ())
        fits = [it for it in same if f"/{it.lower()}".endswith(tail)]
        best = min(
            fits, key=lambda it: (not it.startswith(folder + "/"), it.count("/"), it), default=""
        )
        return self._paths.get(best, "")
