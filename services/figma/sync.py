"""Which files there are in what an account follows: teams, their folders, and single files.

https://developers.figma.com/docs/rest-api/folders-endpoints/
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import NamedTuple

from msgspec import Struct, structs

from services.figma.models import FileReply, Files, Folders, Listed
from services.figma.places import PLACE, key
from services.figma.reading import about
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.types import Page, Resource

UNSEEN = "what is followed, but may not be seen by this account"

Step = tuple[str, str]
"""A place to look into, and the followed place that led there; "" for a followed one."""


class Walk(Struct, frozen=True):
    """`known` are the files, by key, that the last complete walk listed, and `lost` those that it
    missed; the rest is one under way."""

    known: dict[str, str] = {}
    lost: dict[str, str] = {}
    seen: dict[str, str] = {}
    todo: list[Step] = []
    walking: bool = False


class Found(NamedTuple):
    resources: Iterable[Resource] = ()
    further: Iterable[Step] = ()
    excluded: int = 0


def proves(at: Walk) -> bool:
    """A walk from its beginning lists everything, so what it does not list is not walked any more."""
    return not at.walking


async def files(api: Api, at: Walk, followed: Resource) -> AsyncIterator[Page]:
    """Place by place; a file that is listed no more is looked at twice more, and then forgotten.

    These looks tell a file that was deleted from one that was moved, or is not followed any more; the
    second one is for versions, of which only a walk from the beginning proves an absence.
    """
    if not at.walking:
        # Teams come first, so that a file that is followed itself as well is walked as theirs.
        places = sorted(filter(PLACE.match, followed.facts), reverse=True)
        todo = [(it, "") for it in places]
        at = structs.replace(at, todo=todo, walking=True)
    while at.todo:
        (place, via), *rest = at.todo
        found = Found() if key(place) in at.seen else await _look(api, place, via)
        fresh = [it for it in found.resources if key(it.id) not in at.seen]
        seen = at.seen | {key(it.id): it.name for it in fresh if key(it.id)}
        at = structs.replace(at, seen=seen, todo=[*found.further, *rest])
        excluded = {UNSEEN: found.excluded} if found.excluded else {}
        yield Page((), at, resources=tuple(fresh), excluded=excluded)
    lost = {it: name for it, name in at.known.items() if it not in at.seen}
    again = {it: name for it, name in at.lost.items() if it not in at.seen}
    looks = [_file(it, name, {"missing": "once"}) for it, name in lost.items()]
    looks += [_file(it, name, {"missing": "still"}) for it, name in again.items()]
    yield Page((), Walk(at.seen, lost), resources=tuple(looks))


async def _look(api: Api, place: str, via: str) -> Found:
    kind, _, ident = place.partition(":")
    try:
        if kind == "team":
            team = await api.get(f"/v2/teams/{ident}/folders", Folders)
            inside = [(f"folder:{it.id}", place) for it in team.folders]
            return Found([Resource(place, team.name, (place,))], inside)
        if kind == "folder":
            return await _folder(api, place, via)
        its = about(await api.get(f"/v1/files/{ident}/meta", FileReply))
        return Found([_file(ident, its.name, {"touched": its.last_touched_at.isoformat()})])
    except ItemGone:
        return Found(excluded=1)


async def _folder(api: Api, place: str, via: str) -> Found:
    path = f"/v2/{place.replace(':', 's/')}"
    listed = await api.get(f"{path}/files", Files, branch_data="true")
    inside = Folders([])
    with suppress(ItemGone, Refused):  # folders in folders are not had by everybody
        inside = await api.get(f"{path}/folders", Folders)
    own = [] if via else [Resource(place, listed.name, (place,))]
    return Found(
        [*own, *(_listed(one, via or place) for it in listed.files for one in (it, *it.branches))],
        [(f"folder:{it.id}", via or place) for it in inside.folders],
    )


def _listed(it: Listed, via: str) -> Resource:
    return _file(it.key, it.name, {"touched": it.last_modified, "via": via})


def _file(ident: str, name: str, facts: dict[str, str]) -> Resource:
    return Resource(f"file:{ident}", name, (f"file:{ident}",), facts)
