"""A user's account at a provider that is played here, and the service that keeps it in sync."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct, json

from shared.bus import stream
from shared.http.roleplay import consent
from shared.provider import Provider
from shared.simulation import Simulation
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until


class Place(Struct):
    """Ana's account, connected by consent, and the service that listens to it."""

    service: Running
    key: dict[str, str]

    async def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item in the stream once nothing waits: event type and decoded body."""
        await until(self._quiet)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        events = await self.service.events(state.messages) if state.messages else []
        return [
            (it.headers["ce-type"].rpartition(".")[2], json.decode(it.data))
            for it in events
            if it.subject.startswith("self.events.") and it.subject.endswith(".ana")
        ]

    async def about(self, ident: str) -> list[tuple[str, dict[str, Any]]]:
        """What was told of one item, oldest first."""
        return [(kind, it) for kind, it in await self.heard() if it["id"] == ident]

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end; the latest one where nothing is wished for."""
        if wish:
            body = {"user_id": "ana", **wish}
            reply = await self.service.http.post("/sync", json=body, headers=self.key)
            assert reply.status_code == 202, reply.text
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.1)

    async def _quiet(self) -> bool:
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(
                "select (select count(*) from outbox) + "
                "(select count(*) from webhook_inbox where state = 'due') + "
                "(select count(*) from sync_state where next_run_at <= now())"
            )
            row = await cursor.fetchone()
        return row is not None and row[0] == 0


@asynccontextmanager
async def connected(
    provider: Provider, simulation: Simulation, *engines: str, **wish: Any
) -> AsyncIterator[Place]:
    """A service that Ana has just connected her account to; `wish` goes into what she is asked."""
    async with (
        listening(simulation) as address,
        running(provider, *engines, build=told(simulation, address)) as service,
    ):
        key = await service.key()
        body = {"user_id": "ana", **wish}
        asked = await service.http.post("/oauth/authorize", json=body, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(service, key)
        assert simulation.unknown == []
