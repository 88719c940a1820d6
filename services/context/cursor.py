"""Where a list goes on: the values of the last row, in a form that callers keep as it is."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from msgspec import MsgspecError, json

from shared.errors import BadRequest


def following(rows: Sequence[Sequence[Any]], limit: int, values: slice) -> str | None:
    """That of the next page, if there are more rows than `limit`."""
    if len(rows) <= limit:
        return None
    return urlsafe_b64encode(json.encode(list(rows[limit - 1][values]))).decode().rstrip("=")


def after(given: str, *kinds: Any) -> list[Any]:
    """The values of a cursor, of these types; all None without one. Raises BadRequest."""
    if not given:
        return [None] * len(kinds)
    try:
        raw = urlsafe_b64decode(given + "=" * (-len(given) % 4))
        return list(json.decode(raw, type=tuple[kinds]))  # type: ignore[valid-type]
    except (ValueError, MsgspecError, binascii.Error) as error:
        raise BadRequest("cursor is none that this service gave") from error
