"""The markup in blocks and attachments, for messages that have nothing in `text`.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Iterator
from typing import Any

from services.slack.mrkdwn import escape

DEEPEST = 20
"""Levels of nesting that are read; lists and quotes of people stay far above it."""

_LINES = {"rich_text_preformatted": "```", "rich_text_quote": "", "rich_text_section": ""}


def markup(blocks: Iterable[Any], attachments: Iterable[Any]) -> str:
    """Everything readable, a line for each part, in Slack's own markup."""
    lines = [line for block in blocks for line in _block(block)]
    lines += [line for it in attachments for line in _attachment(it)]
    return "\n".join(line for line in lines if line.strip())


def _block(block: Any) -> Iterator[str]:
    if not isinstance(block, dict):
        return
    match block.get("type"):
        case "rich_text":
            for part in _list(block.get("elements")):
                yield from _rich(part, 0)
        case "markdown":
            yield escape(_str(block.get("text")))
        case "context" | "section" | "header" | "image" | "video":
            for name in ("title", "text", "description"):
                yield _text(block.get(name))
            for part in (*_list(block.get("fields")), *_list(block.get("elements"))):
                yield _text(part)
            if block.get("type") == "image" and not block.get("title"):
                yield escape(_str(block.get("alt_text")))


def _rich(part: Any, depth: int) -> Iterator[str]:
    if not isinstance(part, dict) or depth > DEEPEST:
        return
    if part.get("type") == "rich_text_list":
        ordered = part.get("style") == "ordered"
        for number, item in enumerate(_list(part.get("elements")), 1):
            bullet = f"{number}. " if ordered else "• "
            yield from (bullet + line for line in _rich(item, depth + 1))
    elif part.get("type") in _LINES:
        fence = _LINES[part["type"]]
        inner = "".join(_element(it) for it in _list(part.get("elements")))
        yield fence + inner + fence


def _element(it: Any) -> str:  # noqa: PLR0911 - a table of kinds reads best as one
    if not isinstance(it, dict):
        return ""
    match it.get("type"):
        case "text":
            code = isinstance(style := it.get("style"), dict) and style.get("code")
            text = escape(_str(it.get("text")))
            return f"`{text}`" if code else text
        case "link":
            label = escape(_str(it.get("text")))
            return f"<{escape(_str(it.get('url')))}{'|' + label if label else ''}>"
        case "user":
            return f"<@{escape(_str(it.get('user_id')))}>"
        case "channel":
            return f"<#{escape(_str(it.get('channel_id')))}>"
        case "usergroup":
            return f"<!subteam^{escape(_str(it.get('usergroup_id')))}>"
        case "broadcast":
            return f"<!{escape(_str(it.get('range')))}>"
        case "emoji":
            return f":{_str(it.get('name'))}:"
        case "date":
            return escape(_str(it.get("fallback")))
    return ""


def _text(it: Any) -> str:
    """A text object: markup, or plain text in which no token counts."""
    if isinstance(it, str):
        return it
    if not isinstance(it, dict):
        return ""
    if it.get("type") == "image":
        return escape(_str(it.get("alt_text")))
    text = _str(it.get("text"))
    return text if it.get("type") == "mrkdwn" else text.replace("<", "&lt;").replace(">", "&gt;")


def _attachment(it: Any) -> Iterator[str]:
    if not isinstance(it, dict):
        return
    title, link = _str(it.get("title")), _str(it.get("title_link"))
    lines = [
        _str(it.get("pretext")),
        f"<{link}|{title}>" if title and link else title,
        _str(it.get("text")),
    ]
    for field in _list(it.get("fields")):
        if isinstance(field, dict):
            name, value = _str(field.get("title")), _str(field.get("value"))
            lines.append(f"{name}: {value}" if name and value else name or value)
    lines += [line for block in _list(it.get("blocks")) for line in _block(block)]
    yield from lines if any(lines) else [_str(it.get("fallback"))]


def _list(it: Any) -> list[Any]:
    return it if isinstance(it, list) else []


def _str(it: Any) -> str:
    return it if isinstance(it, str) else ""
