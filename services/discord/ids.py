"""Discord's ids, which tell when their bearer came to be.

https://discord.com/developers/docs/reference#snowflakes
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

ID = r"^[0-9]{1,20}$(?!\n)"
Snowflake = Annotated[str, Meta(pattern=ID)]
"""A 64-bit number as text: who comes later has the larger one."""

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def at(ident: str) -> datetime:
    """When the bearer of an id came to be, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=int(ident) >> 22)


def first_of(moment: datetime) -> str:
    """The smallest id of that moment; "0" for what was before Discord."""
    return str(max((moment - _EPOCH) // timedelta(milliseconds=1), 0) << 22)


def latest(*idents: str | None) -> str:
    """The largest of the ids; empty where there is none."""
    return max((it for it in idents if it), key=int, default="")


def utc(moment: datetime) -> datetime:
    """A moment in UTC; Discord's webhook events leave the offset out."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
