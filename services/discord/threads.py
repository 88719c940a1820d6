"""The threads of a server: those in which somebody wrote lately, and those that were put away.

https://discord.com/developers/docs/topics/threads
"""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

from msgspec import Struct

from services.discord.ids import utc
from services.discord.oauth import BOT, server
from services.discord.places import THREADS, Channel
from services.discord.server import REST, Clock, Walk, resource_of
from shared.errors import ItemGone
from shared.provider import Api
from shared.types import Page, Resource

PAGE = 100
HAVING = frozenset({"0", "5", "15", "16"})
"""The channels by number that have threads."""


class Listed(Struct):
    """Threads, which Discord lists apart from channels."""

    threads: list[Channel] = []
    has_more: bool = False


class Archives(Struct, frozen=True):
    """Threads that were archived before `mark` are known; the rest belongs to a walk under way.

    `newest` is where the mark will be, `before` the place in the list, `private` which list.
    """

    mark: str = ""
    looked: str = ""
    newest: str = ""
    before: str = ""
    private: bool = False


async def threads(api: Api, _: Walk, __: Resource) -> AsyncIterator[Page]:
    """Every thread in which somebody wrote lately."""
    ident = await server(api)
    found = await api.get(f"/guilds/{ident}/threads/active", Listed)
    yield _threads(found, Walk(), ident, (await api.extra()).get(BOT, ""))


async def archives(
    api: Api, at: Archives, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """The threads of a channel that were put away, newest first, down to those that are known."""
    now = datetime.fromtimestamp(clock(), UTC)
    due = not at.looked or now - datetime.fromisoformat(at.looked) >= REST
    if resource.facts.get("type") not in HAVING or not (due or at.before):
        return
    guild, own = resource.facts.get("guild", ""), resource.facts.get("bot", "")
    while True:
        kind = "private" if at.private else "public"
        more = {"before": at.before} if at.before else {}
        path = f"/channels/{resource.id}/threads/archived/{kind}"
        found = Listed()
        with suppress(ItemGone):  # a right that was taken meanwhile hides one list only
            found = await api.get(path, Listed, limit=PAGE, **more)
        stamps = [_archived(it) for it in found.threads]
        newest = max([at.newest, at.mark, *stamps])
        oldest = min(stamps, default="")
        if found.has_more and oldest and oldest > at.mark and oldest != at.before:
            at = Archives(at.mark, at.looked, newest, oldest, at.private)
        elif not at.private and "private" in resource.facts:
            at = Archives(at.mark, at.looked, newest, "", private=True)
        else:
            yield _threads(found, Archives(newest, now.isoformat()), guild, own)
            return
        yield _threads(found, at, guild, own)


def _threads(found: Listed, cursor: Struct, guild: str, bot: str) -> Page:
    rows = [it for it in found.threads if it.type in THREADS]
    resources = tuple(resource_of(it, guild, {"bot": bot}) for it in rows)
    return Page((), cursor, resources=resources, names={it.id: it.name for it in resources})


def _archived(it: Channel) -> str:
    moment = it.thread_metadata.archive_timestamp if it.thread_metadata else None
    return utc(moment).isoformat() if moment else ""
