"""LinkedIn signs with the client's secret, and what it signs begins with the name of the method.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from msgspec import MsgspecError, Raw, Struct, json

from services.linkedin.ignored import IGNORED
from services.linkedin.models import Notification
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

METHOD = "hmacsha256="
KIND = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"

WRITTEN = frozenset({"ADMIN_COMMENT", "COMMENT", "COMMENT_EDIT"})
"""Comments are read where they stand: a notification's own words are hardly documented."""
TOLD = frozenset({"LIKE", "SHARE", "SHARE_MENTION"})

_CODE = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
"""What LinkedIn asks with. The answer is signed with the secret of deliveries, so nothing that could be one
is answered."""


class Delivered(Struct):
    type: str = ""
    notifications: list[Raw] = []


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    """The literal is part of the signed text; the header has it, or not."""
    given = it.headers.get("x-li-signature", "").removeprefix(METHOD)
    signature.hmac_sha256_hex(secrets, METHOD.encode() + it.body, given)


def delivery_id(_: Delivery) -> str | None:
    """None: a batch has no name, and each notification in it has its own."""
    return None


def challenge(secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """Answers `?challengeCode=`, which comes again every two hours."""
    (code,) = parse_qs(it.query, max_num_fields=10).get("challengeCode", [""])[:1]
    if it.method != "GET" or not secrets or not _CODE.match(code):
        return None
    proof = hmac.digest(secrets[0], code.encode(), "sha256").hex()
    return json.encode({"challengeCode": code, "challengeResponse": proof})


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """What each notification means. A batch has at most ten; what is told twice is one Message."""
    try:
        body = json.decode(it.body, type=Delivered)
        if body.type == KIND:
            for row in body.notifications:
                yield heard(row, json.decode(row, type=Notification))
        elif body.type not in IGNORED:
            raise UnsupportedEvent(
                f"LinkedIn sent {body.type!r}, which nobody declared.", body.type
            )
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The notifications do not have their documented shape.") from problem


def heard(row: Raw, told: Notification) -> Record | Nudge:
    """A Record of what tells itself; what was written has to be read where it stands.

    Of an action that nobody declared, it is a Record of a kind that nobody declared.
    """
    page = organization(told.organizational_entity)
    if told.action in WRITTEN:
        return Nudge((page,), stream="activity", resource=page.partition(":")[2])
    if told.action == "COMMENT_DELETE":
        return Record("comment_deleted", row, removed=True, routes=(page,))
    kind = "notification" if told.action in TOLD else told.action
    return Record(kind, row, routes=(page,))


def organization(urn: str) -> str:
    """The route of a page."""
    return f"organization:{urn.rpartition(':')[2]}"
