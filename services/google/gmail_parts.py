"""The parts of a message that have to be asked for: attachments, and texts that Gmail left out.

The id of an attachment lives so shortly that it is asked for each time; the number of a part stays.
"""

from services.google.gmail_models import ME, Body, Mail, Payload
from shared.errors import ItemGone
from shared.provider import Api

LONGEST_TEXT = 1_000_000
"""Bytes of a text part that is fetched on its own."""


async def part(api: Api, ident: str, number: str) -> Payload:
    """One part, with its bytes if they come along; raises ItemGone where there is no such part."""
    mail = await api.get(f"{ME}/messages/{ident}", Mail, format="full")
    found = _find(mail.payload, "" if number == "0" and _single(mail) else number)
    if found is None:
        raise ItemGone("The message has no such part.")
    return found


async def complete(api: Api, ident: str, it: Payload) -> None:
    """Fetch the text parts that Gmail left out for their size."""
    body = it.body
    read = it.mimeType.startswith("text/") and not it.filename
    if read and body and body.data is None and body.attachmentId and body.size <= LONGEST_TEXT:
        it.body = await api.get(f"{ME}/messages/{ident}/attachments/{body.attachmentId}", Body)
    for child in it.parts:
        await complete(api, ident, child)


def _single(mail: Mail) -> bool:
    return bool(mail.payload and not mail.payload.parts)


def _find(it: Payload | None, number: str) -> Payload | None:
    if it is None or it.partId == number:
        return it
    return next(filter(None, (_find(child, number) for child in it.parts)), None)
