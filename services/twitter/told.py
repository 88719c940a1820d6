"""The shape of what a Record carries, whichever door it came through.

`names` came along; `known` is what the account knew before, and where a post has been edited, its first id.
"""

from msgspec import Struct

from services.twitter.models import Id, Media, Post
from services.twitter.models_direct import Direct


class Named(Struct, kw_only=True):
    names: dict[str, str] = {}
    known: dict[str, str] = {}

    def handle(self, ident: str) -> str:
        """What somebody is called; empty where nobody told."""
        return self.names.get(ident) or self.known.get(ident, "")


class PostTold(Named):
    """A post, as it is told to the account `me`; `original` is what a repost repeats."""

    me: str
    post: Post
    original: Post | None = None
    media: dict[str, Media] = {}


class MarkTold(Named):
    """A like or a bookmark of the account's; the post may be missing where X does not show it."""

    me: str
    word: str
    post_id: Id
    post: Post | None = None
    media: dict[str, Media] = {}


class DirectTold(Named):
    event: Direct


class Gone(Named):
    """A post was deleted, by the id of any of its versions; `at` is in epoch seconds."""

    id: Id
    at: float


class Chat(Named):
    """An encrypted message: who wrote when, and nothing that anybody here could read."""

    id: str
    sender_id: str = ""
    conversation_id: str = ""
    created_at_msec: str = ""
