"""How a meeting is named in a path: by its number, or one time of it by its uuid.

https://developers.zoom.us/docs/api/using-zoom-apis/#meeting-id-and-uuid
"""

import re
from urllib.parse import quote

UUID = re.compile(r"[A-Za-z0-9+/_-]{8,60}={0,2}\Z")


def segment(meeting: str) -> str:
    """One segment of a path; a uuid that looks like a path of its own is encoded twice."""
    once = quote(meeting, safe="")
    return quote(once, safe="") if meeting.startswith("/") or "//" in meeting else once


def safe(uuid: str) -> str:
    """A uuid as our own paths have it: base64 in its URL-safe letters."""
    return uuid.replace("+", "-").replace("/", "_")


def real(named: str) -> str:
    """What `safe` was made of; a number stays one."""
    return named.replace("-", "+").replace("_", "/")
