"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_CHANNEL = r"^[CDG][A-Z0-9]{1,30}$(?!\n)"
TS = r"^[0-9]{10}\.[0-9]{6}$(?!\n)"
_EMOJI = r"^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Named = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What ids are called, as far as the account knows."""
Names = NamedDependency[SkipValidation[Named]]
ChannelPath = Annotated[str, PathParameter(pattern=_CHANNEL)]
TsPath = Annotated[str, PathParameter(pattern=TS, description="the message's time, as in its id")]
Emoji = Annotated[str, PathParameter(pattern=_EMOJI)]
ChannelQuery = Annotated[str, QueryParameter(name="channel", pattern=_CHANNEL)]
Cursor = Annotated[str, QueryParameter(max_length=500, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=999)]
Moment = Annotated[datetime | None, QueryParameter(description="with a time zone")]
Kinds = Annotated[
    str,
    QueryParameter(
        pattern=r"^(public_channel|private_channel|mpim|im)(,(public_channel|private_channel|mpim|im)){0,3}$(?!\n)"
    ),
]
Email = Annotated[str | None, QueryParameter(pattern=r"^[^\s@]{1,200}@[^\s@]{1,200}$(?!\n)")]

Channel = Annotated[str, Meta(pattern=_CHANNEL)]
Ts = Annotated[str, Meta(pattern=TS)]
Words = Annotated[str, Meta(min_length=1, max_length=40_000)]
UserId = Annotated[str, Meta(pattern=r"^[UW][A-Z0-9]{1,30}$(?!\n)")]


class NewMessage(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`thread_ts` answers in a thread; `reply_broadcast` shows the answer in the channel as well."""

    channel: Channel
    text: Words
    thread_ts: Ts | None = None
    reply_broadcast: bool = False
    unfurl_links: bool | None = None


class DirectMessage(Struct, forbid_unknown_fields=True):
    """To one person, or to up to eight as a group."""

    users: Annotated[list[UserId], Meta(min_length=1, max_length=8)]
    text: Words


class Edit(Struct, forbid_unknown_fields=True):
    text: Words


class NewReaction(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=_EMOJI)]


class SyncMessages(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Place(Struct, omit_defaults=True):
    """A conversation; `type` is channel, group (a private channel), im or mpim."""

    id: str
    type: str
    name: str = ""
    user: str = ""
    topic: str = ""
    purpose: str = ""
    archived: bool = False


class Human(Struct, omit_defaults=True):
    """Who an id is; the address is there where `users:read.email` was granted."""

    id: str
    name: str = ""
    real_name: str = ""
    email: str = ""
    is_bot: bool = False
    deleted: bool = False


class Places(Struct):
    channels: list[Place]
    next: str = ""


class People(Struct):
    users: list[Human]
    next: str = ""


class Messages(Struct):
    """A page of Messages; pass `next` as `cursor` for the following one, until it is empty."""

    messages: list[Message]
    next: str = ""
