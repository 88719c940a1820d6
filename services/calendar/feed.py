"""A feed: one address whose whole content is a calendar, compared with what it was the last time.

RFC 7986 for how often it wants to be asked. Many feeds have no validators and a new DTSTAMP each time.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from services.calendar.models import Kept, Sync
from services.calendar.naming import key_of
from services.calendar.parts import Part, Stream, split
from services.calendar.records import grave, record, stamped
from shared.errors import BadRequest, TooLarge
from shared.provider import Api, Reply
from shared.types import Page, Record

LARGEST = 10 * 1024 * 1024
"""Bytes of the largest feed."""
SHORTEST, USUAL, LONGEST = timedelta(minutes=5), timedelta(minutes=30), timedelta(days=1)
"""How long a feed is left alone: at least, where it does not say, and at most."""
PER_PAGE = 500


def parts_of(url: str) -> SplitResult:
    """An address taken apart. Raises BadRequest for what is none."""
    try:
        found = urlsplit(url)
        found.port  # noqa: B018 - raises for one that is no number
    except ValueError:
        raise BadRequest("The address is not a URL.") from None
    return found


def target_of(url: str) -> tuple[str, str]:
    """A feed's origin, and what to ask for there. Raises BadRequest."""
    found = parts_of(url)
    if found.scheme not in ("http", "https") or not found.hostname or "@" in found.netloc:
        raise BadRequest(
            "A feed's address begins with https:// or webcal://, and has no name in it."
        )
    query = f"?{found.query}" if found.query else ""
    return f"{found.scheme}://{found.netloc}", f"{found.path or '/'}{query}"


async def fetched(api: Api, target: str) -> bytes:
    """All of a feed. Raises TooLarge, and what the call raises."""
    return _body(await _asked(api, target, {}))


async def _asked(api: Api, target: str, headers: Mapping[str, str]) -> Reply[bytes]:
    wanted = {"accept": "text/calendar, */*;q=0.5", **headers}
    return await api.query(target, "", b"", method="GET", headers=wanted)


def _body(reply: Reply[bytes]) -> bytes:
    if len(reply.data or b"") > LARGEST:
        raise TooLarge(f"The feed is larger than {LARGEST >> 20} MB.")
    return reply.data or b""


async def walk(api: Api, at: Sync, now: datetime) -> AsyncIterator[Page]:
    """Everything that is new, changed or gone since the last time, when the feed wants to be asked.

    Raises Unreadable for what is no calendar, so that an error page deletes nothing.
    """
    if at.whole and stamped(now) < at.due:
        return
    extra = await api.extra()
    asked = {"if-none-match": at.token, "if-modified-since": at.modified}
    known = {name: it for name, it in asked.items() if it and at.whole}
    reply = await _asked(api, extra["feed"], known)
    if reply.status == 304:
        yield Page((), Sync(at.token, at.modified, "", at.kept, True, at.due and _due(now, USUAL)))
        return
    stream = split(_body(reply))
    feed = Feed(key_of(extra["feed"]), stream, now)
    kept = dict(at.kept)
    new = [
        it for it in stream.parts if it.ident not in kept or kept[it.ident].version != it.version
    ]
    gone = sorted(set(kept) - {it.ident for it in stream.parts})
    excluded: Mapping[str, int] = stream.excluded
    for start in range(0, len(new), PER_PAGE):
        page = new[start : start + PER_PAGE]
        kept |= {it.ident: Kept(it.version, it.kind, (), it.until) for it in page}
        records = tuple(feed.record(it, whole=at.whole) for it in page)
        yield Page(records, Sync(kept=dict(kept), whole=at.whole), excluded)
        excluded = {}
    graves = tuple(feed.graves({ident: kept.pop(ident) for ident in gone}))
    headers, due = reply.headers, _due(now, stream.every or USUAL)
    done = Sync(headers.get("etag", ""), headers.get("last-modified", ""), "", kept, True, due)
    yield Page(graves, done, excluded)


class Feed:
    """One reading of a feed."""

    def __init__(self, key: str, stream: Stream, now: datetime) -> None:
        self._key, self._stream, self._now = key, stream, now

    def record(self, it: Part, *, whole: bool) -> Record:
        told = {"zone": self._stream.zone, "feed": True}
        return record(self._key, it, self._now if whole else None, told)

    def graves(self, gone: Mapping[str, Kept]) -> list[Record]:
        """Tombstones, but for what is over: feeds drop what is past."""
        present = f"{self._now:%Y%m%dT%H%M%SZ}"
        return [
            grave(self._key, ident, it.kind, self._now)
            for ident, it in gone.items()
            if not it.until or it.until > present
        ]


def _due(now: datetime, every: timedelta) -> str:
    return stamped(now + min(max(every, SHORTEST), LONGEST))
