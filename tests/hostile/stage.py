"""Any provider's service on loopback, and the judgement that every answer of it has to pass."""

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import structlog
from msgspec import json
from msgspec.structs import replace

from shared.bus import stream
from shared.config import Settings, load
from shared.oauth.keyring import TokenSet
from shared.provider import Provider
from shared.service.callers import create_key
from shared.store import accounts, routes
from shared.telemetry import logs
from shared.types import Delivery, Identity, Token
from tests.contract.reading import Sample, samples, signed, signer
from tests.contract.test_providers import environment
from tests.fakes.service import Running, running
from tests.fakes.simulated import until

SECRET = b"a webhook secret"
"""What `environment` of the contract tests configures."""

ACCEPTED = {200, 204}
"""How a delivery is answered that was taken; what else a provider wants is its `receipt`."""

SENTENCE = re.compile(r"\S+ \S+.*", re.DOTALL)


@dataclass
class Stage:
    """A service and what was wrong with its answers; `late` moves the clock of its signatures."""

    provider: Provider
    service: Running
    clock: list[float]
    wrong: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.service.hub.settings.service.port

    async def ask(
        self, what: str, method: str, path: str, allowed: Iterable[int], **request: Any
    ) -> httpx.Response:
        """One request, judged: one of the allowed statuses, and a problem where it is an error."""
        answer = await self.service.http.request(method, path, **request)
        self.judge(what, answer.status_code, dict(answer.headers), answer.content, allowed)
        return answer

    async def deliver(
        self, what: str, delivery: Delivery, allowed: Iterable[int]
    ) -> httpx.Response:
        """One delivery, judged, which was never heard of before, whatever it calls itself."""
        await self.rows("delete from webhook_seen")
        return await self.ask(what, "POST", "/webhook", allowed, **self.posted(delivery))

    def judge(
        self,
        what: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        allowed: Iterable[int],
    ) -> None:
        """Note what nobody documented."""
        kind = headers.get("content-type", "")
        if status not in set(allowed):
            self.wrong.append(f"{what}: answered {status} {body[:200]!r}")
        elif status >= 400 and kind.partition(";")[0] != "application/problem+json":
            self.wrong.append(f"{what}: {status} comes as {kind!r}")
        elif status >= 400 and not SENTENCE.fullmatch(str(json.decode(body).get("title"))):
            self.wrong.append(f"{what}: {status} says {body[:200]!r}")

    async def raw(self, sent: bytes, seconds: float = 10.0) -> tuple[int, dict[str, str], bytes]:
        """Send bytes as they are; the status is 0 where the connection was closed without one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        try:
            async with asyncio.timeout(seconds):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
            return int(head[0].split(" ")[1]), headers, body
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, {}, b""
        finally:
            writer.close()

    async def key(self, *scopes: str, user_id: str | None = None) -> dict[str, str]:
        """Headers of a caller with exactly these scopes, none of them included."""
        key = await create_key(self.service.hub.db, "t", scopes, user_id=user_id, days=1, env="dev")
        return {"authorization": f"Bearer {key}"}

    async def account(self, user_id: str, *claims: str) -> UUID:
        """A connected account that is not walked."""
        hub, name = self.service.hub, self.provider.name
        identity = Identity(f"{user_id}'s", routes=(f"user:{user_id}",))
        where = {"base_url": hub.settings.provider.base_url, "home": "/", "scheme": "Basic"}
        extra = where if self.provider.credentials else {}
        token = Token(access=f"the token of {user_id}", extra=extra)
        scopes = tuple(sorted({scope for it in self.provider.streams for scope in it.scopes}))
        async with hub.db.transaction() as conn:
            ident = await accounts.claim(conn, name, user_id, identity, scopes)
            assert ident
            sealed = hub.keys.seal_token(ident, name, TokenSet(token, datetime.now(UTC)))
            await accounts.connect(conn, ident, sealed, None)
            await routes.set_routes(conn, name, ident, {"caller": claims})
        return ident

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """What the database answers."""
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def sizes(self) -> dict[str, int]:
        """How many rows every table has, when all that came in was dealt with."""
        await self.settled()
        names = await self.rows("select tablename from pg_tables where schemaname = 'public'")
        counted = {}
        for (name,) in names:
            counted[name] = (await self.rows(f"select count(*) from {name}"))[0][0]
        return counted

    async def settled(self) -> None:
        """Wait until everything that came in was read, and everything read was published."""
        await until(self._nothing_waits, within=60)

    async def _nothing_waits(self) -> bool:
        due = "select count(*) from webhook_inbox where state = 'due'"
        waiting = f"select ({due}) + (select count(*) from outbox where dead_reason is null)"
        return not (await self.rows(waiting))[0][0]

    async def heard(self) -> list[Any]:
        """Every message of the stream."""
        count = (await self.service.nc.jetstream().stream_info(stream.NAME)).state.messages
        return await self.service.events(count) if count else []

    def posted(self, delivery: Delivery) -> dict[str, Any]:
        """The arguments that send a delivery with httpx; header values go as they are."""
        headers = [(name.encode(), it.encode("latin-1")) for name, it in delivery.headers.items()]
        return {"content": delivery.body, "headers": headers}

    @property
    def samples(self) -> Sequence[Sample]:
        return samples(self.provider.name)

    def signed(self, sample: Sample, body: bytes | None = None) -> Delivery:
        """The sample, or another body, as this provider would send it to this service."""
        return signed(self.provider.name, SECRET, sample, body)


@asynccontextmanager
async def staged(
    provider: Provider, database_url: str, nats_url: str, vendor_url: str
) -> AsyncIterator[Stage]:
    """The service as it is deployed, but for the clock of its signatures, which the test keeps."""
    clock = [0.0]
    if provider.webhook:
        webhook = getattr(signer(provider.name), "WEBHOOK", provider.webhook)
        verify, now = webhook.verify, signer(provider.name).NOW

        def at_its_time(secrets: Sequence[bytes], it: Delivery, _: float) -> None:
            verify(secrets, it, now + clock[0])

        provider = replace(provider, webhook=replace(webhook, verify=at_its_time, verifier=None))

    def build(it: Provider, database_url: str, nats_url: str, port: int) -> Settings:
        named = {"API": vendor_url, "TOKEN": f"{vendor_url}/token"}
        told = {f"{it.name.upper()}_{what}_URL": url for what, url in named.items()}
        told |= {"SERVICE_ENV": "dev", "RATE_LIMIT_REQUESTS": "1000000"}
        environ = environment(it) | told
        return load(
            it,
            environ,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            database_url=database_url,
            nats_url=nats_url,
        )

    async with running(provider, database_url, nats_url, build=build) as service:
        yield Stage(provider, service, clock)


@contextmanager
def logged(written: io.StringIO) -> Iterator[None]:
    """Everything that is logged while the block lasts, from debug on, as machines read it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("debug", file=written)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
