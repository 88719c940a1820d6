"""A webhook per repository, for accounts that were granted the right to make one.

GitHub delivers once and never tries again by itself: what failed is asked for anew.
https://docs.github.com/en/rest/repos/webhooks
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from services.github.webhook import RECORDS
from shared.errors import ItemGone, Refused
from shared.provider import Api, Hook, Subscribing

KEPT = timedelta(days=3)
"""How long GitHub remembers a delivery: a hook that nobody looked at for longer has a gap."""

Clock = Callable[[], datetime]


class Config(Struct, frozen=True):
    url: str = ""


class Remote(Struct):
    id: int
    active: bool = True
    events: list[str] = []
    config: Config = Config()


class Attempt(Struct):
    id: int
    guid: str
    delivered_at: datetime
    status: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """Make the hook, or take over the one that an earlier life of this account left there."""
    path = f"/repos/{it.resource.name}/hooks"
    try:
        made = await it.api.send("POST", path, Remote, {"name": "web", **_wanted(it)})
        return _hook(it, made.id, now)
    except Refused:
        async for reply in it.api.paginate(path, list[Remote], per_page=100):
            for remote in reply.data or ():
                if remote.config.url == it.callback_url:
                    await it.api.send("PATCH", f"{path}/{remote.id}", Remote, _wanted(it))
                    return _hook(it, remote.id, now)
        raise


async def renew(it: Subscribing, now: Clock = _now) -> Hook:
    """See that the hook is as it should be, or mend it; raises ItemGone where somebody deleted it."""
    if it.hook is None:
        return await create(it, now)
    remote = await it.api.get(_path(it), Remote)
    right = remote.active and remote.config.url == it.callback_url
    if not right or set(remote.events) != RECORDS or it.hook.facts != _facts(it):
        await it.api.send("PATCH", _path(it), Remote, _wanted(it))
    return _hook(it, remote.id, now)


async def stop(it: Subscribing) -> None:
    if it.hook is None:
        return
    try:
        await it.api.send("DELETE", _path(it), type(None))
    except ItemGone:
        return


async def repair(it: Subscribing, now: Clock = _now) -> int:
    """Ask again for every delivery of the last three days of which no attempt got through."""
    return await again(it.api, f"{_path(it)}/deliveries", now) if it.hook else 0


async def again(api: Api, path: str, now: Clock = _now) -> int:
    """The same for the deliveries under `path`: of a repository's hook, or of an app's own."""
    since = now() - KEPT
    failed = await _attempts(api, path, since, status="failure")
    if not failed:
        return 0
    arrived = {one.guid for one in await _attempts(api, path, since) if one.status == "OK"}
    missing = {one.guid: one.id for one in reversed(failed) if one.guid not in arrived}
    for delivery in missing.values():
        await api.send("POST", f"{path}/{delivery}/attempts", type(None))
    return len(missing)


async def _attempts(api: Api, path: str, since: datetime, **params: str) -> list[Attempt]:
    """Newest first, so the walk ends at the first one that is too old."""
    found: list[Attempt] = []
    async for reply in api.paginate(path, list[Attempt], per_page=100, **params):
        recent = [one for one in reply.data or () if one.delivered_at >= since]
        found += recent
        if len(recent) < len(reply.data or ()):
            break
    return found


def _wanted(it: Subscribing) -> dict[str, Any]:
    config = {
        "url": it.callback_url,
        "content_type": "json",
        "secret": it.secret.reveal(),
        "insecure_ssl": "0",
    }
    return {"active": True, "events": sorted(RECORDS), "config": config}


def _hook(it: Subscribing, number: int, now: Clock) -> Hook:
    return Hook(remote_id=str(number), expires_at=now() + KEPT, facts=_facts(it))


def _facts(it: Subscribing) -> dict[str, str]:
    """GitHub never shows a hook's secret, so a short fingerprint says which one it was given."""
    return {"secret": hashlib.sha256(it.secret.reveal().encode()).hexdigest()[:12]}


def _path(it: Subscribing) -> str:
    assert it.hook is not None
    return f"/repos/{it.resource.name}/hooks/{it.hook.remote_id}"
