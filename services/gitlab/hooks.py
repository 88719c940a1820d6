"""A webhook per project, for accounts that may make one.

https://docs.gitlab.com/api/project_webhooks/
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.gitlab.events import project
from services.gitlab.missed import Remote, wake
from services.gitlab.projects import MAINTAINER
from services.gitlab.proof import SIGNING, own
from shared.errors import Impossible, ItemGone, Refused
from shared.provider import Hook, Subscribing

LIFE = timedelta(days=1)
"""After two thirds of it a hook is looked at anew, and found missing where somebody deleted it."""
EVENTS = {
    f"{name}_events": True
    for name in (
        "confidential_issues",
        "confidential_note",
        "issues",
        "merge_requests",
        "note",
        "pipeline",
        "push",
        "releases",
        "tag_push",
    )
}

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


async def create(it: Subscribing, now: Clock = _now) -> Hook:
    """Make the hook, or take over the one that is there: GitLab would make a second one."""
    if int(it.resource.facts.get("access", "0")) < MAINTAINER:
        raise Impossible("Only a maintainer of the project may make a webhook.")
    async for reply in it.api.paginate(_hooks(it), list[Remote], per_page=100):
        for remote in reply.data or ():
            if remote.url == _address(it):
                there = f"{_hooks(it)}/{remote.id}"
                return _hook(await it.api.send("PUT", there, Remote, _wanted(it)), now)
    made = await it.api.send("POST", _hooks(it), Remote, _wanted(it))
    if _signing(it) and not made.signing_token_present:
        await it.api.send("DELETE", f"{_hooks(it)}/{made.id}", type(None))
        raise Refused(
            "This GitLab does not sign deliveries; set GITLAB_WEBHOOK_SECRET to a plain secret."
        )
    return _hook(made, now)


async def renew(it: Subscribing, now: Clock = _now) -> Hook:
    """Set the hook as it should be; raises ItemGone where somebody deleted it."""
    if it.hook is None:
        return await create(it, now)
    remote = await it.api.send("PUT", path(it), Remote, _wanted(it))
    await wake(it, path(it), remote)
    return _hook(remote, now)


async def stop(it: Subscribing) -> None:
    if it.hook is None:
        return
    try:
        await it.api.send("DELETE", path(it), type(None))
    except ItemGone:
        return


def _wanted(it: Subscribing) -> dict[str, Any]:
    secret = own(it.secret.reveal().encode(), _place(it)).decode()
    proof = {"signing_token" if _signing(it) else "token": secret}
    return {"url": _address(it), "enable_ssl_verification": True, **EVENTS, **proof}


def _place(it: Subscribing) -> str:
    """What the project is called in the address of its hook."""
    its = project(it.resource)
    return f"{its.host}:{its.id}"


def _address(it: Subscribing) -> str:
    return f"{it.callback_url}?project={_place(it)}"


def _signing(it: Subscribing) -> bool:
    return it.secret.reveal().encode().startswith(SIGNING)


def _hook(remote: Remote, now: Clock) -> Hook:
    return Hook(str(remote.id), now() + LIFE)


def _hooks(it: Subscribing) -> str:
    return f"/api/v4/projects/{it.resource.id}/hooks"


def path(it: Subscribing) -> str:
    assert it.hook is not None
    return f"{_hooks(it)}/{it.hook.remote_id}"
