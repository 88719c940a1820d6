"""The guard for addresses that users supply: a feed, a self-hosted server, an attachment.

A name is resolved once, every answer has to be a public address, and the connection goes to the
address that was checked, so that a second answer of the name server changes nothing.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence

import httpx
from msgspec import Struct

from shared.errors import BadRequest, Refused, Unavailable
from shared.http.answers import judge
from shared.types import Response

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

SECONDS = 5.0
"""That a name may take to resolve, and that a download may take."""
LARGEST = 25 * 1024 * 1024
"""Bytes of the largest download."""

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]+")
_UNICAST = ipaddress.ip_network("2000::/3")
# `is_global` calls some of these global, and the others are here so that it need not be trusted.
_DENIED = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)


class Checked(Struct, frozen=True):
    """A URL that may be fetched, from this `address` only; `host` is what TLS has to prove."""

    url: str
    host: str
    address: str


def public(address: str) -> bool:
    """Whether an IP address is a plain one on the internet: IPv6 only 2000::/3, nothing that embeds IPv4."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and ("%" in address or ip not in _UNICAST):
        return False
    return ip.is_global and not any(ip in net for net in _DENIED if net.version == ip.version)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name; raises Unavailable when it has none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        raise Unavailable(f"the name {host} cannot be resolved") from None
    return [str(entry[4][0]) for entry in found]


async def check(
    url: str, *, ports: Collection[int] = (443,), resolver: Resolver = resolve
) -> Checked:
    """Return what to connect to for a URL that a user supplied.

    Raises BadRequest unless it is https on one of `ports`, without credentials, at a host all of
    whose addresses are public; Unavailable when the name has no address.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, TypeError):
        raise BadRequest("the address is not a URL") from None
    if parsed.scheme != "https" or not _HOST.fullmatch(host):
        raise BadRequest("the address has to begin with https:// and name a host")
    if parsed.userinfo or "@" in parsed.netloc.decode("ascii"):
        raise BadRequest("the address must not contain a user name or a password")
    if (parsed.port or 443) not in ports:
        raise BadRequest(f"port {parsed.port} of the address is not allowed")
    try:
        addresses = await resolver(host, parsed.port or 443)
    except UnicodeError:
        raise BadRequest("the address is not a URL") from None
    if not addresses:
        raise Unavailable(f"the name {host} cannot be resolved")
    if not all(public(address) for address in addresses):
        raise BadRequest("the address leads to a private network or to this machine")
    return Checked(str(parsed), host, addresses[0])


async def fetch(
    url: str,
    *,
    ports: Collection[int] = (443,),
    resolver: Resolver = resolve,
    largest: int = LARGEST,
) -> bytes:
    """Check a URL and download what is there, at most `largest` bytes, within five seconds.

    Raises Refused (also for an address that may not be fetched, and for a redirect), ItemGone,
    RateLimited or Unavailable.
    """
    try:
        target = await check(url, ports=ports, resolver=resolver)
    except BadRequest as error:
        raise Refused(str(error)) from error
    return await download(target, largest=largest)


async def download(
    target: Checked,
    *,
    largest: int = LARGEST,
    seconds: float = SECONDS,
    verify: ssl.SSLContext | bool = True,
    transport: httpx.AsyncBaseTransport | None = None,
) -> bytes:
    """Download from the checked address, and from no other; see `fetch` for what it raises."""
    named = httpx.URL(target.url)
    client = httpx.AsyncClient(
        verify=verify, transport=transport, trust_env=False, follow_redirects=False
    )
    # A client of its own: a pooled connection would be shared by every name at that address.
    async with client:
        request = client.build_request(
            "GET",
            named.copy_with(host=target.address),
            headers={"host": named.netloc.decode("ascii"), "accept-encoding": "identity"},
            extensions={"sni_hostname": target.host},
        )
        try:
            async with asyncio.timeout(seconds):
                return await _received(await client.send(request, stream=True), largest)
        except (TimeoutError, httpx.RequestError) as error:
            raise Unavailable(f"the download failed ({type(error).__name__})") from None


async def _received(response: httpx.Response, largest: int) -> bytes:
    try:
        status, headers = response.status_code, dict(response.headers)
        if status == 401:  # ours is no connection that a user could renew
            raise Refused("the address asks for a password")
        if (error := judge(Response(status, headers, b""), None)) is not None:
            raise error
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > largest:
                raise Refused(f"the download is larger than {largest >> 20} MB")
        return bytes(body)
    finally:
        await response.aclose()
