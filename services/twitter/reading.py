"""What is asked of X: pages of posts, and only the fields that somebody reads, because X bills what it shows.

https://docs.x.com/x-api/fundamentals/fields
"""

from collections.abc import Mapping
from contextlib import suppress

from msgspec import Raw, Struct

from services.twitter.events import Beside, beside
from services.twitter.models import Includes, Post, User
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.shapes import decoded

MOST = 100
"""Rows of a page, and ids of a lookup, at most."""

FIELDS = {
    "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_controls,entities,"
    "in_reply_to_user_id,lang,note_tweet,referenced_tweets",
    "user.fields": "username",
    "media.fields": "alt_text,type,url,variants",
}
"""By the names from before the renaming: those of later answers are understood as well."""
OWN = {**FIELDS, "expansions": "attachments.media_keys"}
"""What is asked of own posts, whose author is known: an author who comes along is billed."""
OTHERS = {**FIELDS, "expansions": "attachments.media_keys,author_id"}
DIRECT = {
    "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,"
    "participant_ids,referenced_tweets,sender_id,text",
    "event_types": "MessageCreate,ParticipantsJoin,ParticipantsLeave",
    "expansions": "sender_id",
    "user.fields": "username",
}


class Turn(Struct, frozen=True):
    newest_id: str = ""
    next_token: str = ""


class Listed(Struct):
    """A page; a list that is empty has no `data`, and what could not be shown is among `errors`."""

    data: list[Raw] = []
    includes: Includes = Includes()
    meta: Turn = Turn()


class One(Struct):
    data: Raw
    includes: Includes = Includes()


class Me(Struct):
    id: str
    username: str = ""
    name: str = ""
    confirmed_email: str = ""


class Opened(Struct):
    data: Me


class Found(Struct):
    data: User


async def me(api: Api, **fields: str) -> Me:
    """Whose token it is; raises Refused where X does not say."""
    its = (await api.get("/2/users/me", Opened, **fields)).data
    if not its.id:
        raise Refused("X did not say whose token this is.")
    return its


async def completed(api: Api, page: Listed, names: Mapping[str, str] | None = None) -> Beside:
    """What came along with a page, and what its reposts repeat: a lookup bills these alone, an expansion all.

    What was deleted or is protected is not among them.
    """
    wanted = {decoded(row, Post).refers.get("retweeted", "") for row in page.data} - {""}
    found = Listed()
    if wanted:
        with suppress(ItemGone):
            found = await api.get("/2/tweets", Listed, ids=",".join(sorted(wanted)), **OWN)
    return beside(page.includes, found.includes, Includes(posts=found.data), names=names)
