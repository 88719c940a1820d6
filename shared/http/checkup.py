"""A look at an address from outside: does it answer, and do its clock and ours agree."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx
from msgspec import Struct


class Seen(Struct, frozen=True):
    """What answered; `ahead` is by how many seconds our clock is before theirs, None when not told."""

    status: int
    body: bytes
    ahead: float | None


def look(url: str, *, now: Callable[[], float] = time.time) -> Seen | str:
    """GET it without any credential, within five seconds; a sentence where nothing answered."""
    try:
        with httpx.Client(timeout=5, trust_env=False, follow_redirects=False) as client:
            answer = client.get(url)
            at = now()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"nothing answers at {url}: {error or type(error).__name__}"
    try:
        ahead = at - parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        ahead = None
    return Seen(answer.status_code, answer.content, ahead)
