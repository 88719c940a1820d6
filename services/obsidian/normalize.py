"""A note as a Message. Pure: no clock, no network, and no vault but what was told with the note."""

import posixpath
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from services.obsidian import frontmatter, markdown, paths
from services.obsidian.facts import MOST, facts, is_file, lines, linked, moment
from services.obsidian.markdown import Link
from services.obsidian.models import Told
from shared.normalizer import Attachment, Message, Person


def note(it: Told) -> Message:
    """One note; what is told of it does not depend on whether a folder or the plugin was read."""
    text = lines(it.note.content)
    front = frontmatter.read(text)
    said = markdown.read(front.body)
    links = said.links + linked(front.values)
    path = paths.composed(it.note.path)
    return Message(
        id=it.id,
        source="obsidian",
        type="note",
        timestamp=moment(it.note.stat.mtime),
        title=paths.title(path),
        content=said.content,
        author=_author(front.values, it.owner),
        url=_url(it.vault, path),
        mentions=tuple(_people(it, links)),
        attachments=tuple(_attached(it, said.embeds)),
        metadata=facts(it, path, front, said, links),
    )


def _attached(it: Told, embeds: Iterable[Link]) -> Iterable[Attachment]:
    """Embedded files that are there, each once."""
    found = {it.files[one.name] for one in embeds if one.name in it.files and is_file(it, one)}
    for path in sorted(found)[:MOST]:
        kind = paths.media_type(path)
        yield Attachment(id=paths.composed(path), name=posixpath.basename(path), type=kind)


def _people(it: Told, links: Iterable[Link]) -> Iterable[Person]:
    """Who is linked to: a note in the folder that holds the people's."""
    inside = paths.composed(it.people).strip("/").lower() + "/"
    found = {paths.composed(it.files[one.name]) for one in links if one.name in it.files}
    for path in sorted(found)[:MOST]:
        if inside != "/" and path.lower().startswith(inside) and path.endswith(paths.NOTE):
            yield Person(id=paths.item(path), name=paths.title(path))


def _author(values: dict[str, Any], owner: str) -> Person | None:
    named = values.get("author")
    name = named.strip() if isinstance(named, str) and "[[" not in named else ""
    return Person(name=name or owner) if name or owner else None


def _url(vault: str, path: str) -> str:
    if not vault:
        return ""
    return f"obsidian://open?vault={quote(vault, safe='')}&file={quote(path, safe='')}"
