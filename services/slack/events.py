"""What a Record carries: a message and where it was said, whichever door it came through."""

from typing import Any

from msgspec import Raw, Struct, json

from services.slack.ignored import IGNORED, OWN
from services.slack.models import ChannelId, Head, Said, Ts
from shared.types import Record

TOMBSTONE = "tombstone"
"""The subtype of what is left of a deleted message that has replies."""


class Told(Struct):
    """A message in its channel; `channel_type` is channel, group (private), im or mpim.

    `names` are those of the people and channels that it mentions, as far as they are known.
    """

    channel: ChannelId
    message: Said
    channel_type: str | None = None
    names: dict[str, str] = {}


def kind(subtype: str | None, *, own: bool) -> str:
    """The kind of a message: `message`, or one of those that are dropped by name."""
    if own:
        return OWN
    named = f"message.{subtype}"
    return named if named in IGNORED else "message"


def app_of(it: Said | Head) -> str | None:
    """The app that said it, if one did: also what it said in a person's name."""
    return it.app_id or (it.bot_profile.app_id if it.bot_profile else None)


def record(
    channel: str,
    channel_type: str,
    row: Raw | dict[str, Any],
    *,
    kind: str = "message",
    revision: str,
    removed: bool = False,
) -> Record:
    """A Record put together; `revision` is when it was said, last edited or removed, as a `ts`."""
    payload = {"channel": channel, "channel_type": channel_type, "message": row}
    routes = (f"channel:{channel}",)
    return Record(kind, Raw(json.encode(payload)), revision, removed, routes)


def gone(channel: str, channel_type: str, ts: Ts, revision: Ts, kind: str = "message") -> Record:
    """The Record of a message that is not there any more."""
    row = {"ts": ts}
    return record(channel, channel_type, row, kind=kind, revision=revision, removed=True)
