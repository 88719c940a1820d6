"""What X writes as codes: shortened links, escaped signs, and times within ids."""

import re
from datetime import UTC, datetime

from services.twitter.models import Entities, Note

_CODED = re.compile(r"https?://t\.co/[A-Za-z0-9]+|&(?:amp|lt|gt);")
_SIGNS = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_OWN_MEDIA = re.compile(r"/(?:status/\d+/(?:photo|video)/\d+|messages/media/\d+)\Z")
_EPOCH = 1_288_834_974_657
"""Milliseconds since 1970 from which snowflakes count."""


def plain(note: Note) -> str:
    """The text with links as they lead and signs as they are; one pass, so that nothing is read twice.

    Links are found by their text: X does not say whether its offsets count escaped signs, or emoji as one.
    A link that only stands for an attachment is left out.
    """
    links = _links(note.entities or Entities())
    if not _CODED.search(note.text):
        return note.text
    text = _CODED.sub(lambda it: _SIGNS.get(it[0], links.get(it[0], it[0])), note.text)
    return text.rstrip() if "" in links.values() else text


def moment(snowflake: str) -> datetime:
    """When what has this id was made, to the second; ids before November 2010 tell no time."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + _EPOCH) // 1000, UTC)


def revision(snowflake: str) -> str:
    """A version's id in a width that sorts as the number does."""
    return snowflake.zfill(20)


def latest(*snowflakes: str) -> str:
    """The largest of ids, as numbers: "9" comes before "10"; empty ones count for nothing."""
    return max(snowflakes, key=lambda it: int(it or 0), default="")


def _links(entities: Entities) -> dict[str, str]:
    return {
        it.url: ""
        if it.media_key or _OWN_MEDIA.search(it.expanded_url or "")
        else it.expanded_url or ""
        for it in entities.urls
        if it.expanded_url or it.media_key
    }
