"""What people write to each other on X, in our words. Pure, like what is said in public."""

from datetime import UTC, datetime

from services.twitter.build import person, second, told
from services.twitter.models import Note
from services.twitter.text import moment, plain
from services.twitter.told import Chat, DirectTold
from shared.normalizer import Attachment, Message, Recipient


def direct(it: DirectTold) -> Message:
    """A direct message; who came or went is a message without words."""
    its = it.event
    pair = its.dm_conversation_id.split("-") if "-" in its.dm_conversation_id else []
    others = [one for one in pair or its.participant_ids if one != its.sender_id]
    spoken = its.event_type == "MessageCreate"
    shared = its.referenced_tweets or its.referenced_posts or []
    facts = {
        "event_type": None if spoken else its.event_type,
        "conversation_id": its.dm_conversation_id,
        "participant_ids": "" if pair else ",".join(sorted(its.participant_ids, key=str)),
        "referenced_post_ids": ",".join(one.id for one in shared),
    }
    to = tuple(Recipient(id=one, name=it.handle(one), role="to") for one in others)
    return Message(
        id=f"dm:{its.id}",
        source="twitter",
        type="message",
        timestamp=second(its.created_at or moment(its.id)),
        content=plain(Note(its.text, its.entities)),
        author=person(its.sender_id, it.handle(its.sender_id)),
        thread_id=f"dmconv:{its.dm_conversation_id}" if its.dm_conversation_id else "",
        recipients=to if spoken else (),
        # Its address opens with the token alone, and is another one in an event.
        attachments=tuple(Attachment(id=key) for key in its.keys),
        metadata=told(facts),
    )


def chat(it: Chat) -> Message:
    """That somebody wrote: what they wrote is encrypted for the two of them."""
    return Message(
        id=f"chat:{it.id}",
        source="twitter",
        type="message",
        timestamp=datetime.fromtimestamp(int(it.created_at_msec) // 1000, UTC),
        author=person(it.sender_id, it.handle(it.sender_id)),
        thread_id=f"chatconv:{it.conversation_id}" if it.conversation_id else "",
        metadata=told({"encrypted": "true", "conversation_id": it.conversation_id}),
    )
