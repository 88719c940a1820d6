"""How Notion says no: a code inside the answer. https://developers.notion.com/reference/status-codes"""

import re
from math import isfinite

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Refused, Unavailable
from shared.types import Response

PATIENCE = 30.0
"""Seconds to wait when Notion asks for patience without a number."""

BLOCKED = "public_api_request_blocked"
"""The reason of a 429 that no waiting helps against."""
_OVERLOADED = 529
_ID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
_CODE = re.compile(r"[a-z_]{1,60}\Z")


class Lacking(ItemGone):
    """The connection has not the capability; what is there is there still."""


class Guidance(Struct):
    rate_limit_reason: str = ""
    retry_after: str | float = ""
    committed_resource_id: str = ""


class Said(Struct):
    code: str = ""
    additional_data: Guidance | None = None


def dialect(it: Response) -> Exception | None:  # noqa: PLR0911 - a table of codes reads best as one
    """The error that an answer means, None where the usual table may decide."""
    if it.status < 400:
        return None
    said = _said(it.body)
    more = said.additional_data or Guidance()
    if it.status in (429, _OVERLOADED):
        if more.rate_limit_reason == BLOCKED:
            return Refused("Notion has blocked the calls of this connection; ask its support.")
        wait = _seconds(it.headers.get("retry-after", "") or more.retry_after)
        return RateLimited("Notion's limit of calls is reached", retry_after=wait)
    if it.status == 409:
        return Unavailable("Somebody else writes there just now; the call was not done.")
    if it.status == 403 and said.code == "restricted_resource":
        return Lacking("This connection may not do that; give it the capability in Notion.")
    if it.status == 503:
        kept = more.committed_resource_id
        was = f"; it was stored as {kept}" if _ID.match(kept) else ""
        return Unavailable(f"Notion could not finish it{was}.", unknown=True)
    if it.status == 400:
        code = said.code if _CODE.match(said.code) else "no reason"
        return Refused(f"Notion refused the call ({code}).")
    return None


def _seconds(told: str | float) -> float:
    """What was asked for as a number or as text, at most a day."""
    try:
        seconds = float(told)
    except ValueError:
        return PATIENCE
    return min(max(seconds, 1.0), 86_400.0) if isfinite(seconds) else PATIENCE


def _said(body: bytes) -> Said:
    try:
        return json.decode(body, type=Said)
    except (MsgspecError, ValueError, RecursionError):
        return Said()
