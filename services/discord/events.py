"""What a Record carries: a message and where it was said, whichever door it came through."""

from typing import Any

from msgspec import Raw, Struct, json

from services.discord.ignored import OWN, SYSTEM
from services.discord.models import Said
from shared.types import Record

WRITTEN = frozenset({0, 19, 20, 23, 46})
"""Messages by number that somebody wrote: plain, a reply, a command's answer, a poll's result."""


class Told(Struct):
    """A message in its server, in none where it was said directly; `channel_type` is Discord's number.

    `names` are those of the channels and roles that it mentions, as far as they are known.
    """

    guild: str
    message: Said
    channel_type: int | None = None
    names: dict[str, str] = {}


def kind(number: int, *, own: bool = False) -> str:
    """The kind of a message: `message`, or one of those that are dropped by name; unknown ones differ."""
    if number in WRITTEN:
        return OWN if own else "message"
    name, _ = SYSTEM.get(number, (f"type_{number}", ""))
    return f"message.{name}"


def route(guild: str) -> str:
    """The webhook key of a server."""
    return f"guild:{guild}"


def record(
    guild: str,
    channel_type: int | None,
    row: Raw | dict[str, Any],
    *,
    kind: str = "message",
    gone: str = "",
) -> Record:
    """A Record put together; `gone` is when it was seen not to be there any more, as a revision."""
    payload = {"guild": guild, "channel_type": channel_type, "message": row}
    return Record(kind, Raw(json.encode(payload)), gone, bool(gone), (route(guild),))
