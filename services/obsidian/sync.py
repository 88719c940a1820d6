"""A vault is compared with what was last seen of it: what changed is read and told, what is gone is too.

Nobody says what happened to a file; what is known is what there is now. A file's times are believed
for a day, then all notes are read again: tools that restore files set them back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

from msgspec import structs

from services.obsidian import vault
from services.obsidian.models import Stat
from services.obsidian.telling import Found, Seen, Telling, Walk
from shared.errors import Impossible, ItemGone, Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Resource

AT_ONCE, PAGE = 4, 100
"""Notes that are read at the same time, and that one page tells of."""
THOROUGH = 86_400.0
"""Seconds after which every note is read again, whatever its times say."""
FEW = 10
"""Notes that may be gone at once, however few there were."""

Clock = Callable[[], float]
There = Mapping[str, tuple[str, Stat]]


async def notes(api: Api, at: Walk, _: Resource, clock: Clock = time.time) -> AsyncIterator[Page]:
    """What changed since the cursor was written, then what is gone; from the beginning, all there is."""
    there = await vault.stats(api)
    gone = await _gone(api, at, there)
    began = clock()
    all_of_it = bool(at.upto) or began - at.thorough >= THOROUGH
    changed = [
        path
        for path in sorted(there)
        if (all_of_it and path > at.upto) or _differs(at.notes.get(path), there[path][1])
    ]
    telling = Telling(await api.extra(), gone, first=not at.thorough)
    if changed:
        telling.lies(*(path for path, _ in there.values()), *await vault.files(api))
    for number in range(0, len(changed), PAGE):
        group = changed[number : number + PAGE]
        limit = asyncio.Semaphore(AT_ONCE)
        found = await asyncio.gather(*(_read(api, path, there[path], limit) for path in group))
        records, seen = telling.page(at.notes, [it for it in found if it], clock())
        upto = max(at.upto, group[-1]) if all_of_it else ""
        at = structs.replace(at, notes={**at.notes, **seen}, upto=upto)
        yield Page(records, at)
    kept = {path: it for path, it in at.notes.items() if path not in gone}
    done = Walk(kept, began if all_of_it else at.thorough)
    if done != at:
        yield Page(telling.farewells(kept, clock()), done)


async def _gone(api: Api, at: Walk, there: There) -> dict[str, Seen]:
    """The notes that are not there any more, looked for twice: while a file is saved there may be none.

    Raises Impossible where it is likelier that the vault is not.
    """
    if not there:
        raise Impossible("The vault holds no notes; nothing was deleted. Is it where it should be?")
    missing = {path: it for path, it in at.notes.items() if path not in there}
    if missing:
        again = await vault.stats(api)
        missing = {path: it for path, it in missing.items() if path not in again}
    if len(missing) > FEW and 2 * len(missing) > len(at.notes):
        raise Impossible(
            f"{len(missing)} of {len(at.notes)} notes are not there any more; nothing was deleted."
            " If they are meant to be gone, start a full sync."
        )
    return missing


def _differs(seen: Seen | None, stat: Stat) -> bool:
    return seen is None or (seen.mtime, seen.size) != (int(stat.mtime), int(stat.size))


async def _read(
    api: Api, path: str, there: tuple[str, Stat], limit: asyncio.Semaphore
) -> Found | None:
    """A note with its text; without, where it is too large; without anything where it cannot be read."""
    written, stat = there
    if stat.size > vault.LARGEST:
        return Found(path, written, stat)
    async with limit:
        try:
            note = await vault.read(api, written)
        except ItemGone:
            return None
        except (Unreadable, Refused):
            return Found(path, written, stat, readable=False)
    return Found(path, written, note.stat, note.content)
