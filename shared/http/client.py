"""A provider's API as one account sees it: tokens, patience, errors by name, and no write sent twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TypeVar, cast

import httpx

from shared.errors import HubError, Refused
from shared.http.answers import Envelope, decode, judge, judge_graphql
from shared.http.body import PLAIN, Body
from shared.http.budget import Budget
from shared.http.exchange import Answer, Call, Client, encoded, exchange, open_client
from shared.http.gate import Gate
from shared.http.governor import Governor
from shared.http.home import Home
from shared.http.retries import Deadline, reads
from shared.http.standing import Standing, Token
from shared.provider import Download, Provider, Reply
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics
from shared.types import Quota, Secret

__all__ = ["HttpApi", "open_client"]

T = TypeVar("T")

TOTAL = 60.0
"""Seconds that one call may take, redirects and body included."""
AGENT = "self-integrations"
PAGES = 10_000
"""A walk of more pages than this goes in a circle."""


class HttpApi:
    """`shared.provider.Api` over HTTP.

    `token(refused)` returns an access token, a fresh one when `refused` was just answered 401;
    `authorization` replaces the header. `key` names the account's places, and its quotas too where
    `whose` does not say whom the provider counts by; `quotas` are in force instead of the declared
    ones. `interactive` is for calls that a person waits for, all together at most `within` seconds from
    now; `extra` gives what came with the token, `settings` what the service calls itself by. The rest is
    for tests: `sleep`, `now` in epoch seconds, and `total` seconds a call may take.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        provider: Provider,
        base_url: str,
        token: Token | None,
        *,
        budget: Budget | None = None,
        key: str = "",
        whose: Callable[[], Awaitable[str]] | None = None,
        quotas: Mapping[str, Quota] | None = None,
        interactive: bool = False,
        within: float | None = None,
        authorization: str | None = None,
        extra: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
        settings: Mapping[str, Secret] | None = None,
        metrics: Metrics | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        total: float = TOTAL,
    ) -> None:
        self._client, self._provider, self._extra = client, provider, extra
        self._home = Home(provider, base_url, self.extra)
        self._key, self._interactive = key, interactive
        self._metrics, self._sleep, self._total = metrics, sleep, total
        self._deadline = Deadline(provider.title, within)
        self._gate = client.gate if isinstance(client, Client) else Gate()
        root = self._home.root
        self._standing = Standing(
            provider, token, self._home.scheme, root=root, fixed=authorization, settings=settings
        )
        self._governor = Governor(
            provider,
            self._gate,
            budget,
            key,
            root=root,
            whose=whose,
            quotas=quotas,
            interactive=interactive,
            metrics=metrics,
            sleep=sleep,
            now=now,
        )

    async def get(self, path: str, type: type[T], /, **params: str | int) -> T:
        """Read one thing; `bytes` as `type` gives the body as it is."""
        return decode(
            (await self._ask(Call("GET", await self._home.url(path, params)))).response.body, type
        )

    async def page(
        self, path: str, type: type[T], /, *, etag: str = "", **params: str | int
    ) -> Reply[T]:
        """Read one page; with `etag`, only if it changed since (`data` is None when not).

        A `path` that is absolute, as in `Reply.next`, must be on the base URL's origin.
        """
        headers = {"if-none-match": etag} if etag else {}
        it, following = await self._ask(Call("GET", await self._home.url(path, params), headers))
        data = None if it.status == 304 else decode(it.body, type)
        return Reply(data, it.status, it.headers, following)

    async def paginate(
        self, path: str, type: type[T], /, **params: str | int
    ) -> AsyncIterator[Reply[T]]:
        """Read page after page; raises Refused when they go in a circle."""
        asked = str(await self._home.url(path, params))
        for _ in range(PAGES):
            reply = await self.page(asked, type)
            yield reply
            if not reply.next:
                return
            if reply.next == asked:
                break
            asked = reply.next
        raise Refused("the provider's pages go in a circle")

    @asynccontextmanager
    async def stream(
        self, path: str, /, *, largest: int, **params: str | int
    ) -> AsyncIterator[Download]:
        """Read bytes as they come; they may pause for as long as the client's timeout of a read."""
        async with Body(largest) as body:
            it, _ = await self._ask(
                Call("GET", await self._home.url(path, params), PLAIN, into=body)
            )
            yield Download(body.chunks(), it.headers, body.size)

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        """Read by a method that takes a body: repeated like any read; a POST is never redirected."""
        said = {"accept": "*/*", **({"content-type": content_type} if body else {}), **headers}
        it, _ = await self._ask(Call(method, await self._home.url(path, {}), said, body or None))
        return Reply(it.body, it.status, it.headers)

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
        """Write once. `body` is sent as JSON; a str as a form that is already encoded; bytes as they are.

        With `etag`, only what is still as it was then (`If-Match`); raises Changed for what is not,
        and Unavailable with `unknown` when nobody can tell whether the provider acted.
        """
        kind, content = encoded(body)
        said = {**kind, **headers, **({"if-match": etag} if etag else {})}
        call = Call(method.upper(), await self._home.url(path, params), said, content, write=True)
        it = (await self._ask(call)).response
        if type is Reply:
            return cast(T, Reply(it.body, it.status, it.headers))
        return decode(it.body, type, write=True)

    async def graphql(self, query: str, type: type[T], /, **variables: Any) -> T:
        """Ask GraphQL at `graphql` under the base URL; a mutation is sent once, like any write."""
        headers, content = encoded({"query": query, "variables": variables})
        write = query.lstrip().startswith("mutation")
        call = Call(
            "POST", await self._home.url("graphql", {}), headers, content, write, graphql=True
        )
        envelope = decode((await self._ask(call)).response.body, Envelope, write=write)
        return decode(envelope.data, type)

    async def upload(self, url: str, content: bytes) -> None:
        """Send bytes once to where the provider said; raises Refused for a host it did not declare."""
        target = await self._home.upload(url)
        headers, body = encoded(content)
        await self._ask(Call("POST", target, headers, body, write=True, anonymous=True))

    async def pace(self, path: str, method: str = "GET") -> float:
        """Tell how many such calls a second may be made, as declared or as lately observed."""
        return await self._governor.pace(Call(method, await self._home.url(path, {})))

    async def extra(self) -> Mapping[str, str]:
        return await self._extra() if self._extra else {}

    async def _ask(self, call: Call) -> Answer:
        async with self._deadline.kept(write=call.write):
            if call.write:
                return await self._authorized(call)
            breaker = self._gate.breaker(call.url.host)
            return await reads(self._provider.name, breaker, self._sleep)(self._authorized, call)

    async def _authorized(self, call: Call) -> Answer:
        return await self._standing.carry(call, self._permitted)

    async def _permitted(self, call: Call, authorization: str) -> Answer:
        background = self._key and not self._interactive
        async with self._gate.place(self._key) if background else nullcontext():
            await self._governor.permit(call)
            async with self._gate.breaker(call.url.host).watch():
                return await self._measured(call, authorization)

    async def _measured(self, call: Call, authorization: str) -> Answer:
        labels = {"provider": self._provider.name, "method": call.method}
        started, outcome = time.perf_counter(), "Cancelled"
        with traces.child("provider call", labels) as span:
            try:
                answer = await self._judged(call, authorization)
            except HubError as error:
                outcome = type(error).__name__
                raise
            else:
                outcome = "Ok"
                return answer
            finally:
                if span:
                    span.set_attribute("outcome", outcome)
                if self._metrics:
                    took = time.perf_counter() - started
                    self._metrics.calls.labels(**labels, outcome=outcome).observe(took)

    async def _judged(self, call: Call, authorization: str) -> Answer:
        always = {"accept": "application/json", "user-agent": AGENT}
        headers = {**always, **await self._home.headers()}
        if authorization and not call.anonymous:
            headers["authorization"] = authorization
        others = self._provider.hosts.values()
        answer = await exchange(self._client, call, headers, self._total, others)
        it = answer.response
        error = judge(it, self._provider.dialect, write=call.write)
        if call.graphql and (error is None or type(error) is Refused):
            error = judge_graphql(it) or error
        await self._governor.learn(call, it, error)
        if error:
            raise error
        return answer
