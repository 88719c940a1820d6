"""What callers may ask of our own endpoints."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from services.discord.ids import ID, Snowflake
from shared.provider import Api

_EMOJI = r"^([^\s/?#%\\:]{1,32}|\w{1,32}:[0-9]{1,20})$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Named = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What ids are called, as far as the account knows."""
Names = NamedDependency[SkipValidation[Named]]
ChannelPath = Annotated[str, PathParameter(pattern=ID)]
MessagePath = Annotated[str, PathParameter(pattern=ID)]
UserPath = Annotated[str, PathParameter(pattern=ID)]
FilePath = Annotated[str, PathParameter(pattern=ID)]
Emoji = Annotated[
    str, PathParameter(pattern=_EMOJI, description="the sign itself, or `name:id` of the server's")
]
ChannelQuery = Annotated[str, QueryParameter(name="channel", pattern=ID)]
Before = Annotated[
    str, QueryParameter(pattern=r"^[0-9]{0,20}$(?!\n)", description="`next` of the page before")
]
After = Annotated[
    str, QueryParameter(pattern=r"^[0-9]{0,20}$(?!\n)", description="only what came later")
]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Query = Annotated[str, QueryParameter(name="query", min_length=1, max_length=100)]
Offset = Annotated[int, QueryParameter(ge=0, le=9975)]


class NewMessage(Struct, forbid_unknown_fields=True):
    """`reply_to` answers a message of the same channel. Nobody is called by it but by `mention_users`.

    `nonce` makes it once: sent again within minutes with the same one, it is not said again.
    """

    channel: Snowflake
    text: Words
    reply_to: Snowflake | None = None
    mention_users: Annotated[list[Snowflake], Meta(max_length=100)] = []
    nonce: Annotated[str, Meta(min_length=1, max_length=25)] | None = None


class DirectMessage(Struct, forbid_unknown_fields=True):
    """To one person of the server."""

    user: Snowflake
    text: Words


class Edit(Struct, forbid_unknown_fields=True):
    text: Words


class NewThread(Struct, forbid_unknown_fields=True):
    """A thread that begins with a message of the channel."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class SyncMessages(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"
