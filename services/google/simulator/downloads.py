"""The bytes of files and attachments: as many as they are said to have, the same every time."""

from base64 import urlsafe_b64encode
from random import Random

from services.google.simulator.consent import problem
from services.google.simulator.rest import MAIL
from services.google.simulator.world import World
from shared.simulation import Answer, Asked, Route


def routes(world: World) -> list[Route]:
    """A file, or its bytes; and an attachment, whose id is the number of its bytes."""

    def file(asked: Asked, ident: str) -> Answer:
        found = world.files.get(ident)
        if found is None:
            return problem(404, "notFound")
        if asked.query.get("alt") != "media":
            return Answer(found)
        return Answer(noise(int(found["size"])), headers={"content-type": found["mimeType"]})

    def attachment(_: Asked, ident: str) -> Answer:
        return Answer({"size": int(ident), "data": urlsafe_b64encode(noise(int(ident))).decode()})

    return [
        Route("GET", "/drive/v3/files/([^/]+)", file),
        Route("GET", rf"{MAIL}/messages/[^/]+/attachments/(\d+)", attachment),
    ]


def noise(size: int) -> bytes:
    """So many bytes that look like nothing."""
    return Random(size).randbytes(size)  # noqa: S311 - the same every time
