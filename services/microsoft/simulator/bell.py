"""Who is told of what happens, and how their addresses prove that they are ones."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from msgspec import json

from services.microsoft.simulator.consent import OID, TENANT
from services.microsoft.simulator.places import Row
from shared.simulation import Mail


class Bell:
    """The subscriptions by their ids; `mail` carries what they are told."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.subscriptions: dict[str, Row] = {}
        self.handshakes = self._told = 0

    def drop(self) -> None:
        """Lose every subscription without a word."""
        self.subscriptions.clear()

    async def shake(self, url: str) -> bool:
        """Ask an address to prove that it is one."""
        self.handshakes += 1
        query = urlencode({"validationToken": "Validation: Testing <reachability> 1+1=2 & more"})
        headers = {"content-type": "text/plain; charset=utf-8"}
        return await self.mail.send(f"{url}?{query}", b"", headers) == 200

    async def tell(self, resource: str, change: str, ident: str = "", **facts: Any) -> None:
        """Notify who watches; where there is no answer, again."""
        self._told += 1
        for it in list(self.subscriptions.values()):
            if it["resource"] == resource and change in it["changeType"]:
                data = {"id": ident, "@odata.etag": f'W/"{self._told}"'}
                told = {"changeType": change, "resourceData": data if ident else None}
                where = f"Users/{OID}/Messages/{ident}" if ident else resource
                await self._post(it, {**told, "resource": where, **facts})

    async def lifecycle(self, event: str) -> None:
        """Say what becomes of every subscription."""
        for it in list(self.subscriptions.values()):
            if event == "subscriptionRemoved":
                del self.subscriptions[it["id"]]
            await self._post(it, {"lifecycleEvent": event})

    async def _post(self, it: Row, facts: Row) -> None:
        ends = {"subscriptionExpirationDateTime": it["expirationDateTime"], "tenantId": TENANT}
        own = {"subscriptionId": it["id"], "clientState": it["clientState"], **ends}
        body = json.encode({"value": [{**own, **facts}]})
        for _ in range(20):
            headers = {"content-type": "application/json; charset=utf-8"}
            if await self.mail.send(it["notificationUrl"], body, headers) in (0, 200, 202):
                return
            await asyncio.sleep(0.1)
