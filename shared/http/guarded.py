"""The client for servers that users name: by https, and to addresses of the internet.

The rule holds at every connect, not for a URL that was looked at once: a name that resolves to something
else the next time, or a redirect, meets it again.
"""

import ipaddress
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from shared.errors import ConfigError, Refused, Unavailable
from shared.http.addresses import Resolver, public, resolve
from shared.http.exchange import Client

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def networks(text: str) -> tuple[Network, ...]:
    """Read `10.1.0.0/16,fd00::/8`: private networks that users' servers may be in. Raises ConfigError."""
    try:
        return tuple(ipaddress.ip_network(it.strip()) for it in text.split(",") if it.strip())
    except ValueError:
        raise ConfigError(
            "PRIVATE_NETWORKS must be networks such as 10.1.0.0/16,fd00::/8"
        ) from None


def open_guarded(
    allowed: Iterable[Network] = (),
    *,
    loopback: bool = False,
    resolver: Resolver = resolve,
    verify: ssl.SSLContext | bool = True,
    connect: float = 5.0,
    read: float = 30.0,
) -> Client:
    """Return a client that reaches public addresses and `allowed` networks, and raises Refused for others.

    `loopback` lets this machine through as well, also by http. Timeouts are in seconds.
    """
    return Client(
        timeout=httpx.Timeout(read, connect=connect),
        transport=Guarded(tuple(allowed), resolver, verify, plain=loopback),
        follow_redirects=False,
        trust_env=False,
    )


class Guarded(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that `Door` opens."""

    def __init__(
        self,
        allowed: tuple[Network, ...],
        resolver: Resolver,
        verify: ssl.SSLContext | bool,
        *,
        plain: bool,
    ) -> None:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._plain = plain
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=50,
            keepalive_expiry=15,
            network_backend=Door((*allowed, *(LOOPBACK if plain else ())), resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises Refused for http, but to this machine where that is allowed."""
        here = self._plain and request.url.host in ("localhost", "127.0.0.1", "::1")
        if request.url.scheme != "https" and not here:
            raise Refused("the address has to begin with https://")
        return await super().handle_async_request(request)


class Door(httpcore.AsyncNetworkBackend):
    """Opens connections to the addresses that it looked at, and to none where one of them is not allowed."""

    def __init__(self, allowed: tuple[Network, ...], resolver: Resolver) -> None:
        self._allowed, self._resolver = allowed, resolver
        self._open = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a name that answers."""
        addresses = await self._resolver(host, port)
        if not all(public(it) or self._let(it) for it in addresses):
            raise Refused("the address leads to a private network or to this machine")
        for address in addresses:
            try:
                return await self._open.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise Unavailable(f"{host} could not be reached")

    def _let(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in net for net in self._allowed)
