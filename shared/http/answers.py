"""What a provider's answer means: the shape that was asked for, or an error named by what to do next."""

import time
from collections.abc import Callable, Hashable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from shared.errors import (
    Changed,
    ItemGone,
    ProviderError,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
    Unreadable,
)
from shared.shapes import decoder, mismatch, named
from shared.types import Response

T = TypeVar("T")
Dialect = Callable[[Response], Exception | None]

GONE = frozenset({403, 404, 410, 451})
SHORTEST, USUAL, LONGEST = 1.0, 60.0, 86_400.0
"""Seconds of patience: at least, when the provider does not say, and at most."""


class Fault(Struct, frozen=True):
    """One entry of a GraphQL `errors` member."""

    type: Any = None
    extensions: Any = None

    @property
    def code(self) -> str:
        """The machine's word for it, upper case; the human sentence may quote what was asked."""
        nested = self.extensions.get("code") if isinstance(self.extensions, dict) else None
        return str(self.type or nested or "unnamed").upper()[:64]


class Envelope(Struct, frozen=True):
    """A GraphQL reply."""

    data: Raw = Raw(b"null")
    errors: tuple[Fault, ...] | None = None


class Allowance(NamedTuple):
    """How many calls are left of how many, and in how many seconds they are counted anew."""

    remaining: float
    limit: float
    reset: float


def judge(  # noqa: PLR0911 - a table of statuses reads best as one
    it: Response, dialect: Dialect | None, *, write: bool = False
) -> Exception | None:
    """Return the error that an answer stands for, None for a good one.

    The provider's `dialect` is asked first, for every answer: some refuse with a 200.
    """
    if dialect and (error := dialect(it)):
        return error
    if it.status < 300 or it.status == 304:
        return None
    said = f"the provider answered {it.status}"
    if it.status == 401:
        return Reauthorize()
    patience = _patience(it)
    if it.status == 429 or (it.status == 403 and patience):
        limited = f"the provider's limit of calls is reached ({it.status})"
        return RateLimited(limited, retry_after=patience or USUAL)
    if it.status in GONE:
        return ItemGone(said)
    if it.status == 412:
        return Changed()
    if it.status == 408 or it.status >= 500:
        return Unavailable(said, unknown=write and it.status not in (408, 503))
    return Refused(said)


def judge_graphql(it: Response) -> ProviderError | None:
    """Return the error that the `errors` of a GraphQL reply stand for."""
    try:
        envelope = decode(it.body, Envelope)
    except Unreadable:
        return None
    if not envelope.errors:
        return None
    codes = [fault.code for fault in envelope.errors]
    if any("RATE" in code and "LIMIT" in code for code in codes):
        return RateLimited(
            "the provider's GraphQL budget is spent", retry_after=retry_after(it.headers) or USUAL
        )
    return Refused(f"the provider refused the query: {', '.join(sorted(set(codes)))}")


def _patience(it: Response) -> float | None:
    """Return for how long the answer asks us to stay away; a spent allowance says so as well."""
    asked = retry_after(it.headers)
    left = allowance(it.headers, time.time())
    if asked is None and left and left.remaining <= 0:
        return max(left.reset, SHORTEST)
    return asked


def retry_after(headers: Mapping[str, str], now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that `Retry-After` asks for (RFC 9110 10.2.3), None when it does not."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = (
            float(text)
            if "0" <= text[:1] <= "9"
            else parsedate_to_datetime(text).timestamp() - now()
        )
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, SHORTEST), LONGEST)


def allowance(headers: Mapping[str, str], now: float) -> Allowance | None:
    """Read `x-ratelimit-*`, `x-rate-limit-*` or `ratelimit-*`; a reset is in seconds from now, or since 1970."""
    for prefix in ("x-ratelimit-", "x-rate-limit-", "ratelimit-"):
        try:
            remaining = float(headers[prefix + "remaining"])
            reset = float(headers[prefix + "reset"])
            limit = float(headers.get(prefix + "limit", "0"))
        except (KeyError, ValueError):
            continue
        reset = reset - now if reset > 1e9 else reset
        return Allowance(remaining, limit, min(max(reset, 0.0), LONGEST))
    return None


def decode(body: bytes | Raw, type: type[T], *, write: bool = False) -> T:
    """Decode JSON into `type`; `bytes` gives the body itself and `NoneType` ignores it.

    Raises Unreadable for another shape, which names the field and the type we expected, never what
    was there; and Unavailable for what is no JSON at all: an error page, or an answer cut short.
    """
    if type is bytes and isinstance(body, bytes):
        return body  # type: ignore[return-value] # T is bytes here
    if type is _NOTHING:
        return None  # type: ignore[return-value] # T is None here
    try:
        return cast(T, decoder(cast(Hashable, type)).decode(body))
    except msgspec.ValidationError as error:
        raise Unreadable(mismatch(error, type)) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Unavailable(f"the answer is not the JSON of {named(type)}", unknown=write) from None


_NOTHING = type(None)
