"""Who is mentioned and what was uploaded: Linear gives no list, only the markdown.

https://linear.app/docs/editor
"""

import re
from collections.abc import Mapping

from services.linear.people import known
from shared.normalizer import Attachment, Person

LONGEST = 65_536
"""Characters after which nobody looks for mentions any more."""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{0,1000}`", re.DOTALL)
_MENTION = re.compile(
    r"https://linear\.app/[\w-]{1,100}/profiles/(?P<profile>[\w.-]{1,100})"
    r"|https?://\S{1,2000}"
    r"|(?<![\w@./-])@(?P<handle>[A-Za-z0-9][\w.-]{0,99})"
)
_UPLOAD = re.compile(
    r"(?:\[(?P<name>[^\[\]\n]{0,500})\]\()?(?P<url>https://uploads\.linear\.app/(?P<id>[\w./%-]{1,500}))"
)


def read(text: str, names: Mapping[str, str]) -> tuple[tuple[Person, ...], tuple[Attachment, ...]]:
    """The mentions and the uploads, each once, in order; code has neither.

    A mention is a member's profile or `@handle`; whom the directory does not know keeps the handle
    as a name. A signed address of an upload is told without its signature, which does not last.
    """
    if "@" not in text and "https://" not in text:
        return (), ()
    text = _CODE.sub(" ", text[:LONGEST])
    people: dict[str, Person] = {}
    for found in _MENTION.finditer(text):
        if handle := (found["profile"] or found["handle"] or "").rstrip(".-"):
            people.setdefault(handle, known(names, f"@{handle}") or Person(name=handle))
    uploads: dict[str, Attachment] = {}
    for found in _UPLOAD.finditer(text):
        key, url = found["id"].rstrip("."), found["url"].rstrip(".")
        uploads.setdefault(key, Attachment(id=key, name=found["name"] or "", url=url))
    return tuple(people.values()), tuple(uploads.values())
