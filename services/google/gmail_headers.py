"""A mail's headers, decoded by Python's email package, which is not trusted to survive all of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from msgspec import Struct

from shared.normalizer import Person

LONGEST = 10_000
"""Characters that the exact parser of addresses may see: it takes quadratic time."""


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_SPACE = r"[ \t\r\n]"
_EASY = re.compile(
    rf"""{_SPACE}*(?:(?:"(?P<quoted>[^"\\]*)"|(?P<name>(?:{_ATOM}(?:{_SPACE}+{_ATOM})*)?)){_SPACE}*"""
    rf"""<(?P<address>{_ATOM}@[A-Za-z0-9.-]+)>|(?P<alone>{_ATOM}@[A-Za-z0-9.-]+)){_SPACE}*(?:,|$)"""
)
"""One address as most are written, and the comma behind it."""


class Headers(Struct, frozen=True):
    """Values by their names in lower case, as they were sent, repeated as they like."""

    fields: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, items: Iterable[tuple[str, str]]) -> "Headers":
        """The headers of these pairs, whose names may be in any case."""
        fields: dict[str, list[str]] = {}
        for name, value in items:
            fields.setdefault(name.lower(), []).append(value)
        return cls(fields)

    def raw(self, name: str) -> str:
        """The first value of that name, or ""."""
        return self.fields.get(name, ("",))[0]

    def text(self, name: str) -> str:
        """The first value of that name, decoded (RFC 2047), on one line."""
        return " ".join(decoded(self.raw(name)).split())

    def people(self, *names: str) -> list[Person]:
        """Everybody in these headers, each once, with groups taken apart."""
        values = (value for name in names for value in self.fields.get(name, ()))
        found = {(it.email, it.name): it for value in values for it in _people(value)}
        return list(found.values())

    def date(self) -> str:
        """`Date` in ISO form as the sender states it, "" where it is none."""
        try:
            return parsedate_to_datetime(self.raw("date")).isoformat()
        except (ValueError, TypeError, IndexError, OverflowError):
            return ""


def decoded(value: str) -> str:
    """The text of one header value, whatever is wrong with it."""
    plain = _unescaped(value)
    if "=?" not in plain:
        return plain
    try:
        return str(make_header(decode_header(plain)))
    except Exception:  # unknown charsets, broken base64, and what nobody thought of
        return plain


def _people(value: str) -> Iterable[Person]:
    plain = _unescaped(value)
    exact = _exact if len(plain) <= LONGEST else _simple
    for name, address in _easy(plain) or exact(plain) or _simple(plain):
        email = "".join(address.split()).lower()
        shown = " ".join(decoded(name).split()).strip("\"' ")
        if email or shown:
            real = email if "@" in email else ""
            yield Person(id=real, name=shown or ("" if real else email), email=real)


def _easy(value: str) -> list[tuple[str, str]]:
    """Addresses that have nothing odd about them, in a tenth of the time; none if one is not like that."""
    found, at = [], 0
    while at < len(value):
        it = _EASY.match(value, at)
        if it is None:
            return []
        found.append((it["quoted"] or it["name"] or "", it["address"] or it["alone"]))
        at = it.end()
    return found


def _exact(value: str) -> list[tuple[str, str]]:
    """By the grammar of RFC 5322; nothing where that ends in an error."""
    try:
        parsed: Any = policy.default.header_factory("To", value)
        found = [(it.display_name, it.addr_spec) for it in parsed.addresses]
    except Exception:  # IndexError, AttributeError and RecursionError have all been seen
        return []
    return [pair for pair in found if "@" in pair[1] and pair[1] != "<>"]


def _simple(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value])
    except Exception:  # as above
        return [(value[:200], "")]


def _unescaped(value: str) -> str:
    """Bytes that are not ASCII came as surrogates: most senders mean UTF-8, old ones windows-1252."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
