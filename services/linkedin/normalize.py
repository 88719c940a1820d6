"""LinkedIn's words in ours. Pure: no clock, no network, no database.

A comment's post is named as the comment names it, by its activity: the API tells no other name there.
"""

from datetime import UTC, datetime

from services.linkedin.models import Comment, Media, Notification, Post, Said, Shown
from services.linkedin.text import plain
from shared.errors import Unreadable
from shared.normalizer import Attachment, Message, Person


def post(it: Post) -> Message:
    text, mentions = plain(it.commentary)
    article = it.content.article if it.content else None
    facts = {
        "organization": it.author if it.author.startswith("urn:li:organization:") else "",
        "visibility": it.visibility,
        "lifecycle": it.lifecycle_state,
        "reshared": it.reshare_context.parent if it.reshare_context else "",
        "link": article.source if article else "",
    }
    return Message(
        id=it.id,
        source="linkedin",
        type="post",
        timestamp=moment(it.published_at or it.created_at),
        updated_at=moment(it.last_modified_at),
        title=article.title if article else "",
        content=text,
        author=Person(it.author),
        url=address(it.id),
        thread_id=it.id,
        mentions=mentions,
        attachments=tuple(Attachment(one.id, one.title or one.alt_text) for one in media(it)),
        metadata={name: value for name, value in facts.items() if value},
    )


def comment(it: Comment) -> Message:
    return Message(
        id=it.comment_urn or f"urn:li:comment:({it.object},{it.id})",
        source="linkedin",
        type="comment",
        timestamp=moment(it.created.time),
        updated_at=moment((it.last_modified or it.created).time),
        content=it.message.text if it.message else "",
        author=Person(it.actor),
        url=address(it.object),
        thread_id=it.object,
        parent_id=it.parent_comment or it.object,
    )


def comment_deleted(it: Notification) -> Message:
    """Which comment is gone; nothing else of it is told."""
    if not it.generated_activity.startswith("urn:li:comment:"):
        raise Unreadable("A deletion does not say of which comment.")
    at = moment(it.last_modified_at)
    return Message(
        id=it.generated_activity, source="linkedin", type="comment", timestamp=at, updated_at=at
    )


def notification(it: Notification) -> Message:
    """A reaction, or a post of somebody else that shares or mentions ours."""
    told = it.decorated_generated_activity
    said = ((told.like if it.action == "LIKE" else told.share) if told else None) or Said()
    return Message(
        id=f"notification:{it.notification_id}",
        source="linkedin",
        type="reaction" if it.action == "LIKE" else "post",
        timestamp=moment(it.last_modified_at),
        content=plain(said.text).text,
        author=Person(said.owner) if said.owner else None,
        url=address(it.source_post if it.action == "LIKE" else it.generated_activity),
        thread_id=it.source_post,
        parent_id=it.source_post,
        metadata={
            "action": it.action.lower(),
            "organization": it.organizational_entity,
            **({"activity": it.generated_activity} if it.generated_activity else {}),
        },
    )


def media(it: Post) -> list[Media]:
    """The images, videos and documents of a post."""
    shown = it.content or Shown()
    alone = [shown.media] if shown.media else []
    return alone + (shown.multi_image.images if shown.multi_image else [])


def address(urn: str) -> str:
    """Where people read a post; nowhere where it is not named."""
    return f"https://www.linkedin.com/feed/update/{urn}" if urn else ""


def moment(milliseconds: int) -> datetime:
    """Raises Unreadable for a number that is no time."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError) as problem:
        raise Unreadable("LinkedIn gave a number that is no time.") from problem
