"""Up to twenty reads in one call; each part has a status of its own.

https://learn.microsoft.com/en-us/graph/json-batching
"""

from collections.abc import Sequence

from msgspec import MsgspecError, Raw, Struct, json

from services.microsoft.dialect import NotThere, dialect
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.types import Response

PATH = "/$batch"
LARGEST = 20
PREFER = 'IdType="ImmutableId", outlook.body-content-type="text"'
"""What the parts ask for; the headers of the call itself are not theirs."""


class Part(Struct):
    """The answer to one question."""

    id: str
    status: int = 0
    body: Raw = Raw(b"null")


class Answered(Struct):
    responses: list[Part] = []


async def get(api: Api, paths: Sequence[str]) -> list[Raw | None]:
    """Read paths of the API; None for what is not there.

    A part that was turned away (429, 424, 5xx) is asked for alone: then the limits, refusals and
    repetitions are those of any other call.
    """
    found: list[Raw | None] = []
    for at in range(0, len(paths), LARGEST):
        some = paths[at : at + LARGEST]
        told = await _together(api, some) if len(some) > 1 else {}
        for number, path in enumerate(some):
            found.append(await _one(api, path, told.get(str(number))))
    return found


async def _together(api: Api, paths: Sequence[str]) -> dict[str, Part]:
    questions = [
        {"id": str(number), "method": "GET", "url": path, "headers": {"Prefer": PREFER}}
        for number, path in enumerate(paths)
    ]
    body = json.encode({"requests": questions})
    try:
        reply = await api.query(PATH, "application/json", body)
        parts = json.decode(reply.data or b"{}", type=Answered).responses
    except (ItemGone, Refused, MsgspecError):
        return {}
    return {it.id: it for it in parts}


async def _one(api: Api, path: str, part: Part | None) -> Raw | None:
    if part and part.status == 200:
        return part.body
    said = dialect(Response(part.status, {}, bytes(part.body))) if part else None
    try:
        return None if isinstance(said, NotThere) else await api.get(path, Raw)
    except NotThere:
        return None
