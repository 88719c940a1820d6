"""Many reads in one call: Gmail's batch endpoint, in which each part has a status of its own.

Every part counts against the quota as if it had been asked for alone.
https://developers.google.com/workspace/gmail/api/guides/batch
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from shared.errors import ItemGone, Refused
from shared.provider import Api

PATH = "/batch/gmail/v1"
LARGEST = 50
"""Parts of one call; of more than that Gmail itself turns some away."""
PART = b"Content-Type: application/http"
"""What every part of a question begins with."""

_BOUNDARY = re.compile(r';\s*boundary="?([^";]{1,200})', re.IGNORECASE)
_NUMBER = re.compile(rb"^content-id:\s*<response-(\d{1,3})@", re.MULTILINE | re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")


class Part(NamedTuple):
    """The answer to one part; its status is 0 where there was none."""

    status: int
    body: bytes


UNANSWERED = Part(0, b"")


async def get(api: Api, targets: Sequence[str]) -> list[Part]:
    """Read up to `LARGEST` targets of Gmail at once; each has its answer, in their order.

    Where there are no batches, or their answer is larger than any may be, nothing is answered.
    """
    boundary = uuid4().hex
    try:
        reply = await api.query(
            PATH, f"multipart/mixed; boundary={boundary}", question(boundary, targets)
        )
    except (ItemGone, Refused):
        return [UNANSWERED] * len(targets)
    told = answered(reply.headers.get("content-type", ""), reply.data or b"")
    return [told.get(number, UNANSWERED) for number in range(len(targets))]


def question(boundary: str, targets: Iterable[str]) -> bytes:
    """The body that asks for these paths with their parameters."""
    mark = f"--{boundary}".encode()
    parts = [
        b"%s\r\n%s\r\nContent-ID: <%d@batch>\r\n\r\nGET %s\r\n\r\n"
        % (mark, PART, number, target.encode())
        for number, target in enumerate(targets)
    ]
    return b"".join([*parts, mark, b"--\r\n"])


def answered(content_type: str, body: bytes) -> Mapping[int, Part]:
    """What the parts say, by the number of the question; what cannot be read is left out."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return {}
    told = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].strip().encode())[1:]:
        head, _, answer = part.partition(b"\r\n\r\n")
        line, _, content = answer.partition(b"\r\n\r\n")
        number, status = _NUMBER.search(head), _STATUS.match(line)
        if number and status:
            told[int(number[1])] = Part(int(status[1]), content)
    return told
