"""The played server's answers: RFC 4791 and 6578 as far as programs ask, with prefixes of its own."""

import re
from base64 import b64decode
from html import unescape
from urllib.parse import unquote

from services.calendar.simulator import multistatus as xml
from services.calendar.simulator.world import HOME, USER, Collection, File, World
from shared.simulation import Answer, Asked, Route

_TOKEN = re.compile(rb"sync-token>https://calendar\.invalid/sync/(\d+)<")
_HREF = re.compile(rb"href>([^<]+)<")
_UID = re.compile(rb"text-match[^>]*>([^<]+)<")
_NOT_FOUND = Answer({"message": "not found"}, 404)
_CHANGED = Answer({"message": "it has another ETag"}, 412)


def routes(world: World, feed: str) -> list[Route]:
    """Everything that is played; `feed` is the secret part of the feed's address."""
    collection, file = r"(/calendars/ana/[a-z]+/)", r"(/calendars/ana/[a-z]+/)([^/]+)"

    def found(path: str, name: str) -> tuple[Collection, str, File | None]:
        there = world.collections[path]
        return there, unquote(name), there.files.get(unquote(name))

    def listing(asked: Asked, path: str) -> Answer:
        it = world.collections.get(path)
        if it is None:
            return _NOT_FOUND
        members = it.files if asked.headers.get("depth") == "1" else ()
        return xml.told([xml.calendar(it), *(xml.file(it, name, data=False) for name in members)])

    def report(asked: Asked, path: str) -> Answer:
        it = world.collections[path]
        if b"sync-collection" in asked.body:
            return _changes(it, asked.body, world.cut)
        if b"calendar-multiget" in asked.body:
            hrefs = (unescape(href.decode()) for href in _HREF.findall(asked.body))
            names = [unquote(href.rpartition("/")[2]) for href in hrefs]
        else:
            uid = _UID.search(asked.body)
            names = [n for n, one in it.files.items() if _matches(one.text, uid and uid[1])]
        return xml.told(xml.file(it, name, data=True) for name in names)

    def get(_: Asked, path: str, name: str) -> Answer:
        it = found(path, name)[2]
        kind = {"content-type": "text/calendar; charset=utf-8"}
        return Answer(it.text.encode(), 200, {**kind, "etag": it.etag}) if it else _NOT_FOUND

    def put(asked: Asked, path: str, name: str) -> Answer:
        there, plain, it = found(path, name)
        if not _fits(asked, it):
            return _CHANGED
        made = there.put(plain, asked.body.decode())
        return Answer(None, 204 if it else 201, {"etag": made.etag})

    def delete(asked: Asked, path: str, name: str) -> Answer:
        there, plain, it = found(path, name)
        if it is None:
            return _NOT_FOUND
        if not _fits(asked, it):
            return _CHANGED
        there.delete(plain)
        return Answer(None, 204)

    return [
        Route("PROPFIND", "/|/principals/ana/", lambda _: xml.told([xml.principal()])),
        Route("PROPFIND", HOME, lambda _: xml.told(map(xml.calendar, world.collections.values()))),
        Route("PROPFIND", collection, listing),
        Route("REPORT", collection, report),
        Route("GET", file, get),
        Route("PUT", file, put),
        Route("DELETE", file, delete),
        Route("GET", f"/feeds/{feed}.ics", lambda _: Answer(world.feed().encode())),
    ]


def refused(world: World, asked: Asked) -> Answer | None:
    """Whoever does not bring the app password; a feed asks for none."""
    said = asked.headers.get("authorization", "").partition("Basic ")[2]
    if asked.path.startswith("/feeds/"):
        return None
    try:
        good = b64decode(said).decode() == f"{USER}:{world.password}"
    except ValueError:
        good = False
    return None if good else Answer(None, 401, {"www-authenticate": 'Basic realm="played"'})


def _changes(it: Collection, body: bytes, cut: int) -> Answer:
    given = _TOKEN.search(body)
    since = int(given[1]) if given else 0
    if not it.syncs:
        return Answer(b'<d:error xmlns:d="DAV:"><d:supported-report/></d:error>', 403)
    if given and since < it.oldest:
        return Answer(b'<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>', 403)
    upto = min(len(it.log), since + cut) if cut else len(it.log)
    names = dict.fromkeys(it.log[since:upto])
    # As a server does that was found in the wild, deleted files stand in a first answer, too.
    told = [xml.file(it, name, data=False) for name in names]
    if upto < len(it.log):
        told.append(f"<d:response><d:href>{it.path}</d:href>{xml.status(507)}</d:response>")
    return xml.told(told, f"<d:sync-token>{it.token.rpartition('/')[0]}/{upto}</d:sync-token>")


def _matches(text: str, uid: bytes | None) -> bool:
    if "BEGIN:VEVENT" not in text:
        return False
    return uid is None or f"UID:{unescape(uid.decode())}\r\n" in text


def _fits(asked: Asked, it: File | None) -> bool:
    if asked.headers.get("if-none-match") == "*":
        return it is None
    wanted = asked.headers.get("if-match")
    return wanted is None or (it is not None and wanted == it.etag)
