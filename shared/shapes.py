"""JSON that providers send, decoded into the shape that is expected of it."""

import re
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from shared.errors import Unreadable

T = TypeVar("T")

# What msgspec says about shapes quotes our own field names and types; about values, it quotes them.
_OUR_WORDS = re.compile(r"(?:Expected `|Object missing required field `)")
_PATH = re.compile(r" - at `(.+)`$")


def decoded(row: bytes | msgspec.Raw, type: type[T]) -> T:
    """One thing that was listed or told, as far as it is needed.

    Raises Unreadable, which names the field and the type that we expected, never what was there.
    """
    try:
        return cast(T, decoder(cast(Hashable, type)).decode(row))
    except msgspec.ValidationError as error:
        raise Unreadable(mismatch(error, type)) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Unreadable(f"what was told is not the JSON of {named(type)}") from None


@cache
def decoder(type: Any) -> "msgspec.json.Decoder[Any]":
    """The decoder of a type, made once."""
    return msgspec.json.Decoder(type)


def mismatch(error: msgspec.ValidationError, type: Any) -> str:
    """What is wrong with a shape, as a sentence that quotes nothing but our own words."""
    text = str(error)
    at = _PATH.search(text)
    what = text[: at.start() if at else None] if _OUR_WORDS.match(text) else "unexpected value"
    return f"the answer has not the shape of {named(type)}: {what} at {at[1] if at else '$'}"


def named(type: Any) -> str:
    """What a type is called."""
    return getattr(type, "__name__", str(type))
