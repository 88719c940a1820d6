"""Servers, channels and who is in them, in Discord's own shapes: only the fields we read.

https://discord.com/developers/docs/resources/channel
"""

from datetime import datetime

from msgspec import Struct

from services.discord.ids import Snowflake
from services.discord.models import User

THREADS = frozenset({10, 11, 12})
FORUMS = frozenset({15, 16})
SPOKEN = frozenset({2, 13})
"""Voice and stage channels, which have a chat beside them."""
TEXT = frozenset({0, 5})


class Overwrite(Struct):
    """What a role (0) or a member (1) may do in one channel; permissions are numbers as text."""

    id: Snowflake
    type: int = 0
    allow: str = "0"
    deny: str = "0"


class Archive(Struct):
    archived: bool = False
    archive_timestamp: datetime | None = None


class Channel(Struct):
    """A channel or a thread."""

    id: Snowflake
    type: int = 0
    guild_id: Snowflake | None = None
    name: str | None = None
    topic: str | None = None
    parent_id: Snowflake | None = None
    last_message_id: Snowflake | None = None
    permission_overwrites: list[Overwrite] = []
    thread_metadata: Archive | None = None


class Role(Struct):
    id: Snowflake
    name: str | None = None
    permissions: str = "0"


class Guild(Struct):
    """What people call a server."""

    id: Snowflake
    name: str | None = None
    owner_id: Snowflake | None = None
    roles: list[Role] = []


class Member(Struct):
    user: User | None = None
    nick: str | None = None
    roles: list[Snowflake] = []
