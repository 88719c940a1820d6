"""Who is mentioned and what was uploaded: GitLab gives no list, only the markdown.

https://docs.gitlab.com/user/markdown/
"""

import re

from services.gitlab.models import Project
from shared.normalizer import Attachment, Person

LONGEST = 65_536
"""Characters after which nobody looks for mentions any more."""

_UNSPOKEN = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|<!--.*?(?:-->|\Z)|\bhttps?://\S+", re.S)
_WORD = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?"
_MENTION = re.compile(rf"(?<![\w@./`-])@({_WORD}(?:/{_WORD}){{0,20}})(?![\w@])")
_UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/([^\s()<>\"'\[\]]{1,255})")
_COMMAND = re.compile(r"^(?=/[a-z_]+(?:\s|$))", re.M | re.I)


def read(text: str, project: Project) -> tuple[tuple[Person, ...], tuple[Attachment, ...]]:
    """The mentions (users by name, groups by path) and the uploads, each once, in order.

    Code, comments, e-mail addresses and URLs mention nobody.
    """
    text = text[:LONGEST]
    people: dict[str, Person] = {}
    if "@" in text:
        for found in _MENTION.finditer(_UNSPOKEN.sub(" ", text)):
            name = found[1]
            group = "/" in name
            person = Person(id=name, name=name) if group else Person(name=name)
            people.setdefault(name.lower(), person)
    uploads: dict[str, Attachment] = {}
    for found in _UPLOAD.finditer(text) if "/uploads/" in text else ():
        url = f"{project.web_url}/uploads/{found[1]}/{found[2]}"
        uploads.setdefault(found[1], Attachment(id=found[1], name=found[2], url=url))
    return tuple(people.values()), tuple(uploads.values())


def as_written(text: str, project: Project) -> str:
    """The text with uploads by their own path: a webhook makes some of these addresses whole."""
    if "/uploads/" not in text:
        return text
    origin = project.web_url.partition(project.host)[0] + project.host
    for root in (project.web_url, f"{origin}/-/project/{project.id}"):
        text = text.replace(f"{root}/uploads/", "/uploads/")
    return text


def harmless(text: str) -> str:
    """The text with a backslash before what GitLab would take for a command (`/close`) and carry out."""
    return _COMMAND.sub(r"\\", text)
