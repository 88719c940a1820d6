"""What a note's metadata holds: what stands in it, where it is, and what its properties say."""

import hashlib
import posixpath
import re
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from services.obsidian import frontmatter, markdown, paths
from services.obsidian.markdown import Link, Said
from services.obsidian.models import Told
from shared.errors import Unreadable

MOST, LONGEST = 200, 200
"""Of links, headings or anything else that metadata lists; characters of one of them."""
LONGEST_PROPERTIES = 32_768
"""Characters of JSON beyond which a note's properties are left out."""

_DATE = re.compile(r"[0-9]{4}-")


def facts(
    it: Told, path: str, front: frontmatter.Properties, said: Said, links: list[Link]
) -> dict[str, str]:
    """Everything as text; what is nothing is absent."""
    values, tasks = front.values, dict(said.tasks)
    notes = [one for one in said.embeds if one.name not in it.files or not is_file(it, one)]
    named = [one for one in dict.fromkeys(links + notes) if one.name]
    tags = [tag for word in frontmatter.words(values, "tags", "tag") if (tag := markdown.tag(word))]
    properties = json.encode(values).decode() if values else ""
    own = {tag.lower(): tag for tag in reversed(tags + said.tags)}
    return _text(
        {
            "vault": it.vault,
            "path": path,
            "old_path": it.old_path,
            "tags": ",".join(sorted(own.values(), key=str.lower)[:MOST]),
            "aliases": frontmatter.words(values, "aliases", "alias", apart=False),
            "links": list(dict.fromkeys(_place(it, one) for one in named if one.name in it.files)),
            "unresolved_links": [str(one) for one in named if one.name not in it.files],
            "headings": said.headings,
            "block_ids": said.blocks,
            "tasks_open": tasks.pop(" ", 0),
            "tasks_done": tasks.pop("x", 0) + tasks.pop("X", 0),
            "tasks_other": sum(tasks.values()),
            "created": _created(it, values),
            "sha256": "" if it.cut else digest(it.note.content),
            "size": int(it.note.stat.size),
            "frontmatter": properties if len(properties) <= LONGEST_PROPERTIES else "",
            "frontmatter_error": front.error,
            "conflict": paths.conflict(path) or None,
            "content_bytes": int(it.note.stat.size) if _cut(it, front.body) else None,
        }
    )


def _text(facts: dict[str, Any]) -> dict[str, str]:
    """Text as it is, lists and truths as JSON; what is nothing is absent."""
    kept = {name: it for name, it in facts.items() if it not in (None, "", [], 0)}
    return {
        name: it if isinstance(it, str) else json.encode(_short(it)).decode()
        for name, it in kept.items()
    }


def _short(it: Any) -> Any:
    return [one[:LONGEST] for one in it[:MOST]] if isinstance(it, list) else it


def _cut(it: Told, body: str) -> bool:
    return it.cut or len(body) > markdown.LONGEST


def linked(values: dict[str, Any]) -> list[Link]:
    """Links in properties, which are quoted there."""
    found = markdown.read("\n".join(frontmatter.texts(list(values.values())))) if values else None
    return found.links if found else []


def _place(it: Told, link: Link) -> str:
    return str(Link(paths.composed(it.files[link.name]), link.part))


def is_file(it: Told, embed: Link) -> bool:
    """Whether something is embedded that is no note."""
    ending = posixpath.splitext(it.files.get(embed.name, embed.name))[1].lower()
    return bool(ending) and ending not in paths.OWN


def _created(it: Told, values: dict[str, Any]) -> str:
    """As it is written in the note, where it is; else when the file was made, where somebody knows."""
    for name in ("created", "date"):
        if isinstance(said := values.get(name), str) and _DATE.match(said):
            return said[:40]
    return moment(it.note.stat.ctime).isoformat() if it.note.stat.ctime else ""


def moment(milliseconds: float) -> datetime:
    """Raises Unreadable for a time that no calendar knows."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError) as problem:
        raise Unreadable("The note was changed at a time that no calendar knows.") from problem


def lines(content: str) -> str:
    """The text without a byte order mark, its lines ended by line feeds alone."""
    return content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def digest(content: str) -> str:
    """The SHA-256 of a note's text as UTF-8, in hex; without a byte order mark, which not all tell."""
    return hashlib.sha256(content.removeprefix("\ufeff").encode()).hexdigest()
