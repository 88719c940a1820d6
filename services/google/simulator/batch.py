"""Gmail's batches: the parts are answered as the calls would be, last first, each with its status.

https://developers.google.com/workspace/gmail/api/guides/batch
"""

import re
from collections.abc import Sequence
from email import message_from_bytes
from urllib.parse import parse_qsl, urlsplit

from msgspec import json
from msgspec.structs import replace

from services.google.simulator.consent import problem
from shared.simulation import Answer, Asked, Route

LARGEST = 100
_PART = re.compile(r"GET (\S+)\s*")


class Batches:
    """Batches of these routes' reads; `crowd` turns every third part of the next one away."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(re.compile(it.pattern), it.handle) for it in routes if it.method == "GET"]
        self._crowded = False

    def crowd(self) -> None:
        """Let the parts of the next batch be too many at once."""
        self._crowded = True

    def route(self) -> Route:
        return Route("POST", "/batch/gmail/v1", self._answer)

    def _answer(self, asked: Asked) -> Answer:
        head = b"Content-Type: " + asked.headers.get("content-type", "").encode() + b"\r\n\r\n"
        parts = message_from_bytes(head + asked.body).get_payload()
        if not isinstance(parts, list) or len(parts) > LARGEST:
            return problem(400, "badRequest", "The batch is none, or has more than 100 parts.")
        crowded, self._crowded = self._crowded, False
        told = []
        for number, part in enumerate(parts):
            found = _PART.match(str(part.get_payload()))
            away = crowded and number % 3 == 2
            answer = problem(429, "rateLimitExceeded") if away else self._part(asked, found)
            told.append(_written(str(part["content-id"]), answer))
        boundary = b"--batch_simulated"
        body = b"".join(boundary + b"\r\n" + it + b"\r\n" for it in reversed(told))
        kind = "multipart/mixed; boundary=batch_simulated"
        return Answer(body + boundary + b"--\r\n", headers={"content-type": kind})

    def _part(self, asked: Asked, found: re.Match[str] | None) -> Answer:
        url = urlsplit(found[1] if found else "")
        for pattern, handle in self._routes:
            if match := pattern.fullmatch(url.path):
                its = replace(asked, method="GET", path=url.path, query=dict(parse_qsl(url.query)))
                made = handle(its, *match.groups())
                assert isinstance(made, Answer), "reads answer at once"
                return made
        return problem(404, "notFound")


def _written(ident: str, it: Answer) -> bytes:
    """An answer as a part: its id is the question's behind `response-`."""
    head = f"Content-Type: application/http\r\nContent-ID: <response-{ident.strip('<>')}>"
    status = f"HTTP/1.1 {it.status} Said\r\nContent-Type: application/json; charset=UTF-8"
    return f"{head}\r\n\r\n{status}\r\n\r\n".encode() + json.encode(it.body)
