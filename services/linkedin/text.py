r"""The little text format of posts: `\` before a reserved sign, `@[Name](urn)`, `{hashtag|\#|word}`.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

import re
from typing import NamedTuple

from shared.normalizer import Person

_RESERVED = re.compile(r"[|{}@\[\]()<>#\\*_~]")
_TOKEN = re.compile(
    r"\\(?P<sign>[|{}@\[\]()<>#\\*_~])"
    r"|@\[(?P<name>(?:[^\]\\]|\\.)*)\]\((?P<urn>urn:li:[\w:]+)\)"
    r"|\{hashtag\|(?:\\)?#\|(?P<tag>(?:[^}\\|]|\\.)*)\}",
    re.DOTALL,
)


class Plain(NamedTuple):
    """What a reader sees, and whom it mentions."""

    text: str
    mentions: tuple[Person, ...]


def plain(commentary: str) -> Plain:
    """The words of a post; what has no meaning in the format stays as it is."""
    mentions: dict[str, Person] = {}

    def shown(it: re.Match[str]) -> str:
        if it["sign"]:
            return it["sign"]
        if it["urn"]:
            name = _bare(it["name"])
            mentions[it["urn"]] = Person(it["urn"], name)
            return f"@{name}"
        return f"#{_bare(it['tag'])}"

    return Plain(_TOKEN.sub(shown, commentary), tuple(mentions.values()))


def escaped(text: str) -> str:
    """Text as somebody wrote it, which LinkedIn shows as it is; unescaped, it would be cut."""
    return _RESERVED.sub(r"\\\g<0>", text)


def _bare(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
