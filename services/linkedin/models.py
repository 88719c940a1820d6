"""LinkedIn's own shapes: only the fields we read. Times are milliseconds since the epoch.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management
"""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Paging(Struct, frozen=True):
    start: int = 0
    count: int = 0
    total: int | None = None


class Elements(Struct, Generic[T]):
    """A page of a Rest.li collection; `total` may be missing."""

    elements: list[T]
    paging: Paging = Paging()


class Member(Struct):
    """Who consented, by OpenID Connect; `sub` is another one for every app."""

    sub: str
    name: str = ""
    email: str = ""
    picture: str = ""
    locale: str | dict[str, str] = ""


class Role(Struct, rename="camel"):
    """A page that the member administers."""

    organization: str


class Media(Struct, rename="camel"):
    id: str
    title: str = ""
    alt_text: str = ""


class Images(Struct):
    images: list[Media] = []


class Article(Struct):
    source: str = ""
    title: str = ""


class Shown(Struct, rename="camel"):
    """What a post shows beside its words; a kind that is not here shows nothing."""

    media: Media | None = None
    multi_image: Images | None = None
    article: Article | None = None


class Reshare(Struct):
    parent: str = ""


class Post(Struct, rename="camel"):
    id: str
    author: str
    created_at: int
    last_modified_at: int
    commentary: str = ""
    published_at: int | None = None
    visibility: str = ""
    lifecycle_state: str = ""
    content: Shown | None = None
    reshare_context: Reshare | None = None


class Stamp(Struct):
    time: int


class Words(Struct):
    text: str = ""


class Comment(Struct, rename="camel"):
    """`object` is the activity of the post, whatever the post itself is called."""

    id: str
    actor: str
    created: Stamp
    object: str = ""
    comment_urn: str = ""
    last_modified: Stamp | None = None
    message: Words | None = None
    parent_comment: str = ""


class Said(Struct):
    """What LinkedIn tells of a share beside the notification; its shape is hardly documented."""

    owner: str = ""
    text: str = ""


class Decorated(Struct):
    share: Said | None = None
    like: Said | None = None
    comment: Said | None = None


class Notification(Struct, rename="camel"):
    """What somebody did to a page's post; `notification_id` is the same by webhook and in the list."""

    notification_id: int
    organizational_entity: str
    action: str
    last_modified_at: int
    source_post: str = ""
    generated_activity: str = ""
    decorated_generated_activity: Decorated | None = None
