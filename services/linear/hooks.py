"""Webhooks of our own, for accounts that were granted `admin`: one for all public teams, one a private team.

Linear tries a delivery four times, then may switch the webhook off; nothing brings back what was missed
but a walk. https://linear.app/developers/webhooks
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from services.linear.models import Ref, Time
from services.linear.pages import Nodes
from services.linear.queries import END_HOOK, HEALTH, HOOKS, MAKE_HOOK, MEND_HOOK
from services.linear.webhook import STREAMS
from shared.errors import Refused
from shared.provider import Api, Hook, Subscribing

TRUSTED = timedelta(days=3)
"""How long a webhook that nobody looked at is taken to be as it was."""
LATELY = timedelta(minutes=10)
"""How far back a failed delivery is a reason to walk: twice the time between two looks."""

KINDS = sorted({*STREAMS, "Reaction", "User"})
PUBLIC = "public"
"""The remote id of what needs no webhook: a team that the one for all public teams tells of."""

Clock = Callable[[], datetime]


class Failure(Struct, rename="camel"):
    created_at: Time


class Remote(Struct, rename="camel"):
    id: str
    url: str | None = None
    enabled: bool = True
    all_public_teams: bool = False
    team: Ref | None = None
    resource_types: list[str] = []
    failures: list[Failure] = []


class Listed(Struct):
    webhooks: Nodes[Remote]


class Read(Struct):
    webhook: Remote


class Made(Struct):
    success: bool = False
    webhook: Ref | None = None


class Done(Struct):
    done: Made


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """Make the webhook, or take over the one that an earlier life of this account left there."""
    if _covered(it):
        return Hook(PUBLIC)
    for remote in (await it.api.graphql(HOOKS, Listed)).webhooks.nodes:
        if remote.url == it.callback_url and _team(remote) == (it.resource.id or None):
            await _mend(it, remote.id)
            return _hook(it, remote.id, now)
    place = {"teamId": it.resource.id} if it.resource.id else {"allPublicTeams": True}
    made = await _write(it.api, MAKE_HOOK, input={**place, **_wanted(it)})
    if made.webhook is None:
        raise Refused("Linear did not say which webhook it made.")
    return _hook(it, made.webhook.id, now)


async def renew(it: Subscribing, now: Clock = _now) -> Hook:
    """See that the webhook is as it should be, or mend it; raises ItemGone where it was deleted."""
    if it.hook is None or (it.hook.remote_id == PUBLIC) != _covered(it):
        return await create(it, now)
    if _covered(it):
        return it.hook
    remote = (await it.api.graphql(HEALTH, Read, id=it.hook.remote_id)).webhook
    right = remote.enabled and remote.url == it.callback_url and it.hook.facts == _facts(it)
    if not right or set(remote.resource_types) != set(KINDS):
        await _mend(it, remote.id)
    return _hook(it, remote.id, now)


async def stop(it: Subscribing) -> None:
    if it.hook and it.hook.remote_id != PUBLIC:
        await _write(it.api, END_HOOK, id=it.hook.remote_id)


async def repair(it: Subscribing, now: Clock = _now) -> int:
    """Switch on what Linear switched off; returns how many deliveries have lately failed."""
    if it.hook is None or it.hook.remote_id == PUBLIC:
        return 0
    remote = (await it.api.graphql(HEALTH, Read, id=it.hook.remote_id)).webhook
    if not remote.enabled:
        await _mend(it, remote.id)
    failed = sum(one.created_at >= now() - LATELY for one in remote.failures)
    return max(failed, int(not remote.enabled))


def _covered(it: Subscribing) -> bool:
    return bool(it.resource.id) and it.resource.facts.get("visibility") == "public"


def _team(remote: Remote) -> str | None:
    return remote.team.id if remote.team and not remote.all_public_teams else None


async def _mend(it: Subscribing, ident: str) -> None:
    await _write(it.api, MEND_HOOK, id=ident, input=_wanted(it))


async def _write(api: Api, mutation: str, **variables: Any) -> Made:
    """Raises Refused where Linear says, without an error, that it did nothing."""
    done = (await api.graphql(mutation, Done, **variables)).done
    if not done.success:
        raise Refused("Linear did not change the webhook.")
    return done


def _wanted(it: Subscribing) -> dict[str, Any]:
    secret, label = it.secret.reveal(), "Self Integrations"
    return {
        "url": it.callback_url,
        "secret": secret,
        "resourceTypes": KINDS,
        "enabled": True,
        "label": label,
    }


def _hook(it: Subscribing, ident: str, now: Clock) -> Hook:
    return Hook(ident, expires_at=now() + TRUSTED, facts=_facts(it))


def _facts(it: Subscribing) -> dict[str, str]:
    """A short fingerprint says which secret the webhook was given."""
    return {"secret": hashlib.sha256(it.secret.reveal().encode()).hexdigest()[:12]}
