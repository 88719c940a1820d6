"""How Discord says no: a number that says what is missing, and three kinds of limits.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, Struct, json, structs

from shared.errors import BadRequest, Impossible, ItemGone, RateLimited, Reauthorize, Unavailable
from shared.types import Response

PATIENCE, SHORTEST, LONGEST = 60.0, 0.05, 86_400.0
"""Seconds to wait where Discord gives none, and at least and at most."""

DEAD = frozenset({40001, 50014, 50025})
"""The token is not accepted."""
NOT_INDEXED = 110000
BAD_FORM = 50035
_NAME = re.compile(r"[a-z0-9_]{1,40}")


class Lacking(ItemGone):
    """The bot lacks a permission for that, or the consent a scope; it may well be there."""


class Said(Struct, rename={"everywhere": "global"}):
    """A refusal; none of it is sure to have its documented shape."""

    code: Any = 0
    retry_after: Any = 0.0
    everywhere: Any = False
    errors: Any = None


def dialect(it: Response) -> Exception | None:  # noqa: PLR0911 - a table of numbers reads best as one
    """The error that an answer means, None where the usual table may decide."""
    if it.status < 300 and it.status != 202:
        return None
    said = _said(it.body)
    if it.status == 202:
        if said is None or said.code != NOT_INDEXED:
            return None
        return RateLimited("Discord is still indexing the server", retry_after=_wait(it, said))
    if it.status == 429:
        # What is no JSON comes from the network in front of Discord, which refuses the address itself.
        return RateLimited(
            "Discord's limit of calls is reached",
            retry_after=_wait(it, said),
            everything=said is None or said.everywhere is True,
        )
    if said is None:
        refused = it.status in (403, 404)
        return Unavailable("Discord's network refuses the call for now") if refused else None
    if it.status == 401 or said.code in DEAD:
        return Reauthorize("Discord no longer accepts this connection; connect it again.")
    if it.status == 403:
        return Lacking(f"The bot may not do that on Discord ({said.code}).")
    if it.status == 404:
        return ItemGone(f"There is no such thing on Discord ({said.code}).")
    if said.code == BAD_FORM:
        places = ", ".join(sorted(set(_places(said.errors)))[:5])
        return BadRequest(f"Discord does not take it as it is: {places or 'the form'}.")
    if it.status == 400 and said.code:
        return Impossible(f"Discord does not do that ({said.code}).")
    return None


def _said(body: bytes) -> Said | None:
    """What Discord says, None where it is not Discord that speaks."""
    with suppress(MsgspecError, ValueError, RecursionError):
        found = json.decode(body, type=Said)
        number = isinstance(found.code, int) and not isinstance(found.code, bool)
        return found if number else structs.replace(found, code=0)
    return None


def _wait(it: Response, said: Said | None) -> float:
    """The body counts in fractions of a second, the header in whole ones."""
    header = it.headers.get("retry-after", "")
    told = _number(said.retry_after) if said else 0.0
    with suppress(ValueError):
        told = told or _number(float(header))
    return min(max(told or PATIENCE, SHORTEST), LONGEST)


def _number(it: Any) -> float:
    good = isinstance(it, int | float) and not isinstance(it, bool) and 0 < it < float("inf")
    return float(it) if good else 0.0


def _places(tree: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """Where the form is wrong, in our callers' words as far as they are Discord's."""
    if not isinstance(tree, dict) or depth > 8:
        return
    for name, inner in tree.items():
        if name == "_errors":
            yield path or "the form"
        elif _NAME.fullmatch(name):
            yield from _places(inner, f"{path}.{name}".lstrip("."), depth + 1)
