"""The provider of the chaos tests: feeds of facts that it can state as often as it is asked.

`GET /feed?after=<n>&limit=<m>` with the bearer token `token-<feed>` lists the facts behind the n-th.
Every fact is a function of its number, so the truth needs no storage and cannot be lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, json


class Fact(Struct, frozen=True):
    """The `n`-th fact of a feed, `n` seconds after the beginning."""

    feed: str
    n: int


class Answer(Struct, frozen=True):
    """One page."""

    facts: list[Fact]
    more: bool


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that was killed in the middle of a call is what this is about."""


@contextmanager
def serving(size: int, *, hiccup: int = 0) -> Iterator[str]:
    """Serve feeds of `size` facts and yield the base URL; every `hiccup`-th call is answered 503."""
    calls = iter(range(1, 1 << 62))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            feed = self.headers.get("authorization", "").removeprefix("Bearer token-")
            if not feed:
                return self._answer(401, b"{}")
            if hiccup and next(calls) % hiccup == 0:
                return self._answer(503, b"{}")
            first = int(asked["after"][0]) + 1
            last = min(size, first + int(asked["limit"][0]))
            facts = [Fact(feed, n) for n in range(first, last)]
            return self._answer(200, json.encode(Answer(facts, more=last < size)))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
