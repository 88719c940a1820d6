"""The app's one webhook: the app itself makes and mends it, with a token of its own.

X cuts a webhook off when it fails for a day: it is asked to look again, and to send what was missed.
https://docs.x.com/x-api/webhooks/introduction
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from msgspec import Struct

from shared.errors import BadRequest, Impossible, ItemGone, Refused
from shared.provider import Api, Subscribing
from shared.types import Minting, Secret, Token

BEARER = "TWITTER_BEARER_TOKEN"
"""The variable that holds the app's own token."""

KEPT = timedelta(hours=24)
"""How far back X sends again what a webhook missed."""

WEBHOOKS = "/2/webhooks"
_APP = re.compile(r"/2/webhooks(/.*)?|/2/activity/subscriptions/\d+")

Clock = Callable[[], datetime]


class Remote(Struct):
    id: str
    url: str = ""
    valid: bool = True


class Remotes(Struct):
    data: list[Remote] = []


class Made(Struct):
    data: Remote


def itself(path: str, settings: Mapping[str, Secret]) -> str:
    """What only the app may ask, it asks with its own token."""
    token = settings.get(BEARER)
    return f"Bearer {token.reveal()}" if token and _APP.fullmatch(path) else ""


async def registered(it: Subscribing) -> str:
    """The id of the webhook at our address, made where there is none; raises Impossible."""
    if not it.settings.get(BEARER):
        raise Impossible(f"events need the app's own token; set {BEARER}")
    url = urlsplit(it.callback_url)
    if url.port and url.scheme == "https":
        raise Impossible("X takes no webhook address with a port; set PUBLIC_URL to one without")
    for one in (await it.api.get(WEBHOOKS, Remotes)).data:
        if one.url == it.callback_url:
            return one.id
    return (await it.api.send("POST", WEBHOOKS, Made, {"url": it.callback_url})).data.id


def now() -> datetime:
    return datetime.now(UTC)


async def repair(it: Minting, api: Callable[[Token], Api], clock: Clock = now) -> int:
    """Have X look again at a webhook that it gave up, and send what that missed; returns how many."""
    token = it.settings.get(BEARER)
    if not token:
        return 0
    app, mended = api(Token(token.reveal())), 0
    for one in (await app.get(WEBHOOKS, Remotes)).data:
        if not one.valid:
            await app.send("PUT", f"{WEBHOOKS}/{one.id}", type(None))
            with suppress(BadRequest, ItemGone, Refused):  # not every plan has it
                await app.send("POST", f"{WEBHOOKS}/replay", type(None), _span(one.id, clock()))
            mended += 1
    return mended


def _span(ident: str, at: datetime) -> dict[str, str]:
    return {
        "webhook_id": ident,
        "from_date": f"{at - KEPT + timedelta(minutes=1):%Y%m%d%H%M}",
        "to_date": f"{at:%Y%m%d%H%M}",
    }
