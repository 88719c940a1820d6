"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_END = r"$(?!\n)"
_NODE = r"[0-9A-Za-z:;-]{1,100}"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Told = NamedDependency[SkipValidation[Mapping[str, str]]]
Tell = NamedDependency[SkipValidation[Callable[[Mapping[str, str | None]], Awaitable[None]]]]

FileKey = Annotated[
    str, PathParameter(pattern=f"^[0-9A-Za-z]{{1,128}}{_END}", description="of a file or a branch")
]
Number = Annotated[str, PathParameter(pattern=f"^[0-9]{{1,30}}{_END}")]
Followed = Annotated[
    str,
    PathParameter(
        pattern=f"^((team|folder):[0-9]{{1,30}}|file:[0-9A-Za-z]{{1,128}}){_END}",
        description="team:1, folder:2 or file:KEY",
    ),
]
Cursor = Annotated[str, QueryParameter(pattern=f"^[0-9]{{0,40}}{_END}", description="`next`")]
Limit = Annotated[int, QueryParameter(ge=1, le=50)]
Words = Annotated[str, QueryParameter(max_length=500, description="words that it has to contain")]
Open = Annotated[bool, QueryParameter(description="only what is not resolved")]
Saved = Annotated[bool, QueryParameter(description="also what Figma saved by itself")]
Nodes = Annotated[
    str,
    QueryParameter(
        name="ids", pattern=f"^{_NODE}(,{_NODE}){{0,49}}{_END}", description="of layers: 1:2,3:4"
    ),
]
SomeNodes = Annotated[
    str,
    QueryParameter(
        name="ids", pattern=f"^({_NODE}(,{_NODE}){{0,49}})?{_END}", description="of layers, or all"
    ),
]
LinkId = Annotated[str, PathParameter(pattern=f"^[0-9A-Za-z-]{{1,100}}{_END}")]
Format = Annotated[Literal["png", "jpg", "svg", "pdf"], QueryParameter()]
Scale = Annotated[float, QueryParameter(ge=0.01, le=4)]
Emoji = Annotated[str, QueryParameter(pattern=rf"^(:[\w+-]{{1,60}}:){{1,2}}{_END}")]


class Place(Struct, forbid_unknown_fields=True):
    """The address of a team, a folder or a file in the browser, or `team:1`, `folder:2`, `file:KEY`."""

    link: Annotated[str, Meta(min_length=1, max_length=2000)]


class Pin(Struct, forbid_unknown_fields=True):
    """Where a comment goes: at a point of the canvas or, with `node_id`, of that layer."""

    x: float
    y: float
    node_id: Annotated[str, Meta(pattern=f"^{_NODE}{_END}")] | None = None


class NewComment(Struct, forbid_unknown_fields=True):
    """An answer names the first comment of its thread, and has the place of that one."""

    message: Annotated[str, Meta(min_length=1, max_length=10_000)]
    reply_to: Annotated[str, Meta(pattern=f"^[0-9]{{1,30}}{_END}")] | None = None
    pin: Pin | None = None


class NewReaction(Struct, forbid_unknown_fields=True):
    emoji: Annotated[str, Meta(pattern=rf"^(:[\w+-]{{1,60}}:){{1,2}}{_END}")]


class NewLink(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Annotated[str, Meta(pattern=rf"^https?://\S{{1,2000}}{_END}")]
    node_id: Annotated[str, Meta(pattern=f"^{_NODE}{_END}")]


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Messages(Struct):
    """A page; `next` is the cursor of the following one, empty after the last."""

    messages: list[Message]
    next: str = ""


class Kept(Struct):
    """A followed place, a folder or a file: what it is followed by, and its name."""

    place: str
    name: str = ""


class Listing(Struct):
    items: list[Kept]


class Pictures(Struct):
    """Where pictures of layers are, for about a month; one that cannot be drawn is missing."""

    images: dict[str, str]
