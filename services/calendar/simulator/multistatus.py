"""The XML of the played server, with prefixes of its own."""

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from services.calendar.simulator.world import HOME, PRINCIPAL, USER, Collection
from shared.simulation import Answer

_SPACES = 'xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'


def principal() -> str:
    me = f"<d:current-user-principal><d:href>{PRINCIPAL}</d:href></d:current-user-principal>"
    home = f"<cal:calendar-home-set><d:href>{HOME}</d:href></cal:calendar-home-set>"
    mail = f"<cal:calendar-user-address-set><d:href>mailto:{USER}</d:href></cal:calendar-user-address-set>"
    return response(PRINCIPAL, f"{me}{home}{mail}<d:displayname>Ana</d:displayname>")


def calendar(it: Collection) -> str:
    sync = "<d:supported-report><d:report><d:sync-collection/></d:report></d:supported-report>"
    props = (
        "<d:resourcetype><d:collection/><cal:calendar/></d:resourcetype>"
        f"<d:displayname>{it.name}</d:displayname><cs:getctag>{it.token}</cs:getctag>"
        f"<d:owner><d:href>{PRINCIPAL}</d:href></d:owner>"
        f"<d:supported-report-set>{sync if it.syncs else ''}</d:supported-report-set>"
    )
    return response(it.path, props + (f"<d:sync-token>{it.token}</d:sync-token>" * it.syncs))


def file(it: Collection, name: str, *, data: bool) -> str:
    path, there = it.path + quote(name), it.files.get(name)
    if there is None:
        return f"<d:response><d:href>{path}</d:href>{status(404)}</d:response>"
    text = f"<cal:calendar-data>{escape(there.text)}</cal:calendar-data>" if data else ""
    return response(path, f"<d:getetag>{escape(there.etag)}</d:getetag>{text}")


def response(path: str, props: str) -> str:
    told = f"<d:propstat><d:prop>{props}</d:prop>{status(200)}</d:propstat>"
    return f"<d:response><d:href>{path}</d:href>{told}</d:response>"


def status(code: int) -> str:
    return f"<d:status>HTTP/1.1 {code} Said</d:status>"


def told(responses: Iterable[str], beside: str = "") -> Answer:
    text = f'<?xml version="1.0"?><d:multistatus {_SPACES}>{"".join(responses)}{beside}</d:multistatus>'
    return Answer(text.encode(), 207, {"content-type": "application/xml; charset=utf-8"})
