"""Where an account's calls go, and what each says: the provider's base URL, or the server that the
account's token names."""

from collections.abc import Awaitable, Callable, Mapping

import httpx

from shared.credentials import BASE_URL, SCHEME
from shared.errors import Refused
from shared.http.exchange import own, parsed
from shared.provider import Provider


class Home:
    """The addresses of one account; `extra` is what came with its token."""

    def __init__(
        self, provider: Provider, base_url: str, extra: Callable[[], Awaitable[Mapping[str, str]]]
    ) -> None:
        self._provider, self._extra = provider, extra
        self._base = _slashed(base_url)
        asked = provider.credentials or provider.account_headers
        self._told: Mapping[str, str] | None = None if asked else {}

    @property
    def root(self) -> str:
        """The path of the service's base URL."""
        return self._base.path

    async def base(self) -> httpx.URL:
        """The base URL. Raises Refused where the account's is none."""
        told = await self._own()
        return _slashed(told.get(BASE_URL, "")) if self._provider.credentials else self._base

    async def scheme(self) -> str:
        """What the token is called in `Authorization`; empty where it is not said there."""
        return (await self._own()).get(SCHEME, "Bearer")

    async def headers(self) -> Mapping[str, str]:
        """What every call says, the account's own last."""
        own = self._provider.account_headers
        return {**self._provider.headers, **(own(await self._own()) if own else {})}

    async def url(self, path: str, params: Mapping[str, str | int]) -> httpx.URL:
        """The address of a path. Raises Refused for one that is on another origin."""
        absolute, home = path.startswith(("https://", "http://")), await self._place(path)
        url = parsed(path if absolute else str(home) + path.lstrip("/"))
        return own(url.copy_merge_params(params) if params else url, home)

    async def upload(self, url: str) -> httpx.URL:
        """An address that takes uploads. Raises Refused for a host that the provider did not declare."""
        base = await self.base()
        origins = [it.format(host=base.host) for it in self._provider.uploads]
        return own(parsed(url), base, *map(httpx.URL, origins))

    async def _place(self, path: str) -> httpx.URL:
        """Where a path lives: on the base URL, or on a host of its own while that is the declared one."""
        base = await self.base()
        if str(base) == self._provider.base_url.rstrip("/") + "/":
            for prefix, origin in self._provider.hosts.items():
                if path.startswith(prefix):
                    return httpx.URL(origin + "/")
        return base

    async def _own(self) -> Mapping[str, str]:
        if self._told is None:
            self._told = await self._extra()
        return self._told


def _slashed(url: str) -> httpx.URL:
    base = parsed(url.rstrip("/") + "/")
    if base.userinfo:
        raise Refused("the address of the server must not contain a user name or a password")
    return base
