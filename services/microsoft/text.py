"""HTML as a reader sees it: Graph gives mails as text when asked, but chats only like this."""

import re
from html.parser import HTMLParser

_UNREAD = frozenset({"head", "script", "style", "title", "template"})
_LINES = frozenset({"p", "div", "br", "li", "tr", "ul", "ol", "table", "blockquote", "pre", "hr"})
_LINES |= {f"h{n}" for n in range(1, 7)}
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff\0"))
_BLANKS, _GAP = re.compile(r"[^\S\n]+"), re.compile(r"\n{3,}")


class _Reader(HTMLParser):
    """Collects what is read; people who are mentioned get an `@`, and emoji are their own words."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "br":
            self.written.append("\n")
        elif tag in _LINES:
            self._line()
        elif tag in ("td", "th"):
            self.written.append(" ")
        elif tag == "at":
            self.written.append("@")
        elif tag == "emoji":
            self.written.append(told.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in _LINES and tag != "br":
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.written.append(" ".join(re.split(r"\s+", data)))

    def _line(self) -> None:
        if self.written and self.written[-1] != "\n":
            self.written.append("\n")


def of_html(html: str) -> str:
    """What a reader sees, line by line."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tidy(_BLANKS.sub(" ", "".join(reader.written)))


def of(kind: str, content: str) -> str:
    """The text of a body, by its `contentType`."""
    return of_html(content) if kind.lower() == "html" else tidy(content)


def tidy(text: str) -> str:
    """One newline for each line's end, nothing around lines, nothing invisible, Unicode throughout."""
    clean = text.encode("utf-8", "replace").decode().translate(_INVISIBLE)
    lines = (line.strip() for line in clean.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return _GAP.sub("\n\n", "\n".join(lines)).strip("\n")
