"""Slack's markup in readable text: tokens between `<` and `>`, then three escapes, undone once.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from shared.normalizer import Person

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.S)
_ESCAPE = re.compile(r"&(amp|lt|gt);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">"}
_NOBODY: Mapping[str, str] = {}
_LOUD = frozenset({"here", "channel", "everyone"})


class Rendered(Struct):
    """What people read, and who is called by it: users once each, groups by id, `here` and the like.

    `names` are what ids are called; a label that stands in the markup is older.
    """

    names: Mapping[str, str] = {}
    text: str = ""
    mentions: dict[str, Person] = {}
    groups: dict[str, None] = {}
    loud: dict[str, None] = {}


def render(source: str, names: Mapping[str, str] = _NOBODY) -> Rendered:
    """Read markup; what stands in code is shown, but calls nobody."""
    found = Rendered(names)
    pieces: list[str] = []
    last = 0
    for code in _CODE.finditer(source):
        pieces.append(_read(source[last : code.start()], found))
        pieces.append(_read(code[0], Rendered(names)))
        last = code.end()
    pieces.append(_read(source[last:], found))
    found.text = "".join(pieces)
    return found


def escape(text: str) -> str:
    """Plain text as markup that renders to it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(source: str, found: Rendered) -> str:
    pieces: list[str] = []
    last = 0
    for token in _TOKEN.finditer(source):
        pieces.append(_unescape(source[last : token.start()]))
        pieces.append(_token(token[1], found))
        last = token.end()
    pieces.append(_unescape(source[last:]))
    return "".join(pieces)


def _token(inner: str, found: Rendered) -> str:
    what, _, label = inner.partition("|")
    label = _unescape(label)
    if reader := _SIGNS.get(what[:1]):
        return reader(what[1:], label, found)
    return _link(_unescape(what), label)


def _user(ident: str, label: str, found: Rendered) -> str:
    name = found.names.get(ident) or label.lstrip("@")
    if ident:
        found.mentions.setdefault(ident, Person(id=ident, name=name))
    return f"@{name or ident}"


def _channel(ident: str, label: str, found: Rendered) -> str:
    return f"#{found.names.get(ident) or label.lstrip('#') or ident}"


def _command(what: str, label: str, found: Rendered) -> str:
    word, *rest = what.split("^")
    if word == "subteam":
        group = rest[0] if rest else ""
        if group:
            found.groups[group] = None
        return f"@{found.names.get(group) or label.lstrip('@') or group}"
    if word == "date":
        return label or _date(rest)
    if word in _LOUD:
        found.loud[word] = None
        return f"@{word}"
    return label or f"@{word}"


def _date(rest: list[str]) -> str:
    try:
        moment = datetime.fromtimestamp(int(rest[0]), UTC)
    except (IndexError, ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _link(url: str, label: str) -> str:
    """The address once where the label only repeats it, else both."""
    address = url.removeprefix("mailto:").removeprefix("tel:")
    bare = re.sub(r"^https?://", "", address)
    if not address:
        return label
    if not label or label.rstrip("/") in (url, address, bare.rstrip("/")):
        return address
    return f"{label} ({address})"


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _PLAIN[found[1]], text)


_SIGNS: dict[str, Callable[[str, str, Rendered], str]] = {
    "@": _user,
    "#": _channel,
    "!": _command,
}
