"""A wire to a simulated provider that notes every secret that travels on it, and can send them back."""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import DecodeError, json

from shared.simulation import Simulation

TELLING = {
    "access_token": "access token",
    "refresh_token": "refresh token",
    "id_token": "id token",
    "token": "token",
    "code": "code",
    "code_verifier": "verifier",
    "client_secret": "client secret",
    "secret": "webhook secret",
    "passcode": "webhook secret",
}
"""Fields whose values are secret, wherever they stand."""


class Wire:
    """The ASGI application in front of a simulator.

    `markers` are the secrets seen, by what they are. With `echo`, a status, the calls whose path
    has `only` in it are answered with everything that was sent, and with all that was ever seen.
    `url` is where it listens.
    """

    def __init__(self, app: Simulation) -> None:
        self.app = app
        self.markers: dict[str, set[str]] = defaultdict(set)
        self.echo, self.only, self.echoed, self.url = 0, "", 0, ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        headers = {name.decode().lower(): it.decode("latin-1") for name, it in scope["headers"]}
        self._note(headers, body)
        consenting = scope["method"] == "GET" and "redirect_uri" in str(scope["query_string"])
        if self.echo and self.only in scope["path"] and not consenting:
            self.echoed += 1
            await _send(send, self.echo, self._mirror(headers, body))
            return

        async def replayed() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def noted(event: Any) -> None:
            if event["type"] == "http.response.start":
                where = dict(event["headers"]).get(b"location", b"").decode()
                self._fields(dict(parse_qsl(urlsplit(where).query)))
            else:
                self._note({}, event.get("body", b""))
            await send(event)

        await self.app(scope, replayed, noted)

    def _mirror(self, headers: Mapping[str, str], body: bytes) -> bytes:
        seen = sorted({it for them in self.markers.values() for it in them})
        said = " ".join([*(f"{name}: {it}" for name, it in headers.items()), *seen])
        said += body.decode("utf-8", "replace")
        words = ("message", "error", "error_description", "error_uri", "detail")
        told = {**dict.fromkeys(words, said), "ok": False, "errors": [{"message": said}]}
        return json.encode(told)

    def _note(self, headers: Mapping[str, str], body: bytes) -> None:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            self.markers["access token"].add(value)
        elif kind == "Basic":
            self.markers["client secret"] |= {value, b64decode(value).decode().rpartition(":")[2]}
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            self._fields(dict(parse_qsl(body.decode("utf-8", "replace"))))
        else:
            with suppress(DecodeError):
                for found in _objects(json.decode(body)):
                    self._fields(found)

    def _fields(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if name in TELLING and isinstance(value, str) and len(value) >= 8:
                self.markers[TELLING[name]].add(value)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    inside: Iterable[Any] = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield value
        inside = value.values()
    for inner in inside:
        yield from _objects(inner)


async def _whole(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    body = b""
    while True:
        event = await receive()
        body += bytes(event.get("body", b""))
        if not event.get("more_body", False):
            return body


async def _send(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
