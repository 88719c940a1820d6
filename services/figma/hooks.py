"""Webhooks of a followed place: one for each event, made, mended and stopped together.

Those of a team or a folder tell of all its files. Several accounts that follow one place share them.
https://developers.figma.com/docs/rest-api/webhooks-endpoints/
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from services.figma.dialect import Hidden
from services.figma.models import Id
from services.figma.webhook import passcode
from shared.errors import Impossible, ItemGone, Refused
from shared.provider import Hook, Subscribing

PATH = "/v2/webhooks"
OF_FILE = ("FILE_COMMENT", "FILE_UPDATE", "FILE_VERSION_UPDATE")
"""All that a file may have; FILE_UPDATE brings FILE_DELETE as well."""
OF_MANY = (*OF_FILE, "DEV_MODE_STATUS_UPDATE", "LIBRARY_PUBLISH")
WANTED = {"team": OF_MANY, "folder": OF_MANY, "file": OF_FILE}
CONTEXT = {"team": "team", "folder": "project", "file": "file"}
SECRET = "secret"  # noqa: S105 - what the fact is called that tells one secret from another
TRUSTED = timedelta(days=1)
"""How long webhooks that nobody looked at are taken to be as they were."""

Clock = Callable[[], datetime]


class Remote(Struct):
    id: Id
    event_type: str = ""
    endpoint: str = ""
    status: str = ""


class Listed(Struct):
    webhooks: list[Remote]


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """Make the webhooks, or take over those that are there. Raises Impossible where that is no use."""
    _needed(it)
    try:
        return await _kept(it, {}, now)
    except Hidden:
        raise Impossible(
            "Figma lets only an admin of the team, or who may edit the folder or file, make webhooks."
        ) from None
    except Refused:
        raise Refused(
            "Figma did not make a webhook; a team may have 20, a folder 5 and a file 3 in all."
        ) from None


async def renew(it: Subscribing, now: Clock = _now) -> Hook:
    """See that all are there, and mend those that are not; ends those that are of no use any more."""
    try:
        _needed(it)
    except Impossible:
        await stop(it)
        raise
    return await _kept(it, it.hook.facts if it.hook else {}, now)


async def stop(it: Subscribing) -> None:
    for ident in _ours(it):
        with suppress(ItemGone):
            await it.api.send("DELETE", f"{PATH}/{ident}", type(None))


async def repair(it: Subscribing) -> int:
    """Wake those that were paused, and return how many; raises ItemGone where one was deleted."""
    there = {str(one.id): one for one in await _there(it)}
    ours = _ours(it)
    if not there.keys() >= set(ours):
        raise ItemGone("A webhook was deleted.")
    paused = [there[ident] for ident in ours if there[ident].status == "PAUSED"]
    await _mend(it, paused)
    return len(paused)


async def _kept(it: Subscribing, facts: Any, now: Clock) -> Hook:
    found, mark = {one.event_type: one for one in await _there(it)}, _mark(it)
    right = facts.get(SECRET) == mark
    await _mend(it, [one for one in found.values() if not right or one.status == "PAUSED"])
    kept = {SECRET: mark}
    kind, _, ident = it.resource.id.partition(":")
    for event in WANTED[kind]:
        if event not in found:
            where = {"context": CONTEXT[kind], "context_id": ident}
            body = {**_wanted(it, event), **where, "description": "Self Integrations"}
            found[event] = await it.api.send("POST", PATH, Remote, body)
        kept[event] = str(found[event].id)
    return Hook(it.resource.id, now() + TRUSTED, kept)


def _needed(it: Subscribing) -> None:
    if "via" in it.resource.facts:
        raise Impossible("The webhooks of what it stands in tell of it.")
    if "missing" in it.resource.facts:
        raise Impossible("It is not listed any more.")


def _ours(it: Subscribing) -> list[str]:
    """The ids of the webhooks that were made."""
    facts = it.hook.facts if it.hook else {}
    return [ident for event, ident in facts.items() if event != SECRET]


async def _there(it: Subscribing) -> list[Remote]:
    """The webhooks of the place that lead to us; whatever else is there is somebody else's."""
    kind, _, ident = it.resource.id.partition(":")
    listed = await it.api.get(PATH, Listed, context=CONTEXT[kind], context_id=ident)
    address = _address(it)
    return [
        one for one in listed.webhooks if one.endpoint == address and one.event_type in WANTED[kind]
    ]


async def _mend(it: Subscribing, found: Iterable[Remote]) -> None:
    for one in found:
        await it.api.send("PUT", f"{PATH}/{one.id}", Remote, _wanted(it, one.event_type))


def _wanted(it: Subscribing, event: str) -> dict[str, Any]:
    proof = passcode(it.secret.reveal().encode(), it.resource.id).decode()
    address = _address(it)
    return {"event_type": event, "endpoint": address, "passcode": proof, "status": "ACTIVE"}


def _address(it: Subscribing) -> str:
    return f"{it.callback_url}?place={it.resource.id}"


def _mark(it: Subscribing) -> str:
    """What tells one passcode from another, and not what it is."""
    proof = passcode(it.secret.reveal().encode(), it.resource.id)
    return hashlib.sha256(proof).hexdigest()[:12]
