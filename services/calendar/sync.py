"""Which calendars there are, and each one's events.

What a calendar says of itself (sync token or ctag) stands among its facts, so that one question every
few minutes tells which calendars have something new, and only those are walked at once.
"""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from msgspec import Struct

from services.calendar import dav, feed
from services.calendar.models import Sync
from services.calendar.walks import walk
from shared.provider import Api
from shared.types import Page, Resource

FEED = "feed"
NAMES = (
    "D:resourcetype",
    "D:displayname",
    "D:owner",
    "D:sync-token",
    "D:supported-report-set",
    "D:current-user-privilege-set",
    "C:supported-calendar-component-set",
    "C:calendar-timezone",
    "CS:getctag",
    "A:calendar-color",
)
TASKLESS = "a collection without events and tasks"
_TZID = re.compile(r"^TZID:(.+?)\s*$", re.MULTILINE)


class All(Struct, frozen=True):
    """Every walk lists all calendars, and proves which ones are still there."""


def _now() -> datetime:
    return datetime.now(UTC)


async def calendars(api: Api, at: All, _: Resource) -> AsyncIterator[Page]:
    extra = await api.extra()
    if "feed" in extra:
        yield Page((), at, {}, (Resource(FEED),))
        return
    members = await listed(api, extra["home"])
    found = [it for it in members if events_in(it)]
    other = {TASKLESS: len(members) - len(found)} if len(members) > len(found) else {}
    principal = extra.get("principal", "")
    yield Page((), at, other, tuple(resource(it, principal) for it in found))


async def events(
    api: Api, at: Sync, resource: Resource, now: Callable[[], datetime] = _now
) -> AsyncIterator[Page]:
    pages = feed.walk(api, at, now()) if resource.id == FEED else walk(api, at, resource, now())
    async for page in pages:
        yield page


def first(at: Sync) -> bool:
    """Whether a walk from here lists everything there is."""
    return at == Sync()


async def listed(api: Api, home: str) -> list[dav.Member]:
    """The calendars below a home, or the home itself where it is one."""
    answer = await dav.propfind(api, home, 1, *NAMES)
    return [it for it in answer.members if it.status == 200 and _is(it, dav.C + "calendar")]


def events_in(it: dav.Member) -> bool:
    """Whether a calendar may hold events or tasks; one that does not say may hold all."""
    said = it.found.get(dav.C + "supported-calendar-component-set")
    kinds = (
        {one.get("name", "").upper() for one in said.iter(dav.C + "comp")}
        if said is not None
        else set()
    )
    return not kinds or bool(kinds & {"VEVENT", "VTODO"})


def resource(it: dav.Member, principal: str) -> Resource:
    """A calendar as a resource; its state is a fact, so that a new one makes it due."""
    owner = it.hrefs(dav.D + "owner")
    foreign = bool(owner and principal) and dav.path_of(owner[0]).rstrip("/") != principal.rstrip(
        "/"
    )
    reports = it.found.get(dav.D + "supported-report-set")
    syncs = reports is not None and any(True for _ in reports.iter(dav.D + "sync-collection"))
    zone = _TZID.search(it.text(dav.C + "calendar-timezone").replace("\r", ""))
    facts = {
        "way": "sync" if syncs else "etags",
        "state": it.text(dav.D + "sync-token") or it.text(dav.CS + "getctag"),
        "zone": zone[1] if zone else "",
        "foreign": "true" if foreign else "",
        "can_edit": "true" if writable(it) else "",
        "color": it.text(dav.A + "calendar-color"),
    }
    path = it.path if it.path.endswith("/") else f"{it.path}/"
    name = it.text(dav.D + "displayname")
    return Resource(path, name, (), {name: fact for name, fact in facts.items() if fact})


def writable(it: dav.Member) -> bool:
    """Whether the account may change what is in it; where the server does not say, it may try."""
    said = it.found.get(dav.D + "current-user-privilege-set")
    rights = {dav.D + name for name in ("write", "write-content", "bind", "all")}
    return said is None or any(one.tag in rights for one in said.iter())


def _is(it: dav.Member, kind: str) -> bool:
    kinds = it.found.get(dav.D + "resourcetype")
    return kinds is not None and any(one.tag == kind for one in kinds)
