"""How Gmail is given a mail: small ones within JSON, larger ones as they are.

https://developers.google.com/workspace/gmail/api/guides/uploads
"""

import asyncio
from base64 import urlsafe_b64encode
from email.message import EmailMessage
from typing import TypeVar
from uuid import uuid4

from msgspec import json

from services.google.gmail_models import ME
from shared.errors import BadRequest
from shared.provider import Api, Content

T = TypeVar("T")

SMALL = 1_000_000
"""Bytes of a mail that goes as JSON."""
LARGEST = 12_000_000
"""Bytes of a request that brings a mail, with files of 9 MB at most."""


async def post(  # noqa: PLR0917 - what Api.send takes, and whose thread it is
    api: Api, method: str, path: str, type: type[T], made: EmailMessage, thread: str = ""
) -> T:
    """Give a mail to this path of the mailbox, once; a draft holds it as `message`.

    Raises BadRequest where it cannot be written.
    """
    try:
        data = await asyncio.to_thread(made.as_bytes)
    except (UnicodeError, ValueError, LookupError) as problem:
        raise BadRequest("The mail holds text that is not Unicode.") from problem
    mail = {"threadId": thread} if thread else {}
    if len(data) <= SMALL:
        mail["raw"] = urlsafe_b64encode(data).decode()
        return await api.send(method, f"{ME}{path}", type, _about(path, mail))
    body = related(json.encode(_about(path, mail)), data)
    return await api.send(method, f"/upload{ME}{path}", type, body, uploadType="multipart")


def _about(path: str, mail: dict[str, str]) -> dict[str, object]:
    return {"message": mail} if path.startswith("/drafts") else {**mail}


def related(facts: bytes, mail: bytes) -> Content:
    """The facts and the mail as one body (RFC 2387)."""
    boundary = uuid4().hex.encode()
    parts = ((b"application/json; charset=UTF-8", facts), (b"message/rfc822", mail))
    whole = b"".join(
        b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (boundary, kind, part) for kind, part in parts
    )
    return Content(
        f"multipart/related; boundary={boundary.decode()}", b"%s--%s--\r\n" % (whole, boundary)
    )
