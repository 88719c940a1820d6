"""Discord's own shapes: only the fields we read, in the form that both doors share.

https://discord.com/developers/docs/resources/message
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from services.discord.ids import Snowflake

Nested = list[dict[str, Any]]
"""Embeds, components and polls, of which there are too many kinds to name."""

REPLY = 19
FORWARDED = 1
HAS_THREAD = 1 << 5
VOICE_MESSAGE = 1 << 13


class User(Struct):
    id: Snowflake
    username: str | None = None
    global_name: str | None = None
    bot: bool = False


class File(Struct):
    """An attachment; its `url` is signed for a day, so it is no fact about the message."""

    id: Snowflake
    filename: str | None = None
    content_type: str | None = None
    size: int | None = None
    url: str | None = None


class Emoji(Struct):
    id: Snowflake | None = None
    name: str | None = None


class Reaction(Struct):
    emoji: Emoji
    count: int = 0


class Sticker(Struct):
    id: Snowflake
    name: str | None = None


class Reference(Struct):
    type: int = 0
    channel_id: Snowflake | None = None
    message_id: Snowflake | None = None


class Copied(Struct):
    """What a forwarded message said; who said it is not told."""

    content: str | None = None
    attachments: list[File] = []
    embeds: Nested = []
    components: Nested = []
    mentions: list[User] = []
    sticker_items: list[Sticker] = []


class Snapshot(Struct):
    message: Copied


class Said(Struct):
    """A message, as lists and commands both tell it."""

    id: Snowflake
    channel_id: Snowflake
    type: int = 0
    content: str | None = None
    author: User | None = None
    timestamp: datetime | None = None
    edited_timestamp: datetime | None = None
    mention_everyone: bool = False
    mentions: list[User] = []
    mention_roles: list[Snowflake] = []
    attachments: list[File] = []
    embeds: Nested = []
    components: Nested = []
    sticker_items: list[Sticker] = []
    poll: dict[str, Any] | None = None
    reactions: list[Reaction] = []
    pinned: bool = False
    webhook_id: Snowflake | None = None
    flags: int = 0
    message_reference: Reference | None = None
    message_snapshots: list[Snapshot] = []


def name_of(it: User) -> str:
    """What somebody is called outside of any server; both doors tell no other name."""
    return it.global_name or it.username or ""
