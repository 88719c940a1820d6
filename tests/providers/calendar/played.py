"""A CalDAV collection in memory, as an `Api`: it answers as servers do, and as odd ones do."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from msgspec import Struct

from services.calendar.dav import path_of
from services.calendar.dialect import NotSupported, TokenDead
from shared.errors import ItemGone, Refused
from shared.provider import Reply
from tests.fakes.api import FakeApi
from tests.providers.calendar.material import HOME


class File(Struct):
    etag: str
    text: str


class Collection(FakeApi):
    """`files` by name; `log` has every change by token; odd habits are switched on by name."""

    def __init__(self, **files: str) -> None:
        super().__init__({})
        self.beside = {"own": "ana@example.test", "home": "/dav/ana/"}
        self.files: dict[str, File] = {}
        self.log: list[str] = []
        self.calls: list[str] = []
        self.habits: set[str] = set()
        self.oldest = 0
        self.cut = 0
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        self.log.append(name)
        self.files[name] = File(f'"{len(self.log)}"', text)

    def delete(self, name: str) -> None:
        del self.files[name]
        self.log.append(name)

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        asked = body.decode()
        kind = next(
            it for it in ("sync-collection", "calendar-multiget", "propfind") if f"{it} " in asked
        )
        self.calls.append(f"{kind}/{headers['depth']}")
        if path != HOME:
            raise ItemGone
        told = getattr(self, f"_{kind.replace('-', '_')}")(asked, headers["depth"])
        text = f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{told}</multistatus>'
        return Reply(text.encode(), 207, {})

    def _sync_collection(self, asked: str, _: str) -> str:
        if "no sync" in self.habits:
            raise NotSupported
        token = asked.partition("<D:sync-token>")[2].partition("</D:sync-token>")[0]
        since = int(token or 0)
        if token and (since < self.oldest or "forgets" in self.habits):
            raise TokenDead
        upto = min(len(self.log), since + self.cut) if self.cut else len(self.log)
        names = list(dict.fromkeys(self.log[since:upto]))
        told = [self._member(name, data=False) for name in names]
        if "lists itself" in self.habits:
            told.append(_response(HOME, '<getetag>"c"</getetag>'))
        if upto < len(self.log):
            told.append(f"<response><href>{HOME}</href><status>HTTP/1.1 507 x</status></response>")
        if "circles" in self.habits:
            told.append(f"<response><href>{HOME}</href><status>HTTP/1.1 507 x</status></response>")
            upto = since
        return "".join(told) + f"<sync-token>{upto or ''}</sync-token>"

    def _calendar_multiget(self, asked: str, _: str) -> str:
        hrefs = [it.partition("<")[0] for it in asked.split("<D:href>")[1:]]
        assert len(hrefs) <= 50
        return "".join(self._member(it.removeprefix(HOME), data=True) for it in hrefs)

    def _propfind(self, asked: str, depth: str) -> str:
        if depth == "0":
            return _response(HOME, f"<sync-token>{len(self.log)}</sync-token>")
        if "sync-token" in asked:
            raise Refused
        told = "".join(self._member(name, data=False) for name in self.files)
        note = "<getetag>x</getetag><getcontenttype>text/html</getcontenttype>"
        return (
            _response(HOME, "<resourcetype><collection/></resourcetype>")
            + told
            + _response(f"{HOME}n.html", note)
        )

    def _member(self, name: str, *, data: bool) -> str:
        it = next((self.files[own] for own in self.files if path_of(own) == path_of(name)), None)
        if it is None:
            return f"<response><href>{HOME}{name}</href><status>HTTP/1.1 404 x</status></response>"
        etag = "" if "no etags" in self.habits else f"<getetag>{escape(it.etag)}</getetag>"
        text = f"<C:calendar-data>{escape(it.text)}</C:calendar-data>" if data else ""
        return _response(f"{HOME}{name}", etag + text)


def _response(href: str, props: str) -> str:
    ok = "<status>HTTP/1.1 200 OK</status>"
    return f"<response><href>{href}</href><propstat><prop>{props}</prop>{ok}</propstat></response>"
