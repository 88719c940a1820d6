"""Rows of LinkedIn's lists, decoded one by one."""

from typing import TypeVar

from msgspec import MsgspecError, Raw, json

from shared.errors import Unreadable

T = TypeVar("T")


def decoded(row: Raw, type: type[T]) -> T:
    """One row; raises Unreadable for another shape than the documented one."""
    try:
        return json.decode(row, type=type)
    except (MsgspecError, UnicodeError, RecursionError) as problem:
        raise Unreadable("LinkedIn lists something of an unknown shape.") from problem
