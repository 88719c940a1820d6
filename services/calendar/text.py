"""Text as people wrote it."""

import re

from icalendar import Component

_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")


def tidy(text: str) -> str:
    """Without control characters, and with one kind of line end."""
    return _ODD.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def texts(it: Component, name: str) -> str:
    """A property's text; the first one where a file has several."""
    value = it.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return "" if value is None else str(value)
