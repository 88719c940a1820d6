"""The whole service: the stream, the consumer, the tables and the API, and a bus to tell it something."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from msgspec import Struct, structs

from services.context.subscriber import subscriber
from shared.bus import stream
from shared.bus.client import Bus
from shared.bus.consumer import Consumer, Lag
from shared.bus.nkey import connect
from shared.config import load
from shared.errors import Away
from shared.normalizer.cloudevents import Event
from shared.service import callers
from shared.service.subscriber import build
from shared.store.database import Database
from tests.context.fold import Told, account, heard
from tests.fakes.simulated import until


class Stage(Struct):
    """A service that listens, and ways to speak to it."""

    http: httpx.AsyncClient
    bus: Bus
    consumer: Consumer
    db: Database
    told: int = 0

    async def tell(self, *told: Told) -> None:
        """Publish, and wait until all of it was taken in."""
        events = []
        for it in told:
            self.told += 1
            one = heard(structs.replace(it, sequence=it.sequence or self.told))
            subject = one.subject or f"self.integrations.test.{it.user}"
            headers = {**one.headers, "Nats-Msg-Id": f"n{self.told}"}
            events.append(
                Event(account(it.account), subject, f"n{self.told}", headers, one.payload)
            )
        for start in range(0, len(events), 500):
            await self.bus.publish(events[start : start + 500])
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is left to be read."""

        async def done() -> bool:
            try:
                return await self.consumer.lag() == Lag(0, 0)
            except Away:
                return False

        await until(done)

    async def key(self, *scopes: str, user: str | None = "ana") -> dict[str, str]:
        """Headers of a caller."""
        key = await callers.create_key(
            self.db, "test", scopes or ("data:read", "data:write"), user_id=user, days=1, env="dev"
        )
        return {"authorization": f"Bearer {key}"}

    async def get(self, path: str, headers: dict[str, str], **params: Any) -> Any:
        """What is answered with 200."""
        answer = await self.http.get(path, headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def serving(db: Database, database_url: str, nats_url: str) -> AsyncIterator[Stage]:
    """Start with an empty stream; everything ends with the block."""
    async with AsyncExitStack() as stack:
        nc = await connect(nats_url)
        stack.push_async_callback(nc.close)
        for name in (stream.NAME, stream.ADVISORIES):
            await stream.ask(nc, f"STREAM.DELETE.{name}")
        bus = await Bus.connect(nats_url, "test", patience=5)
        stack.push_async_callback(bus.close)
        await bus.provision(replicas=1, max_bytes=64 << 20)
        environ = {"POSTGRES_URL": database_url, "NATS_URL": nats_url, "SERVICE_ENV": "dev"}
        app = build(subscriber, load(subscriber, environ))
        await stack.enter_async_context(app.lifespan())
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]  # ASGI is ASGI
                base_url="http://context.test",
            )
        )
        consumer = Consumer(nats_url, subscriber.name)
        await consumer.open()
        stack.push_async_callback(consumer.close)
        yield Stage(http, bus, consumer, db)


def seen(found: Sequence[Any], *names: str) -> list[Any]:
    """The values of some fields of each."""
    return [tuple(it[name] for name in names) for it in found]
