"""Writes, each sent once: a post costs money, and one with a link thirteen times as much.

https://docs.x.com/x-api/posts/create-or-edit-post
"""

from typing import Any

from msgspec import Struct

from services.twitter import asking as ask
from services.twitter.normalize import SITE
from services.twitter.prices import LINKED
from shared.errors import BadRequest
from shared.provider import Api

DEAR = (
    "A post with a link costs 0.20 dollars instead of 0.015; "
    "say `accept_link_price` where that is meant."
)


class Made(Struct):
    id: str = ""
    dm_event_id: str = ""
    dm_conversation_id: str = ""


class Done(Struct):
    data: Made


async def post(api: Api, wish: ask.NewPost) -> ask.Written:
    """Post once. Raises BadRequest for a link whose price nobody accepted."""
    if LINKED.search(wish.text) and not wish.accept_link_price:
        raise BadRequest(DEAR)
    said: dict[str, Any] = {
        "text": wish.text,
        "quote_tweet_id": wish.quote,
        "reply_settings": wish.reply_settings,
        "reply": wish.reply_to and {"in_reply_to_tweet_id": wish.reply_to},
        "edit_options": wish.edits and {"previous_post_id": wish.edits},
        "media": wish.media_ids and {"media_ids": wish.media_ids},
        "poll": wish.poll,
    }
    body = {name: it for name, it in said.items() if it}
    ident = (await api.send("POST", "/2/tweets", Done, body)).data.id
    return ask.Written(ident, url=SITE + ident)


async def send(api: Api, path: str, wish: ask.NewMessage) -> ask.Written:
    """Send a direct message once."""
    media = {"attachments": [{"media_id": wish.media_id}]} if wish.media_id else {}
    made = (await api.send("POST", path, Done, {"text": wish.text, **media})).data
    return ask.Written(made.dm_event_id, conversation_id=made.dm_conversation_id)
