"""X's words in ours. Pure: no clock, no network, no database.

Only what an event and the API both tell goes into a Message, so that one state is one Message: counts of
likes and views do not, which change without a version.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from services.twitter.build import attachments, person, second, told
from services.twitter.models import Entities, Post
from services.twitter.text import moment, plain
from services.twitter.told import Gone, MarkTold, PostTold
from shared.normalizer import Message, Person

SITE = "https://x.com/i/status/"


def post(it: PostTold) -> Message:
    """A post, reply, quote or repost; the text of a repost is that of what it repeats."""
    its, refers = it.post, it.post.refers
    shown = it.original or its
    first, *later = its.versions
    entities = shown.whole.entities or Entities()
    others = tuple(Person(one.id, one.username) for one in entities.mentions if one.username)
    word = _word(refers)
    above = refers.get("replied_to") or refers.get("quoted") or refers.get("retweeted")
    mine = its.author_id == it.me
    facts = {
        "kind": word,
        "conversation_id": its.conversation_id,
        "reply_to_id": refers.get("replied_to"),
        "reply_to_user_id": its.in_reply_to_user_id,
        "quoted_id": refers.get("quoted"),
        "reposted_id": refers.get("retweeted"),
        "reposted_author_id": it.original.author_id if it.original else None,
        "current_id": its.id if later else None,
        "edit_ids": ",".join(its.versions) if later else None,
        "lang": shown.lang,
        "hashtags": ",".join(tag.tag for tag in entities.hashtags if tag.tag),
        "mentions_me": "true" if not mine and any(one.id == it.me for one in others) else None,
    }
    return Message(
        id=f"post:{first}",
        source="twitter",
        type="post",
        timestamp=_begun(its),
        updated_at=second(its.created_at or moment(its.id)) if later else None,
        content=plain(shown.whole),
        author=person(its.author_id, it.handle(its.author_id)),
        url=SITE + its.id,
        thread_id=f"thread:{its.conversation_id}" if its.conversation_id else "",
        parent_id=f"post:{above}" if above else "",
        mentions=others,
        attachments=tuple(attachments(shown.keys, it.media)),
        metadata=told(facts),
    )


def deletion(it: Gone) -> Message:
    """Only that it is gone, and when we heard of it: X does not say when it was deleted."""
    first = it.known.get(f"post:{it.id}", it.id)
    at = datetime.fromtimestamp(int(it.at), UTC)
    return Message(id=f"post:{first}", source="twitter", type="post", timestamp=at)


def mark(it: MarkTold) -> Message:
    """A like or a bookmark. Its time is that of the post: lists do not tell when somebody made it."""
    its, me = it.post, it.me
    first = its.versions[0] if its else it.post_id
    author = its.author_id if its else ""
    facts = {
        "reaction": it.word,
        "post_author_id": author,
        "post_author": it.handle(author) if author else None,
    }
    return Message(
        id=f"{it.word}:{me}:{first}",
        source="twitter",
        type="reaction",
        timestamp=_begun(its) if its else moment(it.post_id),
        content=plain(its.whole) if its else "",
        author=person(me, it.handle(me)),
        url=SITE + (its.id if its else it.post_id),
        thread_id=f"thread:{its.conversation_id}" if its and its.conversation_id else "",
        parent_id=f"post:{first}",
        attachments=tuple(attachments(its.keys, it.media)) if its else (),
        metadata=told(facts),
    )


def _word(refers: Mapping[str, str]) -> str:
    """What it is; a reply may quote as well."""
    for name, word in (("retweeted", "repost"), ("replied_to", "reply"), ("quoted", "quote")):
        if name in refers:
            return word
    return "post"


def _begun(its: Post) -> datetime:
    """When the first version was made, which its id tells where another one is shown."""
    first, *later = its.versions
    return moment(first) if later or its.created_at is None else second(its.created_at)
