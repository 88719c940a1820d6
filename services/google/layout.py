"""HTML laid out as lines of text, from the tree that lxml makes of anything."""

import re
from typing import Any

from lxml import etree

_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_UNREAD = frozenset({"head", "script", "style", "title", "template", "object", "svg"})
_APART = frozenset({"p", "ul", "ol", "dl", "table", "blockquote", "pre", "hr", "figure", "form"})
_APART |= {f"h{n}" for n in range(1, 7)}
_LINES = frozenset({"address", "article", "aside", "body", "center", "details", "div", "fieldset"})
_LINES |= {"dd", "dt", "footer", "header", "html", "legend", "li", "main", "nav", "option"}
_LINES |= {"section", "summary", "tr"}
_LISTS = frozenset({"ul", "ol"})
DEEPEST = 8
"""Lists within lists that are indented."""


class Page:
    """What was written, and what comes before the next word: lines, a gap, a bullet."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._lines, self._gap, self._bullet, self._verbatim = 0, "", "", 0
        self._lists: list[int] = []
        """The number of each open list's next entry; 0 in one that has bullets."""

    def open(self, tag: str) -> None:
        """An element begins."""
        if tag == "br":
            self._lines, self._gap = self._lines + 1, ""
        elif tag in ("td", "th"):
            self._gap = "  "
        self._leave(tag)
        if tag in _LISTS:
            self._lists.append(int(tag == "ol"))
        elif tag == "li":
            self._entry()
        elif tag == "pre":
            self._verbatim += 1

    def close(self, tag: str) -> None:
        """An element ends."""
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "pre":
            self._verbatim -= 1
        self._leave(tag)

    def write(self, text: str | None) -> None:
        """Text stands there; but for `pre`, every white space in it is a blank at most."""
        words = text.split() if text else []
        if text and self._verbatim:
            self._begin()
            self.written.append(text)
        elif text and words:
            self._gap = self._gap or " " * text[0].isspace()
            self._begin()
            self.written.append(" ".join(words))
            self._gap = " " * text[-1].isspace()
        elif text:
            self._gap = self._gap or " "

    def _leave(self, tag: str) -> None:
        """Leave the line; what stands apart has an empty one around it, but for a list in a list."""
        if tag in _APART:
            self._lines, self._gap = max(self._lines, 1 if self._lists and tag in _LISTS else 2), ""
        elif tag in _LINES:
            self._lines, self._gap = max(self._lines, 1), ""

    def _entry(self) -> None:
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        indent = "  " * min(len(self._lists) - 1, DEEPEST)
        self._bullet = f"{indent}{number}. " if number else f"{indent}* "

    def _begin(self) -> None:
        before = "\n" * self._lines or self._gap
        self.written.append((before if self.written else "") + self._bullet)
        self._lines, self._gap, self._bullet = 0, "", ""


def laid_out(html: str) -> str | None:
    """What a reader sees, line by line; None where the parser gives up."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None
    if root is None or parser.error_log.filter_from_fatals():  # deeper than any page is
        return None
    page, walk = Page(), etree.iterwalk(root, events=("start", "end"))
    for event, it in walk:
        unread = _unread(it)
        if event == "end":
            if not unread:
                page.close(it.tag)
            page.write(it.tail)
        elif unread:
            walk.skip_subtree()
        else:
            page.open(it.tag)
            page.write(it.text)
    return "".join(page.written)


def _unread(it: Any) -> bool:
    return it.tag in _UNREAD or bool(_HIDDEN.search(it.get("style", "")))
