"""WebDAV's XML, whatever it is written like; and what is refused before it is read."""

import pytest

from services.calendar import dav
from services.calendar.dialect import NotDav, NotSupported, SameUid, TokenDead, dialect
from shared.errors import Refused, Unavailable, Unreadable
from shared.types import Response

SYNC = b"""<?xml version="1.0"?>
<multistatus xmlns="DAV:" xmlns:x="urn:ietf:params:xml:ns:caldav">
 <response><href>/dav/a%20b%40c.ics</href><propstat><prop><getetag>"1"</getetag></prop>
  <status>HTTP/1.1 200 OK</status></propstat>
  <propstat><prop><x:calendar-data/></prop><status>HTTP/1.1 404 Not Found</status></propstat></response>
 <response><href>https://host.example/dav/M%C3%BCller.ics</href><status>HTTP/1.1 404 Not Found</status></response>
 <sync-token> https://host.example/7 </sync-token>
</multistatus>"""


def test_members_and_the_token_are_read_by_namespace() -> None:
    answer = dav.read(SYNC)
    there, gone = answer.members
    assert (there.path, there.status, there.text(dav.D + "getetag")) == (
        "/dav/a%20b@c.ics",
        200,
        '"1"',
    )
    assert dav.C + "calendar-data" not in there.found
    assert (gone.path, gone.status) == ("/dav/M%C3%BCller.ics", 404)
    assert answer.token == "https://host.example/7"


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/a b/c.ics", "/a%20b/c.ics"),
        ("/a%20b/c%2Ed.ics", "/a%20b/c.d.ics"),
        ("https://h.example:8443/%7Eana/x%40y.ics?z#f", "/~ana/x@y.ics"),
        ("/a%2Fb.ics", "/a%2Fb.ics"),
        ("/M\u00fcller.ics", "/M%C3%BCller.ics"),
        ("", ""),
    ],
)
def test_a_path_has_one_spelling(href: str, path: str) -> None:
    assert dav.path_of(href) == path


BOMB = b"""<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<multistatus xmlns="DAV:"><response><href>&b;</href></response></multistatus>"""
FILE = b"""<?xml version="1.0"?><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<multistatus xmlns="DAV:"><response><href>&x;</href></response></multistatus>"""


DTD = b'<!DOCTYPE m SYSTEM "https://evil.example/x.dtd"><multistatus xmlns="DAV:"/>'


@pytest.mark.parametrize("body", [BOMB, FILE, DTD], ids=["bomb", "file", "dtd"])
def test_entities_are_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        dav.read(body)


NONE = {
    "empty": b"",
    "html": b"<html><body>Login</body></html>",
    "json": b"{}",
    "no namespace": b"<multistatus/>",
    "bytes": b"\xff\xfe<",
    "encoding": b'<?xml version="1.0" encoding="nonsense"?><multistatus xmlns="DAV:"/>',
    "deep": b"<a>" * 200_000,
    "cut short": SYNC[:200],
}


@pytest.mark.parametrize("body", NONE.values(), ids=NONE.keys())
def test_what_is_no_multistatus_may_be_one_the_next_time(body: bytes) -> None:
    with pytest.raises(NotDav):
        dav.read(body)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, b'<error xmlns="DAV:"><valid-sync-token/></error>', TokenDead),
        (409, b'<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>', TokenDead),
        (403, b"<C:no-uid-conflict/>", SameUid),
        (403, b"<D:supported-report/>", NotSupported),
        (405, b"", NotSupported),
        (415, b"", NotSupported),
        (501, b"", NotSupported),
        (423, b"", Unavailable),
        (507, b"", Refused),
        (403, b"<D:need-privileges/>", None),
        (412, b"", None),
        (401, b"", None),
        (207, b"valid-sync-token", None),
        (503, b"", None),
    ],
)
def test_a_refusal_is_known_by_its_precondition(
    status: int, body: bytes, error: type[Exception] | None
) -> None:
    found = dialect(Response(status, {}, body))
    assert type(found) is (error or type(None))
