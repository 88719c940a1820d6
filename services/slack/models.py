"""Slack's own shapes: only the fields we read, in the form that both doors share.

https://docs.slack.dev/reference/events/message
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

Ts = Annotated[str, Meta(pattern=r"^[0-9]{10}\.[0-9]{6}$(?!\n)")]
"""Seconds and microseconds since 1970: a message's name within its channel, and text for ever."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ChannelId = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{1,30}$(?!\n)")]

Nested = list[dict[str, Any]]
"""Blocks and attachments, of which there are too many kinds to name."""


class Edited(Struct):
    ts: Ts
    user: str | None = None


class BotProfile(Struct):
    name: str | None = None
    app_id: str | None = None


class File(Struct):
    """What a file says of itself; one that was removed or is hidden says almost nothing."""

    id: str
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    url_private: str | None = None


class Reaction(Struct):
    name: str
    count: int = 0


class Said(Struct):
    """A message, a reply or an app's post, as events and history both tell it."""

    ts: Ts
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    username: str | None = None
    bot_profile: BotProfile | None = None
    app_id: str | None = None
    text: str | None = None
    thread_ts: Ts | None = None
    edited: Edited | None = None
    files: list[File] | None = None
    blocks: Nested | None = None
    attachments: Nested | None = None
    reactions: list[Reaction] | None = None


class Head(Struct):
    """What a walk needs to know of a listed message; the normalizer reads the rest."""

    ts: Ts
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    bot_profile: BotProfile | None = None
    app_id: str | None = None
    thread_ts: Ts | None = None
    edited: Edited | None = None
    reply_count: int = 0
    latest_reply: Ts | None = None


class Text(Struct):
    value: str | None = None


class Conversation(Struct):
    """A channel of any kind; a direct message has a user instead of a name."""

    id: ChannelId
    name: str | None = None
    user: str | None = None
    is_im: bool = False
    is_mpim: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_member: bool | None = None
    num_members: int | None = None
    topic: Text | None = None
    purpose: Text | None = None


class Profile(Struct):
    display_name: str | None = None
    real_name: str | None = None
    email: str | None = None


class User(Struct):
    id: str
    name: str | None = None
    real_name: str | None = None
    is_bot: bool = False
    deleted: bool = False
    profile: Profile | None = None


class Auth(Struct):
    """Whose token it is; only a bot's has a `bot_id`."""

    user_id: str
    team_id: str | None = None
    team: str | None = None
    user: str | None = None
    bot_id: str | None = None
    enterprise_id: str | None = None
    is_enterprise_install: bool = False


def at(ts: str) -> datetime:
    """The moment that a `ts` names, in UTC, to the microsecond and never through a float."""
    seconds, _, micro = ts.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micro))


def stamp(moment: datetime) -> str:
    """A moment as a `ts`."""
    seconds, rest = divmod(moment - _EPOCH, timedelta(seconds=1))
    return f"{max(seconds, 0):010}.{rest.microseconds:06}"


def kind_of(it: Conversation) -> str:
    """Which of the four kinds of conversation, in the word that events use: `channel_type`."""
    if it.is_im:
        return "im"
    if it.is_mpim:
        return "mpim"
    return "group" if it.is_private else "channel"
