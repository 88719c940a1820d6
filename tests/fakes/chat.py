"""A Slack that is played here, and a service that Ana has just connected to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct, json, structs

from services.slack.provider import provider
from services.slack.simulator import Slack
from services.slack.simulator.world import World
from shared.bus import stream
from shared.http.roleplay import consent
from shared.provider import Provider
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

ITEMS = "self.events.message.slack.ana"
SECRET = "what both sides sign with"
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Slack's, not the ones that we keep to spare it."""


class Place(Struct):
    """Ana's workspace, walked once, and the service that listens to it."""

    slack: Slack
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.slack.world

    async def events(self) -> list[Any]:
        """Everything in the stream once nothing waits."""
        await until(self._quiet)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        return await self.service.events(state.messages) if state.messages else []

    async def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item of them: event type and decoded body."""
        return [
            (it.headers["ce-type"].removeprefix("self.message."), json.decode(it.data))
            for it in await self.events()
            if it.subject.startswith(ITEMS)
        ]

    async def who_heard(self, text: str) -> list[str]:
        """The provider's ids of the accounts that were told of it, as often as they were."""
        names = {it["id"]: name for name, it in (await self.accounts()).items()}
        told = [it for it in await self.events() if it.subject.startswith(ITEMS)]
        return sorted(
            names[it.headers["ce-accountid"]]
            for it in told
            if json.decode(it.data).get("content") == text
        )

    async def about(self, ident: str) -> list[tuple[str, str]]:
        """What was told of one message, oldest first: event type and content."""
        return [
            (kind, it.get("content", "")) for kind, it in await self.heard() if it["id"] == ident
        ]

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end."""
        if wish:
            body = {"user_id": "ana", **wish}
            await self.service.http.post("/sync", json=body, headers=self.key)
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.1)

    async def accounts(self) -> dict[str, dict[str, Any]]:
        """Ana's accounts, by the provider's ids."""
        reply = await self.service.http.get("/accounts?user_id=ana", headers=self.key)
        return {it["provider_account_id"]: it for it in reply.json()["accounts"]}

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers to a test's own question."""
        async with self.service.hub.db.connection() as conn:
            return await (await conn.execute(statement)).fetchall()

    async def _quiet(self) -> bool:
        ((waiting,),) = await self.rows(
            "select (select count(*) from outbox) + "
            "(select count(*) from webhook_inbox where state = 'due')"
        )
        return bool(waiting == 0)


@asynccontextmanager
async def connected(
    slack: Slack, provider: Provider, *engines: str, scopes: Sequence[str] = ()
) -> AsyncIterator[Place]:
    """A service that Ana has just connected her workspace to, with these scopes or the usual ones."""
    async with (
        listening(slack) as address,
        running(provider, *engines, build=told(slack, address)) as service,
    ):
        slack.world.callback_url = f"{service.http.base_url}/webhook"
        key = await service.key()
        wish = {"user_id": "ana", "scopes": [*scopes]}
        asked = await service.http.post("/oauth/authorize", json=wish, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(slack, service, key)
        assert slack.unknown == []
