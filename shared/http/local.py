"""The transport to what is on this machine: a call of the scheme `local` does not leave the process."""

import asyncio
from pathlib import Path

import httpx

from shared.errors import ConfigError
from shared.http.exchange import Client
from shared.local import SCHEME, Answering, LocalCall
from shared.provider import Provider


def reaching(
    provider: Provider, declared: httpx.AsyncClient, guarded: httpx.AsyncClient, folders: str
) -> httpx.AsyncClient:
    """Return the client for a provider's calls: to the hosts that it declared, to servers that users
    name, or also to what is in `folders` of this machine. Raises ConfigError."""
    if provider.credentials is None:
        return declared
    if provider.credentials.local is None:
        return guarded
    transport = Local(provider.credentials.local, roots(folders), guarded)
    return Client(timeout=guarded.timeout, transport=transport, follow_redirects=False)


def roots(text: str) -> tuple[Path, ...]:
    """Read `/srv/notes,/vaults`: the folders that accounts may name something in. Raises ConfigError."""
    found = tuple(Path(it.strip()) for it in text.split(",") if it.strip())
    if not all(it.is_absolute() and ".." not in it.parts and it.name for it in found):
        raise ConfigError("LOCAL_FOLDERS must be whole paths such as /srv/notes,/vaults")
    return found


class Local(httpx.AsyncBaseTransport):
    """Asks `answer` for what is here, and `beyond` for everything else."""

    def __init__(
        self, answer: Answering, within: tuple[Path, ...], beyond: httpx.AsyncClient
    ) -> None:
        self._answer, self._within, self._beyond = answer, within, beyond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, on a thread: a disk may keep it waiting."""
        url = request.url
        if url.scheme != SCHEME:
            return await self._beyond._transport.handle_async_request(request)
        call = LocalCall(
            method=request.method,
            path=url.raw_path.decode("ascii").partition("?")[0],
            query=dict(url.params),
            headers=dict(request.headers),
            body=await request.aread(),
            roots=self._within,
        )
        it = await asyncio.to_thread(self._answer, call)
        told = {**it.headers, "content-length": str(len(it.body))}
        return httpx.Response(it.status, headers=told, stream=httpx.ByteStream(it.body))
