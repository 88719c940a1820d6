"""What is said on Discord, in our words. Pure: no clock, no network, no database.

Only what a command and a list both tell goes into a Message, so that one state is one Message.
"""

from collections.abc import Iterator

from services.discord import content, markdown
from services.discord.events import Told
from services.discord.ids import at, utc
from services.discord.models import (
    FORWARDED,
    HAS_THREAD,
    REPLY,
    VOICE_MESSAGE,
    Copied,
    File,
    Reaction,
    Said,
    name_of,
)
from services.discord.places import THREADS
from shared.normalizer import Attachment, Message, Person


def message(it: Told) -> Message:
    """A message, by its own id, which is unique on all of Discord."""
    its = it.message
    reference = its.message_reference
    copied = [one.message for one in its.message_snapshots]
    parts: list[Said | Copied] = [its, *copied]
    forwarded = reference if reference and reference.type == FORWARDED else None
    answers = (reference.message_id if reference and its.type == REPLY else None) or ""
    people = {one.id: name_of(one) for part in parts for one in part.mentions}
    stickers = [one.name for part in parts for one in part.sticker_items if one.name]
    facts = {
        "guild_id": it.guild,
        "channel_id": its.channel_id,
        "channel_type": None if it.channel_type is None else str(it.channel_type),
        "message_type": str(its.type or ""),
        "reply_to": answers,
        "forwarded_from": forwarded
        and f"{forwarded.channel_id or ''}:{forwarded.message_id or ''}",
        "webhook_id": its.webhook_id,
        "is_voice": "true" if its.flags & VOICE_MESSAGE else None,
        "pinned": "true" if its.pinned else None,
        "embeds_count": str(len(its.embeds)) if its.embeds and _by_app(its) else None,
        "stickers": ",".join(stickers),
        "reactions": ",".join(f"{_emoji(one)}:{one.count}" for one in _sorted(its.reactions)),
        "roles": ",".join(its.mention_roles),
        "announced": "everyone" if its.mention_everyone else None,
    }
    lines = [line for part in parts for line in _lines(part, whole=_by_app(its))]
    if its.poll:
        lines += content.poll(its.poll)
    return Message(
        id=its.id,
        source="discord",
        type="message",
        timestamp=utc(its.timestamp) if its.timestamp else at(its.id),
        content=markdown.render("\n".join(filter(str.strip, lines)), people, it.names),
        author=Person(id=its.author.id, name=name_of(its.author)) if its.author else None,
        url=f"https://discord.com/channels/{it.guild or '@me'}/{its.channel_id}/{its.id}",
        thread_id=_thread(it) or answers,
        parent_id=answers,
        mentions=tuple(Person(id=one.id, name=name_of(one)) for one in its.mentions),
        attachments=tuple(_file(one) for part in parts for one in part.attachments),
        metadata={name: fact for name, fact in facts.items() if fact},
        updated_at=utc(its.edited_timestamp) if its.edited_timestamp else None,
    )


def _thread(it: Told) -> str:
    """A thread is a channel of its own, with the id of the message that it began with, if it did."""
    if it.channel_type in THREADS:
        return it.message.channel_id
    return it.message.id if it.message.flags & HAS_THREAD else ""


def _lines(its: Said | Copied, *, whole: bool) -> Iterator[str]:
    """Text, and what an app framed; previews of links that people post come later, and are not theirs."""
    yield its.content or ""
    yield from content.components(its.components)
    if whole or not its.content:
        yield from content.embeds(its.embeds)


def _by_app(its: Said) -> bool:
    return bool(its.webhook_id or (its.author and its.author.bot))


def _file(it: File) -> Attachment:
    """Without its address, which is signed anew by every call; `/api/v1/.../attachments` gives one."""
    return Attachment(
        id=it.id,
        name=it.filename or "",
        type=it.content_type or "",
        size=max(it.size or 0, 0),
    )


def _sorted(reactions: list[Reaction]) -> list[Reaction]:
    return sorted(reactions, key=_emoji)


def _emoji(it: Reaction) -> str:
    return it.emoji.name or it.emoji.id or ""
