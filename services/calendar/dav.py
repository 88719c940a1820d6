"""WebDAV's XML: questions as templates, answers by namespace whatever their prefixes are.

RFC 4918, 4791 and 6578. A document that declares entities is refused before anything of it is read.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from services.calendar.dialect import NotDav
from shared.errors import Unreadable
from shared.provider import Api

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

XML = "application/xml; charset=utf-8"
D, C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
CS, A = "{http://calendarserver.org/ns/}", "{http://apple.com/ns/ical/}"
_SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
_SAFE = "!$&'()*+,;=:@~-._"


class Member(NamedTuple):
    """One thing of an answer: its path, the status it has itself, and its properties that were found."""

    path: str
    status: int
    found: "Mapping[str, Element]"

    def text(self, name: str) -> str:
        """A property's text, empty where there is none."""
        return (self.found[name].text or "").strip() if name in self.found else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses in a property, as they stand there."""
        there = self.found.get(name)
        return [] if there is None else [(it.text or "").strip() for it in there.iter(D + "href")]


class Answer(NamedTuple):
    members: list[Member]
    token: str

    @property
    def first(self) -> Member:
        """The one thing that was asked for."""
        return self.members[0] if self.members else Member("", 404, {})


def path_of(href: str) -> str:
    """The path of an address in one spelling, so that two of them compare."""
    return "/".join(quote(unquote(it), safe=_SAFE) for it in urlsplit(href).path.split("/"))


def read(body: bytes) -> Answer:
    """A multistatus. Raises NotDav for what is none, and Unreadable for XML that may be a bomb."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as problem:
        raise Unreadable("The server's answer declares entities, which are not read.") from problem
    except (ParseError, ValueError, LookupError, RecursionError) as problem:
        raise NotDav("The server's answer is not the XML of WebDAV.") from problem
    if root.tag != D + "multistatus":
        raise NotDav("The server's answer is not a multistatus.")
    token = (root.findtext(D + "sync-token") or "").strip()
    return Answer([_member(it) for it in root.iter(D + "response")], token)


def _member(it: "Element") -> Member:
    found: dict[str, Element] = {}
    for part in it.iter(D + "propstat"):
        if _code(part) == 200:
            found |= {one.tag: one for each in part.iter(D + "prop") for one in each}
    return Member(path_of((it.findtext(D + "href") or "").strip()), _code(it), found)


def _code(it: "Element") -> int:
    """The status line's number; 200 where there is none."""
    words = (it.findtext(D + "status") or "").split()
    known = len(words) > 1 and words[1].isascii() and words[1].isdecimal()
    return int(words[1]) if known else 200


async def propfind(api: Api, path: str, depth: int, *names: str) -> Answer:
    """Ask for properties, by prefixed names."""
    props = "".join(f"<{it}/>" for it in names)
    return await _ask(
        api, "PROPFIND", path, depth, f"<D:propfind {_SPACES}><D:prop>{props}</D:prop></D:propfind>"
    )


async def changes(api: Api, path: str, token: str) -> Answer:
    """What became of a collection since a token; everything for none."""
    return await _ask(
        api,
        "REPORT",
        path,
        0,
        f"<D:sync-collection {_SPACES}><D:sync-token>{escape(token)}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
    )


async def bodies(api: Api, path: str, members: Iterable[str]) -> Answer:
    """The iCalendar texts of members, by their paths."""
    asked = "".join(f"<D:href>{escape(it)}</D:href>" for it in members)
    return await _ask(
        api,
        "REPORT",
        path,
        1,
        f"<C:calendar-multiget {_SPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{asked}"
        "</C:calendar-multiget>",
    )


async def query(api: Api, path: str, kind: str, inner: str) -> Answer:
    """What a filter on components of a kind lets through."""
    return await _ask(
        api,
        "REPORT",
        path,
        1,
        f"<C:calendar-query {_SPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter>"
        f'<C:comp-filter name="VCALENDAR"><C:comp-filter name="{kind}">{inner}</C:comp-filter>'
        "</C:comp-filter></C:filter></C:calendar-query>",
    )


async def _ask(api: Api, method: str, path: str, depth: int, body: str) -> Answer:
    content = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
    reply = await api.query(path, XML, content, method=method, headers={"depth": str(depth)})
    return read(reply.data or b"")
