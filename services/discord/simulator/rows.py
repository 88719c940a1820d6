"""Who is there, and rows as Discord writes them."""

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]

GUILD, OTHER = "1390000000000000003", "1390000000000000004"
BOT, ANA, BO = "1380000000000000009", "1380000000000000001", "1380000000000000002"
OPS = "1390000000000000030"
PEOPLE = {ANA: "Ana", BO: "Bo", BOT: "Hub"}

VIEW, HISTORY, CONNECT = 1 << 10, 1 << 16, 1 << 20


def user(ident: str) -> Row:
    name = PEOPLE.get(ident, "somebody")
    row = {"id": ident, "username": name.lower(), "global_name": name, "discriminator": "0"}
    return row | ({"bot": True} if ident == BOT else {})


def overwrite(ident: str, *, allow: int = 0, deny: int = 0) -> Row:
    return {"id": ident, "type": 0, "allow": str(allow), "deny": str(deny)}


def channel(ident: str, kind: int, name: str, *exceptions: Row) -> Row:
    return {
        "id": ident,
        "type": kind,
        "guild_id": GUILD,
        "name": name,
        "last_message_id": None,
        "permission_overwrites": list(exceptions),
    }


def thread(ident: str, parent: str, name: str) -> Row:
    """A thread; who may see its channel may see it."""
    row = {**channel(ident, 11, name), "parent_id": parent}
    meta = {"archived": False, "archive_timestamp": "2026-01-05T07:00:00.000000+00:00"}
    return {**row, "thread_metadata": meta}


def message(ident: str, channel: str, text: str, by: str, at: str, **facts: Any) -> Row:
    row = {
        "id": ident,
        "channel_id": channel,
        "type": 0,
        "content": text,
        "author": user(by),
        "timestamp": at,
        "edited_timestamp": None,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "tts": False,
        "flags": 0,
    }
    return row | facts


def hidden(row: Mapping[str, Any]) -> Row:
    """What an app without the message content intent is shown of a message by somebody else."""
    empty = {"content": "", "attachments": [], "embeds": [], "components": []}
    return dict(row) if row["author"]["id"] == BOT else {**row, **empty}
