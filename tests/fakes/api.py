"""A provider's API that only knows what it was told: any other call fails the test."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from msgspec import MsgspecError, Raw, Struct, convert, json

from shared.errors import Changed, ItemGone, TooLarge, Unreadable
from shared.provider import Content, Download, Reply

T = TypeVar("T")
Params = Mapping[str, str]
PIECE = 7
"""Bytes of each chunk of a stream."""


class Answer(Struct, frozen=True):
    """What one call gets. `body` is encoded as JSON (bytes go as they are), or an exception is raised.

    `next` is the following page's URL. With an `etag`, a call that carries it is told "not modified".
    A stream ends with `broken`.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    next: str = ""
    etag: str = ""
    broken: Exception | None = None


class Call(Struct, frozen=True):
    """A call that was made, with its parameters, or GraphQL's variables, as text.

    `body` is what was encoded as JSON, or the bytes of a query.
    """

    method: str
    path: str
    params: Params = {}
    body: Any = None
    etag: str = ""


class FakeApi:
    """`shared.provider.Api` from recorded answers.

    `answers` has an answer per (method, path); an answer may be a function of the call. GraphQL is
    the method "GRAPHQL" with the query's text as path, or "*" for any query. `asked` keeps the calls;
    `paces` are what the calls of a path may be made at; `streaming` counts streams that are open;
    `beside` is what came with the token.
    """

    def __init__(
        self, answers: Mapping[tuple[str, str], "Answer | Exception | Callable[[Call], Any]"]
    ) -> None:
        self.answers = dict(answers)
        self.asked: list[Call] = []
        self.paces: dict[str, float] = {}
        self.beside: dict[str, str] = {}
        self.streaming = 0

    async def get(self, path: str, type: type[T], /, **params: str | int) -> T:
        return _decode(self._answer("GET", path, params).body, type)

    async def page(
        self, path: str, type: type[T], /, *, etag: str = "", **params: str | int
    ) -> Reply[T]:
        it = self._answer("GET", path, params, etag=etag)
        if etag and etag == it.etag:
            return Reply(None, 304, {"etag": etag})
        headers = {**it.headers, **({"etag": it.etag} if it.etag else {})}
        return Reply(_decode(it.body, type), it.status, headers, it.next)

    async def paginate(
        self, path: str, type: type[T], /, **params: str | int
    ) -> AsyncIterator[Reply[T]]:
        reply = await self.page(path, type, etag="", **params)
        yield reply
        while reply.next:
            reply = await self.page(reply.next, type)
            yield reply

    @asynccontextmanager
    async def stream(
        self, path: str, /, *, largest: int, **params: str | int
    ) -> AsyncIterator[Download]:
        it = self._answer("GET", path, params)
        body = _decode(it.body, bytes)
        if len(body) > largest:
            raise TooLarge

        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(body), PIECE):
                yield body[at : at + PIECE]
            if it.broken:
                raise it.broken

        self.streaming += 1
        try:
            yield Download(chunks(), it.headers, None if it.broken else len(body))
        finally:
            self.streaming -= 1

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        it = self._answer(method, path, {}, body)
        return Reply(_decode(it.body, bytes), it.status, it.headers)

    async def send(
        self,
        method: str,
        path: str,
        type: type[T],
        /,
        body: Any = None,
        *,
        etag: str = "",
        headers: Mapping[str, str] = {},
        **params: str | int,
    ) -> T:
        raw = body is None or isinstance(body, Content)
        plain = body if raw else json.decode(json.encode(body))
        it = self._answer(method, path, params, plain, etag)
        if etag and it.etag not in ("", etag):
            raise Changed
        if type is Reply:
            return cast(T, Reply(_decode(it.body, bytes), it.status, it.headers))
        return _decode(it.body, type)

    async def graphql(self, query: str, type: type[T], /, **variables: Any) -> T:
        path = query if ("GRAPHQL", query) in self.answers else "*"
        return _decode(self._answer("GRAPHQL", path, {}, variables).body, type)

    async def upload(self, url: str, content: bytes) -> None:
        self._answer("UPLOAD", url, {}, content.decode())

    async def pace(self, path: str, method: str = "GET") -> float:
        return self.paces.get(path, float("inf"))

    async def extra(self) -> Mapping[str, str]:
        return self.beside

    def _answer(
        self, method: str, path: str, params: Mapping[str, Any], body: Any = None, etag: str = ""
    ) -> Answer:
        url = urlsplit(path)
        path = url.path if url.scheme else path.partition("?")[0]
        asked = {**dict(parse_qsl(url.query)), **{k: str(v) for k, v in params.items()}}
        call = Call(method, path, asked, body, etag)
        self.asked.append(call)
        try:
            it = self.answers[method, path]
        except KeyError:
            raise AssertionError(f"nobody expected {method} {path} {asked}") from None
        found = it(call) if callable(it) else it
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Answer) else Answer(found)


def gone(_: Call) -> Answer:
    """The answer to a call for what is not there."""
    raise ItemGone


def _decode(body: Any, type: type[T]) -> T:
    if type is NoneType:
        return convert(None, type)
    raw = bytes(body) if isinstance(body, bytes | Raw) else json.encode(body)
    if type is bytes:
        return cast(T, raw)
    try:
        return json.decode(raw, type=type)
    except MsgspecError as error:
        raise Unreadable(str(error)) from error


NoneType = type(None)
