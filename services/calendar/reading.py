"""One account's calendars and events as callers ask for them: on a server, or in a feed."""

from collections.abc import Iterator
from urllib.parse import unquote
from xml.sax.saxutils import escape

from icalendar import Calendar
from msgspec import Struct

from services.calendar import dav, normalize, sync
from services.calendar.asking import Calendar as Shown
from services.calendar.feed import fetched
from services.calendar.ical import calendars, decoded
from services.calendar.models import Told
from services.calendar.naming import key_of
from services.calendar.parts import Part, split
from shared.errors import BadRequest, ItemGone
from shared.normalizer import Message
from shared.provider import Api
from shared.types import Resource

NORMAL = {"event": normalize.event, "task": normalize.task}


class Place(Struct, frozen=True):
    """A calendar of an account, and what its Messages say of it."""

    key: str
    resource: Resource
    own: tuple[str, ...] = ()
    zone: str = ""
    feed: str = ""

    def message(self, it: Part, href: str = "") -> Message:
        """A component as the walk tells it."""
        facts = self.resource.facts
        told = Told(
            calendar=self.key,
            ident=it.ident,
            ics=it.ics,
            href=href,
            zone=self.zone or facts.get("zone", ""),
            own=self.own,
            foreign=facts.get("foreign") == "true",
            feed=bool(self.feed),
        )
        return NORMAL[it.kind](told)

    @property
    def path(self) -> str:
        """Where it is written to. Raises BadRequest for a feed."""
        if self.feed:
            raise BadRequest("A feed can only be read.")
        return self.resource.id


class Held(Struct, frozen=True):
    """A resource as it was read: its path, version and text."""

    href: str
    etag: str
    ics: bytes


async def places(api: Api) -> list[Place]:
    """The account's calendars."""
    extra = await api.extra()
    if feed := extra.get("feed"):
        return [Place(key_of(feed), Resource(sync.FEED), feed=feed)]
    own = tuple(it for it in extra.get("own", "").split(",") if it)
    found = [it for it in await sync.listed(api, extra["home"]) if sync.events_in(it)]
    listed = [sync.resource(it, extra.get("principal", "")) for it in found]
    return [Place(key_of(it.id), it, own) for it in listed]


async def place(api: Api, key: str) -> Place:
    """The calendar of that id. Raises ItemGone."""
    found = next((it for it in await places(api) if it.key == key), None)
    if found is None:
        raise ItemGone("The account has no such calendar.")
    return found


def shown(it: Place) -> Shown:
    facts = it.resource.facts
    return Shown(
        it.key,
        it.resource.name,
        facts.get("zone", ""),
        facts.get("color", ""),
        can_edit="can_edit" in facts,
        foreign="foreign" in facts,
    )


async def held(api: Api, at: Place, ident: str) -> Held:
    """The resource that holds an event or a task. Raises ItemGone."""
    uid = unquote(ident.partition("#")[0])
    wanted = f'<C:prop-filter name="UID"><C:text-match collation="i;octet">{escape(uid)}</C:text-match></C:prop-filter>'
    for kind in ("VEVENT", "VTODO"):
        answer = await dav.query(api, at.path, kind, wanted)
        for it in _resources(answer):
            if any(
                part.ident.partition("#")[0] == ident.partition("#")[0]
                for part in split(it.ics).parts
            ):
                return it
    raise ItemGone("There is no such event.")


async def within(api: Api, at: Place, begin: str, end: str) -> list[Held]:
    """Every resource with an event in a time, which is written as `20260302T080000Z`."""
    if at.feed:
        return [Held("", "", await fetched(api, at.feed))]
    span = f'<C:time-range start="{begin}" end="{end}"/>'
    return list(_resources(await dav.query(api, at.path, "VEVENT", span)))


async def read(api: Api, href: str) -> Held:
    """A resource by its path. Raises ItemGone."""
    reply = await api.query(href, "", b"", method="GET", headers={"accept": "text/calendar"})
    return Held(href, reply.etag, reply.data or b"")


def part_of(it: Held, ident: str) -> Part:
    """One event of a resource. Raises ItemGone."""
    found = next((part for part in split(it.ics).parts if part.ident == ident), None)
    if found is None:
        raise ItemGone("There is no such event.")
    return found


def whole(it: Held) -> Calendar:
    """A resource as a calendar. Raises Unreadable."""
    return calendars(decoded(it.ics))[0]


def _resources(answer: dav.Answer) -> Iterator[Held]:
    for it in answer.members:
        if it.status == 200 and (data := it.text(dav.C + "calendar-data")):
            yield Held(it.path, it.text(dav.D + "getetag"), data.encode())
