"""A vault's folder on this machine, answering like the plugin in a running app.

The key that opens it stands in the vault: `.obsidian/self-integrations.key`. Who can write there may
connect the vault, and ends the connection by taking the file away.
"""

import errno
import hmac
from urllib.parse import unquote

from msgspec import structs

from services.obsidian import disk
from services.obsidian.answers import HANDLERS, Place, refused, told
from services.obsidian.models import Root
from shared.local import LocalCall
from shared.types import Response

SETTINGS, KEY = ".obsidian", "self-integrations.key"
SHORTEST_KEY = 16

_STATUS = {
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR), 404),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), 403),
    **dict.fromkeys((errno.EINVAL, errno.ENAMETOOLONG), 400),
    errno.EFBIG: 413,
    errno.ESTALE: 412,
}
"""What an error of the system is among the plugin's answers; any other is 503."""


def answer(call: LocalCall) -> Response:
    """Answer one call: `/<vault>/` and a path of the plugin's."""
    try:
        name, *parts = (unquote(it, errors="strict") for it in call.path.strip("/").split("/"))
    except UnicodeDecodeError:
        return refused(400)
    place = _opened(call, name)
    if place is None:  # whoever opens it has named none; later it is not mounted
        return refused(503 if parts else 404)
    try:
        known = _known(place)
        if not known or not parts:
            return refused(401) if parts else told(Root(known))
        handle = HANDLERS.get((call.method, parts[0]))
        if handle is None or any(it.startswith(".") for it in parts):
            return refused(404)
        return handle(structs.replace(place, parts=tuple(parts[1:])))
    except OSError as problem:
        return refused(_STATUS.get(problem.errno or 0, 503))


def _opened(call: LocalCall, name: str) -> Place | None:
    """The vault of that name in one of the folders let in, or such a folder itself; None for no vault."""
    for root in call.roots:
        for way in (name,), ():
            if way or root.name == name:
                try:
                    with disk.folder(root, [*way, SETTINGS]):
                        return Place(root, way, call)
                except OSError:
                    continue
    return None


def _known(place: Place) -> bool:
    """Whether the call has the key that stands in the vault; a disk that does not say is no refusal."""
    try:
        written, _ = disk.read(place.root, [*place.vault, SETTINGS, KEY], 4096)
    except OSError as problem:
        if _STATUS.get(problem.errno or 0) == 404:
            return False
        raise
    given = place.call.headers.get("authorization", "").encode("utf-8", "surrogateescape")
    key = written.strip()
    return hmac.compare_digest(b"Bearer " + key, given) and len(key) >= SHORTEST_KEY
