"""A collection's events: what a sync token says is new, or what the list of ETags shows.

RFC 6578, and for servers without it the ETags of everything (RFC 4791 section 8.2). Bodies are read
fifty at a time, and only of what changed.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from services.calendar import dav
from services.calendar.dialect import NotSupported, TokenDead
from services.calendar.memory import Memory
from services.calendar.models import Sync
from services.calendar.parts import Stream, split, whole
from shared.errors import Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

PER_CALL = 50
PAGES = 10_000
"""A server that cuts its answer short more often than this goes in a circle."""


async def walk(api: Api, at: Sync, resource: Resource, now: datetime) -> AsyncIterator[Page]:
    """Everything that is new, changed or gone. Raises ItemGone where the collection is."""
    state, syncs = resource.facts.get("state", ""), resource.facts.get("way") == "sync"
    if at.whole and state and state == at.state:
        return  # the calendar says that nothing happened
    own = tuple(it for it in (await api.extra()).get("own", "").split(",") if it)
    memory = Memory(resource, at.kept, own, now, seen=now if at.whole else None)
    going = Walk(api, at, resource.id, memory)
    try:
        async for page in going.since() if syncs else going.listed():
            yield page
    except (TokenDead, NotSupported):
        if not syncs:
            raise
        async for page in going.listed():
            yield page
    done = going.at(whole=True, state=state)
    if done != at:
        yield Page((), done)


class Walk:
    """One walk over one collection."""

    def __init__(self, api: Api, at: Sync, home: str, memory: Memory) -> None:
        self._api, self._home, self._memory = api, home, memory
        self._token, self._whole = at.token, at.whole

    def at(self, *, whole: bool | None = None, state: str = "") -> Sync:
        """Where the walk stands; only one that came to its end has a state."""
        whole = self._whole if whole is None else whole
        return Sync(token=self._token, state=state, kept=dict(self._memory.kept), whole=whole)

    async def since(self) -> AsyncIterator[Page]:
        """By sync token: one that was cut short (507 for the collection itself) goes on from its own."""
        for _ in range(PAGES):
            answer = await dav.changes(self._api, self._home, self._token)
            cut = any(it.status == 507 for it in answer.members)
            members = self._members(answer)
            gone = [it.path for it in members if it.status in (404, 410)]
            async for page in self._read([it for it in members if it.status == 200]):
                yield page
            before, self._token = self._token, answer.token or self._token
            if records := self._memory.forget(gone):
                yield Page(tuple(records), self.at())
            if not cut:
                return
            if self._token == before:
                break
            yield Page((), self.at())
        raise Refused("The server's changes go in a circle.")

    async def listed(self) -> AsyncIterator[Page]:
        """By the ETags of all that is there, compared with those that were read.

        The sync token is asked for before, so that nothing can happen in between.
        """
        token = (await dav.propfind(self._api, self._home, 0, "D:sync-token")).first
        names = "D:getetag", "D:getcontenttype", "D:resourcetype"
        answer = await dav.propfind(self._api, self._home, 1, *names)
        found = [it for it in self._members(answer) if it.status == 200 and _is_calendar(it)]
        async for page in self._read(found):
            yield page
        self._token = token.text(dav.D + "sync-token")
        if records := self._memory.forget(self._memory.others([it.path for it in found])):
            yield Page(tuple(records), self.at())

    def _members(self, answer: dav.Answer) -> list[dav.Member]:
        """Without the collection itself, which some servers list, and what is not in it."""
        return [
            it
            for it in answer.members
            if it.path.startswith(self._home) and not it.path.endswith("/")
        ]

    async def _read(self, there: list[dav.Member]) -> AsyncIterator[Page]:
        """Pages of the bodies of what was not read in this version."""
        etags = {it.path: it.text(dav.D + "getetag") for it in there}
        new = [path for path, etag in etags.items() if not self._memory.knows(path, etag)]
        for start in range(0, len(new), PER_CALL):
            answer = await dav.bodies(self._api, self._home, new[start : start + PER_CALL])
            excluded = Counter[str]()
            records = self._took(self._members(answer), etags, excluded)
            yield Page(tuple(records), self.at(), excluded)

    def _took(
        self, members: list[dav.Member], etags: Mapping[str, str], excluded: Counter[str]
    ) -> list[Record]:
        records = []
        for it in members:
            data = it.text(dav.C + "calendar-data")
            if it.status in (404, 410):  # deleted since it was listed
                records += self._memory.forget([it.path])
            elif data:
                try:
                    stream = split(data.encode())
                except Unreadable:
                    stream = Stream([whole(data)], Counter(), "", "", None)
                excluded.update(stream.excluded)
                etag = it.text(dav.D + "getetag") or etags.get(it.path, "")
                records += self._memory.took(it.path, etag, stream)
        return records


def _is_calendar(it: dav.Member) -> bool:
    kind = it.text(dav.D + "getcontenttype").lower()
    return not kind or "calendar" in kind
