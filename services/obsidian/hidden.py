"""Where no link and no tag counts: comments, inline code, formulas, and what HTML hides."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

Span = tuple[int, int]

_OPENING = re.compile(r"%%|\$\$|<!--|`+")
_TICKS = re.compile(r"`+")
_CLOSING = {"%%": "%%", "$$": "$$", "<!--": "-->"}


class Hidden(NamedTuple):
    """Parts of a text by position: Obsidian's own comments, and all that is not looked at."""

    comments: list[Span]
    ignored: list[Span]


def spans(text: str) -> Hidden:
    """Find them from the left: what begins first hides what is in it. What never ends hides nothing.

    One look at the text, however often something begins in it.
    """
    found = Hidden([], [])
    ticks: dict[int, list[int]] = {}
    for run in _TICKS.finditer(text):
        ticks.setdefault(len(run[0]), []).append(run.start())
    endless: set[str] = set()
    at = 0
    while opening := _OPENING.search(text, at):
        sign, begin, at = opening[0], opening.start(), opening.end()
        if sign in endless:
            continue
        if sign[0] == "`":
            end = _code_end(text, at, ticks[len(sign)])
            at = end + len(sign) if end >= 0 else at
        else:
            end = text.find(_CLOSING[sign], at)
            at = end + len(_CLOSING[sign]) if end >= 0 else at
            if end < 0:
                endless.add(sign)
        if end >= 0:
            found.ignored.append((begin, at))
            if sign == "%%":
                found.comments.append((begin, at))
    return found


def blank(text: str, parts: Iterable[Span]) -> str:
    """The text with blanks in these parts; its lines stay."""
    kept, since = [], 0
    for begin, end in parts:
        lines = text[begin:end].split("\n")
        kept += [text[since:begin], "\n".join(" " * len(it) for it in lines)]
        since = end
    return "".join([*kept, text[since:]])


def _code_end(text: str, at: int, ticks: list[int]) -> int:
    """Where the next run of as many backticks stands in the same paragraph, or -1."""
    number = bisect_right(ticks, at - 1)
    if number == len(ticks):
        return -1
    return ticks[number] if text.find("\n\n", at, ticks[number]) < 0 else -1
