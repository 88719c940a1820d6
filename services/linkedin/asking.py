"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_END = r"$(?!\n)"
_PAGE = f"^[1-9][0-9]{{0,17}}{_END}"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Organization = Annotated[str, QueryParameter(pattern=_PAGE, description="a page's number")]
Start = Annotated[int, QueryParameter(ge=0, le=100_000, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Urn = Annotated[
    str,
    PathParameter(
        pattern=rf"^urn:li:(share|ugcPost|activity):[0-9]{{1,20}}{_END}",
        description="urn:li:share:7001",
    ),
]
As = Annotated[
    str | None,
    QueryParameter(
        name="as", pattern=_PAGE, description="a page's number; yourself where it is absent"
    ),
]

PageNumber = Annotated[str, Meta(pattern=_PAGE)]
Text = Annotated[str, Meta(min_length=1, max_length=3000)]


class NewPost(Struct, forbid_unknown_fields=True):
    """A post by the page `organization`, else by the member; `link` is shown as an article."""

    text: Text
    organization: PageNumber | None = None
    visibility: Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"] = "PUBLIC"
    link: Annotated[str, Meta(pattern=rf"^https?://\S{{1,2000}}{_END}")] | None = None
    link_title: Annotated[str, Meta(min_length=1, max_length=400)] | None = None
    reshare_allowed: bool = True


class PostChange(Struct, forbid_unknown_fields=True):
    text: Text


class NewComment(Struct, forbid_unknown_fields=True):
    """`parent` is the URN of the comment that is answered."""

    text: Annotated[str, Meta(min_length=1, max_length=1250)]
    organization: PageNumber | None = None
    parent: (
        Annotated[
            str,
            Meta(
                pattern=rf"^urn:li:comment:\(urn:li:\w{{1,20}}:[0-9]{{1,20}},[0-9]{{1,20}}\){_END}"
            ),
        ]
        | None
    ) = None


class NewReaction(Struct, forbid_unknown_fields=True):
    type: Literal["LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT"] = "LIKE"
    organization: PageNumber | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Posted(Struct):
    """LinkedIn answers a new post with its name alone; a member's posts cannot be read back."""

    id: str
    url: str


class Profile(Struct, omit_defaults=True):
    id: str
    name: str = ""
    email: str = ""
    picture: str = ""


class Page(Struct):
    """A page that the member administers."""

    id: str
    urn: str


class Messages(Struct):
    """A page; `next` is the `start` of the following one, absent after the last."""

    messages: list[Message]
    next: int | None = None
