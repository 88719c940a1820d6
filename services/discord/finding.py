"""Looking for messages by what they say, and for files by the message that they belong to."""

from msgspec import Raw, Struct

from services.discord import answers
from services.discord import asking as ask
from services.discord.directory import inside, said_
from services.discord.events import Told
from services.discord.models import Said
from services.discord.names import mentioned
from services.discord.normalize import message
from services.discord.oauth import server
from shared.errors import ItemGone
from shared.provider import Api


class Hits(Struct):
    """What a search answers: each hit stands in a list of its own."""

    messages: list[list[Raw]] = []
    total_results: int = 0


async def address(api: Api, channel: str, ident: str, file: str) -> answers.Link:
    """A file's address, freshly signed."""
    await inside(api, channel)
    its = await api.get(f"/channels/{channel}/messages/{ident}", Said)
    copied = [it for one in its.message_snapshots for it in one.message.attachments]
    url = next((it.url for it in (*its.attachments, *copied) if it.id == file), None)
    if not url:
        raise ItemGone("The message has no such file.")
    return answers.Link(url)


async def search(api: Api, names: ask.Named, query: str, offset: int) -> answers.Found:
    guild = await server(api)
    path = f"/guilds/{guild}/messages/search"
    found = await api.get(path, Hits, content=query, limit=25, offset=offset)
    rows = [row for group in found.messages for row in group[:1]]
    called = await names({it for row in rows for it in mentioned(row)})
    messages = [message(Told(guild, it, None, called)) for it in map(said_, rows)]
    following = offset + 25
    more = following < found.total_results and following <= 9975
    return answers.Found(messages, found.total_results, following if more else None)
