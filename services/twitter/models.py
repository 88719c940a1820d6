"""X's own shapes, only the fields that we read: of the names before the renaming to "posts" and of those after it.

https://docs.x.com/x-api/fundamentals/data-dictionary
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

Time = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$(?!\n)")]
"""A snowflake: a number too large for JavaScript, which is why X writes it as text."""


class User(Struct):
    """Somebody; events wrap some in another `data`, and those of the older API say `screen_name`."""

    id: str = ""
    username: str = ""
    screen_name: str = ""
    data: "User | None" = None

    @property
    def called(self) -> dict[str, str]:
        """Their handle, by id; nothing where either is not told."""
        its = self.data or self
        handle = its.username or its.screen_name
        return {its.id: handle} if its.id and handle else {}


class Reference(Struct):
    type: str
    id: Id


class Link(Struct):
    url: str = ""
    expanded_url: str | None = None
    media_key: str | None = None


class Mention(Struct):
    """`id` is missing where the account is gone."""

    username: str = ""
    id: str = ""


class Tag(Struct):
    tag: str = ""


class Entities(Struct):
    urls: list[Link] = []
    mentions: list[Mention] = []
    hashtags: list[Tag] = []


class Note(Struct):
    """The whole text of a long post, with entities of its own."""

    text: str = ""
    entities: Entities | None = None


class Attached(Struct):
    media_keys: list[str] = []


class Variant(Struct):
    url: str = ""
    content_type: str = ""
    bit_rate: int = 0


class Media(Struct):
    media_key: str
    type: str = ""
    url: str = ""
    alt_text: str = ""
    variants: list[Variant] = []


class Post(Struct):
    id: Id
    text: str = ""
    author_id: str = ""
    created_at: Time | None = None
    conversation_id: Id | None = None
    in_reply_to_user_id: str | None = None
    lang: str | None = None
    entities: Entities | None = None
    attachments: Attached | None = None
    edit_history_tweet_ids: list[Id] = []
    edit_history_post_ids: list[Id] = []
    referenced_tweets: list[Reference] | None = None
    referenced_posts: list[Reference] | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None

    @property
    def keys(self) -> list[str]:
        """The keys of what is attached, in its order."""
        return self.attachments.media_keys if self.attachments else []

    @property
    def versions(self) -> list[str]:
        """The ids of all its versions, the oldest first: the first of them is its own for ever."""
        return sorted({*self.edit_history_tweet_ids, *self.edit_history_post_ids, self.id}, key=int)

    @property
    def refers(self) -> dict[str, str]:
        """What it reposts, quotes and replies to, by X's words for it."""
        return {it.type: it.id for it in self.referenced_tweets or self.referenced_posts or ()}

    @property
    def whole(self) -> Note:
        """The text that people see, and what is marked up in it."""
        note = self.note_tweet or self.note_post
        return note if note and note.text else Note(self.text, self.entities)


class Includes(Struct, frozen=True):
    """What a page or an event refers to; rows stay as they came."""

    users: list[User] = []
    tweets: list[Raw] = []
    posts: list[Raw] = []
    media: list[Raw] = []
