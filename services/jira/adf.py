"""The Atlassian Document Format as text.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from services.jira.models import Text
from shared.normalizer import Person

DEEPEST = 40
"""Levels of a document; what lies deeper is left out."""

INLINE = frozenset(
    {
        "date",
        "emoji",
        "hardBreak",
        "inlineCard",
        "inlineExtension",
        "mediaInline",
        "mention",
        "placeholder",
        "status",
        "text",
    }
)
LISTS = frozenset(["bulletList", "orderedList", "taskList", "decisionList"])
_WIKI = re.compile(r"\[~accountid:([\w:.-]{1,128})\]")


def read(it: Text) -> tuple[str, tuple[Person, ...]]:
    """The text, and whom it mentions, each once; a string (version 2 of the API) stays as it is."""
    people: dict[str, Person] = {}
    if isinstance(it, str):
        for ident in _WIKI.findall(it):
            people.setdefault(ident, Person(id=ident))
        return it, tuple(people.values())
    return (_node(it, people, 0).strip("\n") if it else ""), tuple(people.values())


def _node(it: dict[str, Any], people: dict[str, Person], depth: int) -> str:
    kind = _kind(it)
    if kind in INLINE:
        return _inline(kind, it, people)
    if depth > DEEPEST:
        return ""
    if kind in LISTS:
        return _list(kind, it, people, depth)
    parts = [(_kind(one) in INLINE, _node(one, people, depth + 1)) for one in _inner(it)]
    if kind == "tableRow":
        return " | ".join(part for _, part in parts)
    return _block(kind, it, "".join(_joined(parts)))


def _block(kind: str, it: dict[str, Any], told: str) -> str:
    match kind:
        case "blockquote":
            return "\n".join(f"> {line}" for line in told.split("\n"))
        case "expand" | "nestedExpand":
            return "\n".join(filter(None, (_attr(it, "title"), told)))
        case "rule":
            return "---"
        case _:
            return told or _attr(it, "url") or _attr(it, "alt")


def _joined(parts: Iterable[tuple[bool, str]]) -> Iterator[str]:
    """Blocks begin lines of their own; what is inline goes on."""
    after = None
    for inline, part in parts:
        if not part:
            continue
        if after is not None and not (after and inline):
            yield "\n"
        yield part
        after = inline


def _list(kind: str, it: dict[str, Any], people: dict[str, Person], depth: int) -> str:
    lines = []
    for number, one in enumerate(_inner(it), 1):
        if _kind(one) in LISTS:  # a list of tasks holds others beside its items
            lines.append("  " + _node(one, people, depth + 1).replace("\n", "\n  "))
            continue
        mark = f"{number}. " if kind == "orderedList" else "- "
        if kind == "taskList":
            mark = "[x] " if _attr(one, "state") == "DONE" else "[ ] "
        lines.append(mark + _node(one, people, depth + 1).replace("\n", "\n  "))
    return "\n".join(lines)


def _inline(kind: str, it: dict[str, Any], people: dict[str, Person]) -> str:
    if kind == "text":
        return _text(it)
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        ident, name = _attr(it, "id"), _attr(it, "text").removeprefix("@")
        if ident:
            people.setdefault(ident, Person(id=ident, name=name))
        return f"@{name or ident}"
    if kind == "date":
        return _day(_attr(it, "timestamp"))
    return next(filter(None, (_attr(it, name) for name in ("text", "shortName", "url", "alt"))), "")


def _text(it: dict[str, Any]) -> str:
    """With the address of a link behind what it stands under."""
    text = it["text"] if isinstance(it.get("text"), str) else ""
    for mark in _list_of(it.get("marks")):
        href = _attr(mark, "href") if _kind(mark) == "link" else ""
        if href and href != text:
            return f"{text} ({href})"
    return text


def _day(stamp: str) -> str:
    """Milliseconds since 1970 as a day."""
    try:
        return datetime.fromtimestamp(int(stamp) / 1000, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return ""


def _kind(it: dict[str, Any]) -> str:
    kind = it.get("type")
    return kind if isinstance(kind, str) else ""


def _inner(it: dict[str, Any]) -> list[dict[str, Any]]:
    return _list_of(it.get("content"))


def _list_of(it: Any) -> list[dict[str, Any]]:
    return [one for one in it if isinstance(one, dict)] if isinstance(it, list) else []


def _attr(it: dict[str, Any], name: str) -> str:
    attrs = it.get("attrs")
    found = attrs.get(name) if isinstance(attrs, dict) else None
    return found if isinstance(found, str) else ""
