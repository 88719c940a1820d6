"""GitHub signs the raw body and dates nothing: the delivery's GUID is what tells a replay.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from msgspec import MsgspecError, Raw, Struct, json

from services.github.events import PushEvent, as_listed, record
from services.github.ignored import IGNORED
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

MAX_BODY = 26_214_400
"""Bytes; GitHub sends nothing above 25 MB."""

RECORDS = frozenset(
    [
        "commit_comment",
        "discussion",
        "discussion_comment",
        "issue_comment",
        "issues",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "release",
        "repository",
        "workflow_run",
    ]
)
NUDGES = frozenset(
    ["github_app_authorization", "installation", "installation_repositories", "repository"]
)
"""What changes who may see which repository: walking them proves the access and renews the routes."""

WIDER = frozenset(["new_permissions_accepted", "unsuspend"])
"""What an installation may do after which every stream has something to go and look at."""


class Party(Struct):
    id: int


class Owned(Party):
    owner: Party | None = None


class Installation(Party):
    account: Party | None = None


class Envelope(Struct):
    """What a delivery says of where it belongs."""

    action: str | None = None
    repository: Owned | None = None
    organization: Party | None = None
    installation: Installation | None = None
    sender: Party | None = None


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    given = it.headers.get("x-hub-signature-256")
    signature.hmac_sha256_hex(secrets, it.body, given, prefix="sha256=")


def delivery_id(it: Delivery) -> str | None:
    """The GUID; a redelivery keeps it, and several hooks on one event share it."""
    return it.headers.get("x-github-delivery")


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """One Record per item told (a push tells its commits too), and a Nudge where access changed."""
    event = it.headers.get("x-github-event", "")
    if event == "ping":
        return
    if event not in RECORDS | NUDGES and event not in IGNORED:
        raise UnsupportedEvent(f"GitHub sent the event {event!r}, which nobody declared.", event)
    try:
        body = _body(it)
        yield from _read(event, body, json.decode(body, type=Envelope))
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable(f"The event {event} does not have its documented shape.") from problem


def _read(event: str, body: bytes, told: Envelope) -> Iterator[Record | Nudge]:
    routes = tuple(_routes(told))
    if event in NUDGES:
        asker = (f"user:{told.sender.id}",) if told.sender else ()
        revoked = event == "github_app_authorization"
        stream = "" if event == "installation" and told.action in WIDER else "repositories"
        yield Nudge(routes=asker if revoked else routes, stream=stream)
    if event not in NUDGES or event == "repository":
        yield Record(event, Raw(body), removed=_removed(event, told.action), routes=routes)
    if event == "push":
        push = json.decode(body, type=PushEvent)
        for commit in push.commits:
            yield record("commit", push.repository, routes, ref=push.ref, commit=as_listed(commit))


def _removed(event: str, action: str | None) -> bool:
    """Transferred means gone from here: the other repository hears of it as opened there."""
    moved = action == "transferred" and event in ("issues", "discussion")
    return moved or (action == "deleted" and event != "workflow_run")


def _routes(told: Envelope) -> Iterator[str]:
    if told.repository:
        yield f"repo:{told.repository.id}"
    if told.organization:
        yield f"org:{told.organization.id}"
    elif told.repository and told.repository.owner:
        yield f"owner:{told.repository.owner.id}"
    if told.installation:
        yield f"installation:{told.installation.id}"
        if told.installation.account:
            yield f"installed:{told.installation.account.id}"


def _body(it: Delivery) -> bytes:
    """The JSON of a delivery; a hook made without `content_type` sends it as a form field."""
    if not it.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return it.body
    fields = parse_qs(it.body.decode("ascii"), max_num_fields=10)
    return fields.get("payload", [""])[0].encode()
