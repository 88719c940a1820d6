"""What a delivery hints at: an issue to look at, or something that may be gone.

Not everybody on a site sees every issue, and Jira's proof does not cover what a delivery says; so every
account of the site looks for itself.
https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import MsgspecError, Raw, Struct, json

from services.jira.ignored import IGNORED
from services.jira.sites import route
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record

MAX_BODY = 26_214_400
"""Bytes; Jira sends nothing above 25 MB."""

LOOK = frozenset(
    ["jira:issue_created", "jira:issue_updated", "jira:worklog_updated"]
    + [f"{what}_{how}" for what in ("comment", "worklog") for how in ("created", "updated")]
)
GONE = {
    "jira:issue_deleted": "issue",
    "comment_deleted": "comment",
    "worklog_deleted": "worklog",
}

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?\Z")
_GATEWAY = re.compile(r"/ex/jira/([0-9A-Za-z-]{1,64})/")
_ISSUE = re.compile(r"/issue/([0-9]{1,19})(?:/|\Z)")
_NUMBER = re.compile(r"[0-9]{1,19}\Z")
_NAME = re.compile(r"[!-~]{1,100}\Z")


class Part(Struct, rename={"address": "self", "issue_id": "issueId"}):
    """An issue, a comment or a worklog; its address says on which site it is."""

    id: str = ""
    address: str = ""
    issue_id: str | None = None


class Event(Struct, rename="camel"):
    webhook_event: str
    issue: Part | None = None
    comment: Part | None = None
    worklog: Part | None = None

    @property
    def parts(self) -> list[Part]:
        return [it for it in (self.issue, self.comment, self.worklog) if it]

    @property
    def tenant(self) -> str:
        """The site, by its host or, where the address is the gateway's, by its id; or nothing."""
        for it in self.parts:
            try:
                url = urlsplit(it.address)
                found = _GATEWAY.match(url.path)
                if found or _HOST.match(url.netloc.lower()):
                    return found[1] if found else url.netloc.lower()
            except ValueError:
                continue
        return ""


def delivery_id(it: Delivery) -> str | None:
    """Jira's id of the delivery, the same on every retry, and unique within a site only."""
    named = it.headers.get("x-atlassian-webhook-identifier", "")
    try:
        tenant = json.decode(it.body, type=Event).tenant
    except (MsgspecError, ValueError, RecursionError):
        return None
    return f"{tenant}:{named}"[:200] if tenant and _NAME.match(named) else None


def read(it: Delivery) -> Iterator[Nudge | Record]:
    """A Nudge for what happened to an issue, also where nobody discovered it yet."""
    try:
        told = json.decode(it.body, type=Event)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The delivery does not have its documented shape.") from problem
    kind = told.webhook_event
    if kind in IGNORED:
        yield Record(kind, Raw(b"{}"))
    elif kind in LOOK or kind in GONE:
        # What a change of many brings in its wake comes late enough for the search to know it.
        late = it.headers.get("x-atlassian-webhook-flow", "").lower() == "secondary"
        yield from (_late(told),) if late and kind in LOOK else _look(told)
    else:
        named = kind[:100]
        raise UnsupportedEvent(f"Jira sent {named!r}, which nobody declared.", named)


def _look(told: Event) -> Iterator[Nudge]:
    """At the issue, or at what is said to be gone, with which goes what stands on it."""
    tenant, issue = told.tenant, _issue(told)
    if not (tenant and _NUMBER.match(issue)):
        raise Unreadable("The delivery does not say what it is about.")
    facts = {"site": tenant, "issue": issue}
    gone = GONE.get(told.webhook_event)
    if gone in (None, "issue"):
        yield Nudge((route(tenant),), "heard", f"{tenant}:{issue}", facts)
    if gone is None:
        return
    its = {"issue": told.issue, "comment": told.comment, "worklog": told.worklog}[gone]
    if its is None or not _NUMBER.match(its.id):
        raise Unreadable("The delivery does not say what is gone.")
    facts = {**facts, "gone": gone, "id": its.id}
    yield Nudge((route(tenant),), "heard", f"{tenant}:{issue}:{gone}:{its.id}", facts)


def _late(told: Event) -> Nudge:
    tenant = told.tenant
    if not tenant:
        raise Unreadable("The delivery does not say on which site it happened.")
    return Nudge((route(tenant),), "issues")


def _issue(told: Event) -> str:
    """The number of the issue, which a worklog names, and a comment at least in its address."""
    if told.issue:
        return told.issue.id
    for it in told.parts:
        found = _ISSUE.search(it.address)
        if it.issue_id or found:
            return it.issue_id or (found[1] if found else "")
    return ""
