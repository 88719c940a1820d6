"""Subscriptions to change notifications: made, renewed at two thirds of their life, made anew when gone.

https://learn.microsoft.com/en-us/graph/change-notifications-overview
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from services.microsoft.graph import moment, stamp
from services.microsoft.oauth import me
from services.microsoft.webhook import state
from shared.errors import ItemGone, Refused
from shared.provider import Api, Hook, Subscribing, Subscription

PATH = "/subscriptions"
ALL = "created,updated,deleted"


class Kind(Struct, frozen=True):
    """What is watched, for how many minutes at most, and which changes can be had."""

    resource: str
    minutes: int
    changes: str = ALL


KINDS = {
    "mail": Kind("me/messages", 10_080),
    "calendar": Kind("me/events", 10_080),
    "drive": Kind("me/drive/root", 42_300, "updated"),
}
MARGIN = timedelta(minutes=5)
"""Less than the most that Graph gives, because its clock may be behind ours."""

Clock = Callable[[], datetime]


class Made(Struct):
    id: str
    expirationDateTime: str
    resource: str = ""
    notificationUrl: str | None = None


class Existing(Struct):
    value: list[Made] = []


def _now() -> datetime:
    return datetime.now(UTC)


def create(name: str, now: Clock = _now) -> Callable[[Subscribing], Awaitable[Hook]]:
    """Makes a subscription; one that is there already is ours of another time, and replaced."""

    async def made(it: Subscribing) -> Hook:
        kind, oid = KINDS[name], (await me(it.api)).oid
        given = state(it.secret.reveal().encode(), name, oid)
        wanted = {
            "changeType": kind.changes,
            "notificationUrl": it.callback_url,
            "lifecycleNotificationUrl": it.callback_url,
            "resource": kind.resource.format(oid=oid),
            "expirationDateTime": _ends(kind, now),
            "clientState": given,
        }
        try:
            done = await it.api.send("POST", PATH, Made, wanted)
        except Refused:
            if not await _clear(it.api, wanted["resource"], it.callback_url):
                raise
            done = await it.api.send("POST", PATH, Made, wanted)
        return Hook(done.id, moment(done.expirationDateTime), {"state": _mark(given)})

    return made


def renew(name: str, now: Clock = _now) -> Callable[[Subscribing], Awaitable[Hook]]:
    """Prolongs a subscription, which also authorizes it anew; ItemGone where there is none any more.

    One that was made with another secret is replaced: its state cannot be changed.
    """

    async def renewed(it: Subscribing) -> Hook:
        assert it.hook
        given = state(it.secret.reveal().encode(), name, (await me(it.api)).oid)
        if it.hook.facts.get("state") != _mark(given):
            await stop(it)
            return await create(name, now)(it)
        body = {"expirationDateTime": _ends(KINDS[name], now)}
        done = await it.api.send("PATCH", f"{PATH}/{it.hook.remote_id}", Made, body)
        return Hook(done.id, moment(done.expirationDateTime), it.hook.facts)

    return renewed


async def stop(it: Subscribing) -> None:
    """End a subscription; one that is gone already needs no end."""
    if it.hook:
        with suppress(ItemGone):
            await it.api.send("DELETE", f"{PATH}/{it.hook.remote_id}", type(None))


def subscription(name: str, stream: str, scopes: frozenset[str]) -> Subscription:
    """One of `KINDS`, kept by the hub."""
    return Subscription(
        name=name,
        create=create(name),
        renew=renew(name),
        stop=stop,
        scopes=scopes,
        stream=stream,
    )


async def _clear(api: Api, resource: str, url: str) -> int:
    """End what this app subscribed for the same thing and the same address; returns how many."""
    there = (await api.get(PATH, Existing)).value
    ours = [it for it in there if it.resource == resource and it.notificationUrl == url]
    for it in ours:
        with suppress(ItemGone):
            await api.send("DELETE", f"{PATH}/{it.id}", type(None))
    return len(ours)


def _ends(kind: Kind, now: Clock) -> str:
    return stamp(now() + timedelta(minutes=kind.minutes) - MARGIN)


def _mark(given: str) -> str:
    """What tells one state from another, and not what it is."""
    return hashlib.sha256(given.encode()).hexdigest()[:16]
