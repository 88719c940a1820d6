"""What stands in a message beside its text: embeds, components, polls; each may have any shape.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Iterable, Iterator
from typing import Any

DEEPEST = 20
"""Levels of components that are read; Discord allows five."""


def embeds(rows: Iterable[Any]) -> Iterator[str]:
    """The lines of what an app put into frames; the result of a poll stands in one as well."""
    for it in rows:
        if not isinstance(it, dict):
            continue
        author, footer = it.get("author"), it.get("footer")
        yield _str(author.get("name")) if isinstance(author, dict) else ""
        yield _str(it.get("title"))
        yield _str(it.get("description"))
        for field in _list(it.get("fields")):
            if isinstance(field, dict):
                name, value = _str(field.get("name")), _str(field.get("value"))
                yield f"{name}: {value}" if name and value else name or value
        yield _str(footer.get("text")) if isinstance(footer, dict) else ""


def components(rows: Iterable[Any], depth: int = 0) -> Iterator[str]:
    """The text that stands in components: displays, sections, descriptions of pictures and files."""
    for it in rows if depth <= DEEPEST else ():
        if not isinstance(it, dict):
            continue
        yield _str(it.get("content"))
        yield from components(_list(it.get("components")), depth + 1)
        for media in (it, *_list(it.get("items"))):
            yield _str(media.get("description")) if isinstance(media, dict) else ""


def poll(it: Any) -> Iterator[str]:
    """The question and its answers; how many chose them changes with every vote."""
    if isinstance(it, dict):
        yield _text(it.get("question"))
        for answer in _list(it.get("answers")):
            said = _text(answer.get("poll_media")) if isinstance(answer, dict) else ""
            yield f"- {said}" if said else ""


def _text(it: Any) -> str:
    return _str(it.get("text")) if isinstance(it, dict) else ""


def _list(it: Any) -> list[Any]:
    return it if isinstance(it, list) else []


def _str(it: Any) -> str:
    return it if isinstance(it, str) else ""
