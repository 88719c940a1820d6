"""What a project's hook missed: GitLab does not send again what failed, it is asked to.

A hook that fails again and again is put to sleep, for longer each time, and at last for good.
https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
"""

from msgspec import Struct

from shared.errors import ItemGone, Refused
from shared.provider import Subscribing

RESENT = 5
"""Deliveries that GitLab sends again in a minute."""
MOST = 500
"""Attempts that are read at once; of a longer silence, walks tell the rest."""
TRIED = ("issues_events", "merge_requests_events", "push_events")
"""What a hook is woken with: the first that the project has something to show for."""


class Remote(Struct):
    id: int
    url: str = ""
    alert_status: str = "executable"
    signing_token_present: bool = False


class Attempt(Struct):
    id: int
    request_headers: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The same for all attempts of one delivery."""
        headers = {name.lower(): value for name, value in self.request_headers.items()}
        return headers.get("idempotency-key", str(self.id))


async def repair(it: Subscribing) -> int:
    """Wake the hook, and ask again for deliveries of the last week of which no attempt got through."""
    if it.hook is None:
        return 0
    path = f"/api/v4/projects/{it.resource.id}/hooks/{it.hook.remote_id}"
    await wake(it, path, await it.api.get(path, Remote))
    try:
        failed = [
            attempt
            for status in ("server_failure", "client_failure")
            for attempt in await _attempts(it, path, status)
        ]
    except ItemGone:
        return 0  # servers before 17.3 do not tell
    if not failed:
        return 0
    oldest = min(one.id for one in failed)
    arrived = {one.key for one in await _attempts(it, path, "successful", oldest)}
    missing = {one.key: one.id for one in failed if one.key not in arrived}
    again = sorted(missing.values())[:RESENT]
    for attempt in again:
        await it.api.send("POST", f"{path}/events/{attempt}/resend", type(None))
    return len(again)


async def _attempts(it: Subscribing, path: str, status: str, since: int = 0) -> list[Attempt]:
    """Newest first, so the walk ends at the first one that is older than `since`."""
    found: list[Attempt] = []
    asked = f"{path}/events"
    async for reply in it.api.paginate(asked, list[Attempt], status=status, per_page=100):
        recent = [one for one in reply.data or () if one.id >= since]
        found += recent
        if len(recent) < len(reply.data or ()) or len(found) >= MOST:
            break
    return found


async def wake(it: Subscribing, path: str, remote: Remote) -> None:
    """A hook that failed too often sleeps until a test of it gets through."""
    if remote.alert_status == "executable":
        return
    for trigger in TRIED:
        try:
            await it.api.send("POST", f"{path}/test/{trigger}", type(None))
        except Refused:
            continue
        return
    raise Refused("GitLab has disabled the webhook; send a test from its settings to wake it.")
