"""What of each account is sent to the webhook. Its own token asks for it, because most of it is private.

https://docs.x.com/x-api/activity/introduction
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from msgspec import Raw, Struct

from services.twitter.hook import Clock, now, registered
from services.twitter.reading import me
from shared.errors import BadRequest, ItemGone, Refused
from shared.provider import Api, Hook, Subscribing, Subscription

TRUSTED = timedelta(days=3)
"""How long subscriptions that nobody looked at are taken to be as they were."""

POSTS = (
    "post.create",
    "post.delete",
    "post.mention.create",
    "post.reply.create",
    "post.quote.create",
    "profile.update.handle",
)
MESSAGES = ("dm.received", "dm.sent", "chat.received", "chat.sent")
LIKES = ("like.create",)

PATH = "/2/activity/subscriptions"
_ID = re.compile(rb'"subscription_id"\s*:\s*"(\d{1,19})"')


class Filter(Struct, frozen=True):
    user_id: str = ""


class Asked(Struct):
    subscription_id: str
    event_type: str = ""
    filter: Filter = Filter()


class All(Struct):
    data: list[Asked] = []


def subscription(
    name: str, kinds: tuple[str, ...], scopes: frozenset[str], stream: str
) -> Subscription:
    """Events of these kinds, kept by the hub for accounts that granted one of the scopes."""
    return Subscription(
        name=name,
        create=create(kinds),
        renew=renew(kinds),
        stop=stop,
        scopes=scopes,
        stream=stream,
    )


def create(kinds: tuple[str, ...], clock: Clock = now) -> Callable[[Subscribing], Awaitable[Hook]]:
    """Asks for every kind that is not asked for yet; each has an id, kept in the hook's facts."""

    async def made(it: Subscribing) -> Hook:
        webhook, whose = await registered(it), (await me(it.api)).id
        facts = await _there(it.api, whose, kinds)
        for ident in facts.values():
            await _turn(it.api, ident, webhook)
        for kind in kinds:
            facts[kind] = facts.get(kind) or await _ask(it.api, kind, whose, webhook)
        return Hook(whose, clock() + TRUSTED, {**facts, "webhook": webhook})

    return made


def renew(kinds: tuple[str, ...], clock: Clock = now) -> Callable[[Subscribing], Awaitable[Hook]]:
    """Sees that each is there and sent to our webhook; raises ItemGone where one is not."""

    async def renewed(it: Subscribing) -> Hook:
        assert it.hook
        if it.hook.facts.keys() != {*kinds, "webhook"}:  # other ones are wanted than were then
            await stop(it)
            return await create(kinds, clock)(it)
        webhook = await registered(it)
        for kind in kinds:
            await _turn(it.api, it.hook.facts[kind], webhook)
        return Hook(it.hook.remote_id, clock() + TRUSTED, {**it.hook.facts, "webhook": webhook})

    return renewed


async def stop(it: Subscribing) -> None:
    """End them; the webhook is everybody's and stays."""
    facts = it.hook.facts if it.hook else {}
    for kind, ident in facts.items():
        if kind != "webhook":
            with suppress(ItemGone):
                await it.api.send("DELETE", f"{PATH}/{ident}", type(None))


async def _there(api: Api, whose: str, kinds: tuple[str, ...]) -> dict[str, str]:
    """What an earlier life of the account asked for, as far as its scopes let us see that."""
    try:
        found = (await api.get(PATH, All, max_results=1000)).data
    except (BadRequest, ItemGone, Refused):
        return {}
    mine = [it for it in found if it.filter.user_id == whose and it.event_type in kinds]
    return {it.event_type: it.subscription_id for it in mine}


async def _ask(api: Api, kind: str, whose: str, webhook: str) -> str:
    direction = {"direction": "outbound"} if kind in LIKES else {}
    wish: dict[str, Any] = {"event_type": kind, "filter": {"user_id": whose, **direction}}
    body = {**wish, "webhook_id": webhook, "tag": "self-integrations"}
    # The guide shows the subscription in a list, the reference in an object, and both within `data`.
    found = _ID.search(bytes(await api.send("POST", PATH, Raw, body)))
    if found is None:
        raise Refused("X did not say which subscription it made.")
    return found[1].decode()


async def _turn(api: Api, ident: str, webhook: str) -> None:
    """Let a subscription that exists be sent to our webhook; raises ItemGone."""
    await api.send("PUT", f"{PATH}/{ident}", type(None), {"webhook_id": webhook})
