"""Text that people read, whatever it was before."""

from html import unescape
from re import DOTALL, IGNORECASE, compile

from services.google.layout import laid_out

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff"))
_TAG = compile(r"<[a-z/!][^<>]{0,1000}>", IGNORECASE)
_PROLOGUE = compile(r"^\s*<\?xml[^>]{0,200}\?>", DOTALL)


def of_html(html: str) -> str:
    """What a reader sees; where the parser gives up, the tags are cut out."""
    plain = _PROLOGUE.sub("", html.replace("\0", ""))
    if not plain.strip():
        return ""
    found = laid_out(plain)
    return tidy(unescape(_TAG.sub(" ", plain)) if found is None else found)


def of_either(text: str) -> str:
    """The text of a field that may be HTML and does not say so."""
    return of_html(text) if _TAG.search(text) else tidy(text)


def tidy(text: str) -> str:
    """One newline for each line's end, nothing trailing, nothing invisible, Unicode throughout."""
    clean = text.encode("utf-8", "replace").decode().translate(_INVISIBLE).replace("\0", "")
    lines = (line.rstrip() for line in clean.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(lines).strip("\n")
