"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_END = r"$(?!\n)"
_NUMBER = r"[1-9][0-9]{0,18}"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Id = Annotated[str, PathParameter(pattern=f"^{_NUMBER}{_END}")]
Conversation = Annotated[
    str, PathParameter(pattern=f"^{_NUMBER}(-{_NUMBER})?{_END}", description="17-94, or a group's")
]
Handle = Annotated[str, PathParameter(pattern=rf"^[A-Za-z0-9_]{{1,15}}{_END}")]
Limit = Annotated[int, QueryParameter(ge=5, le=100, description="each row is billed")]
Cursor = Annotated[str, QueryParameter(max_length=500, description="`next` of the page before")]
Since = Annotated[datetime | None, QueryParameter(description="only what was made after it")]
Term = Annotated[
    str, QueryParameter(name="q", min_length=1, max_length=512, description="X's operators work")
]

Number = Annotated[str, Meta(pattern=f"^{_NUMBER}{_END}")]
Words = Annotated[str, Meta(min_length=1, max_length=25_000)]
Choice = Annotated[str, Meta(min_length=1, max_length=25)]


class Poll(Struct, forbid_unknown_fields=True):
    """`duration_minutes` is from five minutes to a week."""

    options: Annotated[list[Choice], Meta(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, Meta(ge=5, le=10_080)] = 1_440


class NewPost(Struct, forbid_unknown_fields=True):
    """X counts the length; `accept_link_price` lets a text with a link pass, which costs 13 times as much.

    `edits` is the id of an own post that this one takes the place of, within X's time for that.
    """

    text: Words
    reply_to: Number | None = None
    quote: Number | None = None
    edits: Number | None = None
    poll: Poll | None = None
    media_ids: Annotated[list[Number], Meta(max_length=4)] = []
    reply_settings: Literal["following", "mentionedUsers", "subscribers", "verified"] | None = None
    accept_link_price: bool = False


class NewMessage(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    media_id: Number | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Messages(Struct):
    """A page; `next` is the cursor of the following one, empty after the last."""

    messages: list[Message]
    next: str = ""


class Human(Struct, omit_defaults=True):
    """Somebody on X: `name` is what they call themselves, `handle` by what others mention them."""

    id: str
    handle: str
    name: str = ""
    picture: str = ""
    verified: bool = False


class Written(Struct, omit_defaults=True):
    """What was made: a post with its address, or a message in its conversation."""

    id: str
    url: str = ""
    conversation_id: str = ""


class Metrics(Struct):
    """How often a post was liked and so on, at this moment."""

    likes: int = 0
    replies: int = 0
    reposts: int = 0
    quotes: int = 0
    bookmarks: int = 0
    views: int = 0
