"""Who is mentioned and what was uploaded: GitHub gives no list, only the markdown.

https://docs.github.com/en/get-started/writing-on-github
"""

import re
from collections.abc import Iterator
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.normalizer import Attachment, Person

_parser = MarkdownIt("commonmark")
LONGEST, MOST_MARKS = 65_536, 4_000
"""Characters, and signs that cost a parser time, after which nobody looks for mentions any more.

GitHub's own texts are no longer; a text of brackets alone would hold up everybody's for a second.
"""

_MARK = re.compile(r"[\[*_`<&\n]|[-+>] ")
_CODE = {"code_inline", "code_block", "fence"}
_HTML = {"html_block", "html_inline"}
_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(code|pre)\b.*?(?:</\1>|\Z)|<[^<>]*>", re.S | re.I)
_URL = re.compile(r"\bhttps?://\S+")
_MENTION = re.compile(
    r"(?<![\w@./`-])@"
    r"(?P<login>(?=[A-Za-z0-9-]{1,39}(?![A-Za-z0-9-]))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
    r"(?:_[A-Za-z0-9]+)?)"
    r"(?P<team>/[A-Za-z0-9][\w-]*)?(?![\w@-])"
)
_UPLOAD = re.compile(
    r"https://(?:"
    r"[\w.-]+/user-attachments/(?P<new>(?:assets|files)/[\w./%-]+)"
    r"|[\w.-]+/[\w.-]+/[\w.-]+/(?P<old>(?:assets|files)/\d+/[\w.%-]+)"
    r"|(?:private-)?user-images\.githubusercontent\.com/(?P<image>\d+/[\w.%-]+)"
    r")"
)


def read(body: str) -> tuple[tuple[Person, ...], tuple[Attachment, ...]]:
    """The mentions (users by name, teams by `org/team`) and the uploads, each once, in order.

    Code, e-mail addresses and URLs mention nobody; code uploads nothing.
    """
    if "@" not in body and "https://" not in body:
        return (), ()
    body = body[:LONGEST]
    enough = next(islice(_MARK.finditer(body), MOST_MARKS, None), None)
    body = body[: enough.start()] if enough else body
    people: dict[str, Person] = {}
    uploads: dict[str, Attachment] = {}
    for text, spoken in _texts(_parser.parse(body)):
        for found in _UPLOAD.finditer(text):
            upload = _upload(found)
            uploads.setdefault(upload.id, upload)
        for found in _MENTION.finditer(_URL.sub(" ", spoken)):
            login, team = found["login"], found["team"] or ""
            person = Person(id=login + team, name=login + team) if team else Person(name=login)
            people.setdefault((login + team).lower(), person)
    return tuple(people.values()), tuple(uploads.values())


def _texts(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Every text outside code, and that part of it in which a mention counts: not in a link."""
    linked = 0
    for token in tokens:
        linked += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type == "inline":
            yield from _texts(token.children or [])
        elif token.type not in _CODE:
            spoken = _MARKUP.sub(" ", token.content) if token.type in _HTML else token.content
            yield token.content, "" if linked else spoken
        for attribute in ("href", "src"):
            yield str(token.attrs.get(attribute, "")), ""


def _upload(found: re.Match[str]) -> Attachment:
    key = (found["new"] or found["old"] or found["image"]).rstrip(".")
    name = key.rpartition("/")[2]
    return Attachment(id=key, name=name if "." in name else "", url=found[0].rstrip("."))
