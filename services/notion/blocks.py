"""Blocks as Markdown. Pure. https://developers.notion.com/reference/block"""

from collections.abc import Callable, Iterator
from itertools import chain

from services.notion.models import Rich
from services.notion.text import file_name, plain, words
from services.notion.tree import Block, Body

INDENT = "  "
FILES = frozenset({"image", "video", "audio", "pdf", "file"})
_SILENT = frozenset({"breadcrumb", "table_of_contents", "unsupported"})
_INLINE = frozenset({"column_list", "column", "synced_block", "tab", "template"})
"""What only holds others: they stand where it stands."""
_TIGHT = frozenset({"bulleted_list_item", "numbered_list_item", "to_do", "toggle"})
"""Between these no empty line is put."""


def markdown(blocks: list[Block]) -> str:
    """The text of a tree."""
    return "\n".join(_lines(blocks)).strip("\n")


def flat(blocks: list[Block]) -> Iterator[Block]:
    """Every block, in reading order."""
    return chain.from_iterable(chain([it], flat(it.children)) for it in blocks)


def runs(it: Block) -> Rich:
    """All rich text of a block."""
    title = it.body.title if isinstance(it.body.title, list) else []
    return [*it.body.rich_text, *it.body.caption, *title, *chain.from_iterable(it.body.cells)]


def _lines(blocks: list[Block]) -> Iterator[str]:
    number, before = 0, ""
    for it in blocks:
        number = number + 1 if it.type == "numbered_list_item" else 0
        told = list(_block(it, number))
        if not told:
            continue
        if before and not (before in _TIGHT and it.type in _TIGHT):
            yield ""
        yield from told
        before = it.type


def _block(it: Block, number: int) -> Iterator[str]:
    if it.type in _SILENT:
        return
    if it.type in _INLINE:
        yield from _text(words(it.body.rich_text))
        yield from _lines(it.children)
        return
    if it.type == "table":
        yield from _table(it)
        return
    say = _SAY.get(it.type, _paragraph)
    yield from _text(say(it.body, number))
    inside = list(_lines(it.children))
    deeper = "> " if it.type in ("quote", "callout") else "" if _heads(it) else INDENT
    if inside and it.type not in _TIGHT | {"quote", "callout"}:
        yield ""
    yield from (f"{deeper}{line}" if line or deeper == "> " else "" for line in inside)


def _heads(it: Block) -> bool:
    return it.type.startswith("heading_") or it.type in ("meeting_notes", "transcription")


def _text(text: str) -> Iterator[str]:
    if text:
        yield from text.split("\n")


def _paragraph(it: Body, _: int) -> str:
    """A paragraph; of a kind that nobody knows yet what it has of text."""
    title = it.title if isinstance(it.title, str) else words(it.title)
    return words(it.rich_text) or title or words(it.caption)


def _item(mark: str) -> Callable[[Body, int], str]:
    return lambda it, _: mark + words(it.rich_text).replace("\n", f"\n{INDENT}")


def _quote(it: Body, _: int) -> str:
    icon = f"{it.icon.emoji} " if it.icon and it.icon.emoji else ""
    return "> " + (icon + words(it.rich_text)).replace("\n", "\n> ")


def _code(it: Body, _: int) -> str:
    """Fenced by more than it holds."""
    text = "".join(run.plain_text for run in it.rich_text)
    fence = "```"
    while fence in text:
        fence += "`"
    language = "" if it.language == "plain text" else it.language
    told = f"{fence}{language}\n{text}\n{fence}"
    return f"{told}\n{words(it.caption)}" if it.caption else told


def _link(it: Body, _: int) -> str:
    label = plain(it.caption)
    return f"[{label}]({it.url})" if label and it.url else it.url


def _file(it: Body, _: int) -> str:
    """A file by its caption; where it is belongs to the attachments."""
    label, outside = plain(it.caption) or it.name or "", it.external and it.external.url
    if outside:
        return f"[{label}]({outside})" if label else outside
    label = label or (file_name(it.file) if it.file else "")
    return f"[{label}]" if label else ""


def _linked(it: Body, _: int) -> str:
    target = it.page_id or it.database_id
    return f"https://www.notion.so/{target.replace('-', '')}" if target else ""


def _table(it: Block) -> Iterator[str]:
    rows = [[_cell(cell) for cell in row.body.cells] for row in it.children]
    for number, row in enumerate(rows):
        yield f"| {' | '.join(row)} |"
        if number == 0 and it.body.has_column_header:
            yield f"|{' --- |' * len(row)}"


def _cell(runs: Rich) -> str:
    return words(runs).replace("\n", " ").replace("|", "\\|")


_SAY: dict[str, Callable[[Body, int], str]] = {
    **{f"heading_{n}": _item("#" * n + " ") for n in range(1, 5)},
    "bulleted_list_item": _item("- "),
    "toggle": _item("- "),
    "numbered_list_item": lambda it, number: _item(f"{number}. ")(it, number),
    "to_do": lambda it, number: _item("- [x] " if it.checked else "- [ ] ")(it, number),
    "quote": _quote,
    "callout": _quote,
    "code": _code,
    "equation": lambda it, _: f"$${it.expression}$$" if it.expression else "",
    "divider": lambda *_: "---",
    "bookmark": _link,
    "embed": _link,
    "link_preview": _link,
    "link_to_page": _linked,
    **dict.fromkeys(FILES, _file),
}
