"""One exchange with a host: what leaves, what comes back within its limits, and what went wrong."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import msgspec

from shared.api import Content
from shared.errors import Elsewhere, Refused, Unavailable
from shared.http.body import Body, too_large
from shared.http.gate import Gate
from shared.types import Response

LARGEST = 32 * 1024 * 1024
"""Bytes of the largest answer that is read whole."""
REDIRECTS = 3

_MOVED = frozenset({301, 302, 307, 308})
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Client(httpx.AsyncClient):
    """The process's connections, with what was learnt about the hosts and accounts at their ends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.gate = Gate()


def open_client(*, connect: float = 5.0, read: float = 30.0) -> httpx.AsyncClient:
    """Return the client that every call of a process goes through; close it with `aclose()`.

    `connect` and `read` are timeouts in seconds. It follows no redirects and ignores the
    environment's proxy variables.
    """
    return Client(
        timeout=httpx.Timeout(read, connect=connect),
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=15),
        follow_redirects=False,
        trust_env=False,
    )


class Call(NamedTuple):
    """What is sent, but for the credentials, which an `anonymous` one has none of; a `write` must not
    happen twice. The body of a good answer goes `into` one that passes it on, its first bytes into the
    answer as well."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    write: bool = False
    graphql: bool = False
    anonymous: bool = False
    into: Body | None = None


class Answer(NamedTuple):
    """What came back; `next` is the absolute URL of the following page, or empty."""

    response: Response
    next: str


def encoded(body: Any) -> tuple[dict[str, str], bytes | None]:
    """Return headers and bytes of a body: JSON, an encoded form (str), or bytes as they are."""
    match body:
        case Content(kind, data):
            return {"content-type": kind}, data
        case None:
            return {}, None
        case bytes():
            return {"content-type": "application/octet-stream"}, body
        case str():
            return {"content-type": "application/x-www-form-urlencoded"}, body.encode()
        case _:
            return {"content-type": "application/json"}, msgspec.json.encode(body)


def parsed(text: str) -> httpx.URL:
    """Return the URL; raises Refused for what is none."""
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        raise Refused("the address of the call is not a URL") from None


def own(url: httpx.URL, *homes: httpx.URL) -> httpx.URL:
    """Return `url` if it is on one of these origins: nothing of ours goes anywhere else.

    A home at `*.example.com` stands for every host under that name.
    """
    if url.userinfo or not any(_at(url, home) for home in homes):
        raise Refused("the address of the call is not on the provider's own host")
    return url


def _at(url: httpx.URL, home: httpx.URL) -> bool:
    if home.host.startswith("*.") and url.host.endswith(home.host[1:]):
        home = home.copy_with(host=url.host)
    return _origin(url) == _origin(home)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


async def exchange(
    client: httpx.AsyncClient,
    call: Call,
    headers: Mapping[str, str],
    total: float,
    others: Iterable[str] = (),
) -> Answer:
    """Send one call within `total` seconds; a read follows redirects on its own origin, and to the
    provider's `others`, but without the credentials.

    Raises Unavailable (`unknown` for a write that may have arrived) or Refused. What the transport
    said is not passed on: it may quote a URL or a header.
    """
    try:
        async with asyncio.timeout(total):
            homes = [call.url, *map(httpx.URL, others)]
            return await _followed(client, call, {**headers, **call.headers}, homes)
    except _NEVER_LEFT:
        raise Unavailable(f"{call.url.host} could not be reached") from None
    except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeEncodeError):
        raise Refused("the call cannot be written as HTTP") from None
    except (TimeoutError, httpx.RequestError) as error:
        raise Unavailable(
            f"the provider did not finish its answer ({type(error).__name__})", unknown=call.write
        ) from None


async def _followed(
    client: httpx.AsyncClient, call: Call, headers: dict[str, str], homes: Sequence[httpx.URL]
) -> Answer:
    url = call.url
    for _ in range(REDIRECTS + 1):
        request = client.build_request(call.method, url, headers=headers, content=call.content)
        response, passed = await client.send(request, stream=True), False
        try:
            if call.into and response.is_success:
                first = await call.into.take(response)
                passed = True
                return Answer(_response(response, first), "")
            if response.status_code not in _MOVED or "location" not in response.headers:
                return await _read(response, url)
        finally:
            if not passed:
                await response.aclose()
        if call.write or call.method == "POST":
            raise Refused("the provider redirects a call that is not a read")
        url = _led(url.join(response.headers["location"]), homes)
        if _origin(url) != _origin(call.url):
            headers.pop("authorization", None)
    raise Refused(f"the provider redirects more than {REDIRECTS} times")


def _led(url: httpx.URL, homes: Sequence[httpx.URL]) -> httpx.URL:
    try:
        return own(url, *homes)
    except Refused:
        said = "the address of the call is not on the provider's own host"
        raise Elsewhere(said, url=str(url)) from None


async def _read(response: httpx.Response, url: httpx.URL) -> Answer:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise too_large(LARGEST)
    following = response.links.get("next", {}).get("url", "")
    return Answer(_response(response, bytes(body)), str(url.join(following)) if following else "")


def _response(it: httpx.Response, body: bytes) -> Response:
    return Response(it.status_code, dict(it.headers), body)
