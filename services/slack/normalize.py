"""What is said on Slack, in our words. Pure: no clock, no network, no database.

Only what an event and the history both tell goes into a Message, so that one state is one Message.
"""

from collections.abc import Mapping

from services.slack import blocks, mrkdwn
from services.slack.events import Told
from services.slack.models import File, Said, at
from shared.normalizer import Attachment, Message, Person


def message(it: Told) -> Message:
    """A message, by the id `C02:1767600000.000200`: a `ts` names it only within its channel."""
    its = it.message
    source = its.text or blocks.markup(its.blocks or (), its.attachments or ())
    read = mrkdwn.render(source, it.names)
    thread = its.thread_ts or its.ts
    facts = {
        "channel_id": it.channel,
        "channel_type": it.channel_type,
        "subtype": its.subtype,
        "is_broadcast": "true" if its.subtype == "thread_broadcast" else None,
        "bot_id": its.bot_id,
        "edited_by": its.edited.user if its.edited else None,
        "reactions": _reactions(its),
        "groups": ",".join(read.groups),
        "announced": ",".join(read.loud),
    }
    return Message(
        id=f"{it.channel}:{its.ts}",
        source="slack",
        type="message",
        timestamp=at(its.ts),
        content=read.text,
        author=author(its, it.names),
        thread_id=f"{it.channel}:{thread}",
        parent_id=f"{it.channel}:{thread}" if thread != its.ts else "",
        mentions=tuple(read.mentions.values()),
        attachments=tuple(_attachment(file) for file in its.files or ()),
        metadata={name: fact for name, fact in facts.items() if fact},
        updated_at=at(its.edited.ts) if its.edited else None,
    )


def author(its: Said, names: Mapping[str, str]) -> Person | None:
    """A person by the name that is known; an app by its own id, and the name that the message carries."""
    if its.bot_id:
        profile = its.bot_profile.name if its.bot_profile else None
        return Person(id=its.bot_id, name=its.username or profile or "")
    return Person(id=its.user, name=names.get(its.user, "")) if its.user else None


def _reactions(its: Said) -> str:
    return ",".join(f"{it.name}:{it.count}" for it in sorted(its.reactions or (), key=_name))


def _name(it: object) -> str:
    return str(getattr(it, "name", ""))


def _attachment(file: File) -> Attachment:
    return Attachment(
        id=file.id,
        name=file.name or file.title or "",
        url=file.url_private or "",
        type=file.mimetype or "",
        size=max(file.size or 0, 0),
    )
