"""A mail's headers, decoded by Python's email package, which is not trusted to survive all of them."""

from collections.abc import Iterable, Sequence
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from msgspec import Struct

from shared.normalizer import Person

LONGEST = 10_000
"""Characters that the exact parser of addresses may see: it takes quadratic time."""


class Headers(Struct, frozen=True):
    """Names and values as they were sent; names in any case, repeated as they like."""

    items: Sequence[tuple[str, str]]

    def raw(self, name: str) -> str:
        """The first value of that name, or ""."""
        return next((value for it, value in self.items if it.lower() == name), "")

    def text(self, name: str) -> str:
        """The first value of that name, decoded (RFC 2047), on one line."""
        return " ".join(decoded(self.raw(name)).split())

    def people(self, *names: str) -> list[Person]:
        """Everybody in these headers, each once, with groups taken apart."""
        values = (value for it, value in self.items if it.lower() in names)
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
    pairs = _exact(plain) if len(plain) <= LONGEST else None
    for name, address in pairs if pairs is not None else _simple(plain):
        email = "".join(address.split()).lower()
        shown = " ".join(decoded(name).split()).strip("\"' ")
        if email or shown:
            real = email if "@" in email else ""
            yield Person(id=real, name=shown or ("" if real else email), email=real)


def _exact(value: str) -> list[tuple[str, str]] | None:
    """By the grammar of RFC 5322; None where that ends in an error or in nothing."""
    try:
        parsed: Any = policy.default.header_factory("To", value)
        found = [(it.display_name, it.addr_spec) for it in parsed.addresses]
    except Exception:  # IndexError, AttributeError and RecursionError have all been seen
        return None
    return [pair for pair in found if "@" in pair[1] and pair[1] != "<>"] or None


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
