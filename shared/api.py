"""What a provider asks the hub for: calls to its API, as one account sees it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Reply(Struct, Generic[T], frozen=True):
    """A decoded answer. `data` is None where the provider said "not modified" (304).

    `next` is the absolute URL of the following page (RFC 8288 `rel="next"`), or empty.
    """

    data: T | None
    status: int
    headers: Mapping[str, str]
    next: str = ""

    @property
    def etag(self) -> str:
        """What to send as `etag` next time to be told only of changes."""
        return self.headers.get("etag", "")


class Content(NamedTuple):
    """A body that is not JSON, with its media type."""

    type: str
    data: bytes


class Download(NamedTuple):
    """Bytes on their way, to be read once; their number, where it is known beforehand."""

    chunks: AsyncIterator[bytes]
    headers: Mapping[str, str] = {}
    size: int | None = None


class Api(Protocol):
    """One account's view of the provider's API. `path` is relative to the base URL, or absolute on it.

    What is given by name beyond the names below goes into the query, as `type="Todo"` would. Every method raises a `ProviderError` that is named by what to do next. Answers are decoded into
    `type` by msgspec (an answer of another shape raises `Unreadable`). Reads are repeated with
    backoff; writes never are.
    """

    async def get(self, path: str, type: type[T], /, **params: str | int) -> T:
        """Read one thing."""
        ...

    async def page(
        self, path: str, type: type[T], /, *, etag: str = "", **params: str | int
    ) -> Reply[T]:
        """Read one page; with `etag`, only if it changed since."""
        ...

    def paginate(self, path: str, type: type[T], /, **params: str | int) -> AsyncIterator[Reply[T]]:
        """Read page after page, following `Link: rel="next"`."""
        ...

    def stream(
        self, path: str, /, *, largest: int, **params: str | int
    ) -> AbstractAsyncContextManager[Download]:
        """Read bytes as they come, without ever holding them all; to be read within the block.

        Entering it waits for the first bytes, and raises what any read raises; only until then it
        is repeated. From the chunks come TooLarge after `largest` bytes, and Unavailable where they
        break off.
        """
        ...

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        """Read by POST, as batches are read, or another `method`; the answer is given as it came."""
        ...

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
        """Write once; `NoneType` as `type` ignores the answer's body, `Reply` gives it with the headers.

        With `etag`, only what is still as it was then; raises Changed for what is not.
        """
        ...

    async def graphql(self, query: str, type: type[T], /, **variables: Any) -> T:
        """Ask GraphQL; `type` is the shape of the reply's `data`."""
        ...

    async def upload(self, url: str, content: bytes) -> None:
        """Send bytes once to an address that the provider named: on a declared host, without the token."""
        ...

    async def pace(self, path: str, method: str = "GET") -> float:
        """Tell how many such calls a second may be made, as declared or as lately observed."""
        ...

    async def extra(self) -> Mapping[str, str]:
        """Tell what came beside the account's token (`Token.extra`)."""
        ...
