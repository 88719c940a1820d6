"""Sam's account: folders with mails, and who is told of what happens."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import json

from services.microsoft.simulator.consent import MAIL, OID, TENANT
from services.microsoft.simulator.places import Place, Row
from shared.simulation import Mail

FOLDERS = {
    "inbox": "Inbox",
    "sentitems": "Sent Items",
    "archive": "Archive",
    "drafts": "Drafts",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
}


class World:
    """What there is; what happens in it is told to subscriptions at `mail`, unless they were dropped."""

    def __init__(self, mail: Mail, now: Callable[[], float]) -> None:
        self.mail, self._now = mail, now
        self.folders: dict[str, Row] = {}
        self.mails: dict[str, Place] = {}
        self.subscriptions: dict[str, Row] = {}
        self.notified = self.handshakes = self._last = 0
        for ident, name in FOLDERS.items():
            self.folder(ident, name)

    def places(self) -> list[Place]:
        """Everything that tells its changes by links."""
        return [*self.mails.values()]

    def forget(self) -> None:
        """Let every link be too old."""
        for place in self.places():
            place.forget()

    def drop(self) -> None:
        """Lose every subscription without a word."""
        self.subscriptions.clear()

    def stamp(self) -> str:
        """Now, as Graph writes it."""
        at = datetime.fromtimestamp(self._now(), UTC)
        return at.isoformat(timespec="microseconds").replace("+00:00", "0Z")

    def folder(self, ident: str, name: str, parent: str = "root") -> None:
        """A folder is made, renamed or moved."""
        self.folders[ident] = {"id": ident, "displayName": name, "parentFolderId": parent}
        self.mails.setdefault(ident, Place())

    def where(self, ident: str) -> str:
        """The folder of a mail, "" for none."""
        return next((it for it, place in self.mails.items() if ident in place.rows), "")

    async def arrive(self, subject: str, text: str, folder: str = "inbox", **facts: Any) -> str:
        """A mail comes in."""
        self._last += 1
        ident, at = f"AAkALg{self._last:06d}=", self.stamp()
        zoe, sam = _who("Zoë Quill", "zoe@acme.test"), _who("Sam", MAIL)
        self.mails[folder].put(
            {
                "id": ident,
                "createdDateTime": at,
                "lastModifiedDateTime": at,
                "receivedDateTime": at,
                "conversationId": f"AAQk{self._last:06d}=",
                "internetMessageId": f"<{self._last}@acme.test>",
                "subject": subject,
                "bodyPreview": text[:255],
                "body": {"contentType": "text", "content": text},
                "from": zoe,
                "sender": zoe,
                "toRecipients": [sam],
                "parentFolderId": folder,
                "hasAttachments": False,
                "isRead": False,
                "isDraft": False,
                **facts,
            }
        )
        await self.tell("me/messages", "created", ident)
        return ident

    async def change(self, ident: str, **facts: Any) -> None:
        """Something about a mail is another now; only that, and its id, is told by the link."""
        place = self.mails[self.where(ident)]
        whole = {**place.rows[ident], **facts, "lastModifiedDateTime": self.stamp()}
        place.put(whole, {"id": ident, **facts})
        await self.tell("me/messages", "updated", ident)

    async def move(self, ident: str, folder: str) -> None:
        """A mail goes to another folder and keeps its id."""
        row = self.mails[self.where(ident)].take(ident)
        self.mails[folder].put(
            {**row, "parentFolderId": folder, "lastModifiedDateTime": self.stamp()}
        )
        await self.tell("me/messages", "updated", ident)

    async def delete(self, ident: str) -> None:
        """A mail is gone for ever."""
        self.mails[self.where(ident)].take(ident)
        await self.tell("me/messages", "deleted", ident)

    async def shake(self, url: str) -> bool:
        """Ask an address to prove that it is one."""
        self.handshakes += 1
        query = urlencode({"validationToken": "Validation: Testing <reachability> 1+1=2 & more"})
        headers = {"content-type": "text/plain; charset=utf-8"}
        return await self.mail.send(f"{url}?{query}", b"", headers) == 200

    async def tell(self, resource: str, change: str, ident: str = "", **facts: Any) -> None:
        """Notify who watches; where there is no answer, again."""
        for it in list(self.subscriptions.values()):
            if it["resource"] == resource and change in it["changeType"]:
                data = {"id": ident, "@odata.etag": f'W/"{self.stamp()}"'}
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
        self.notified += 1
        ends = {"subscriptionExpirationDateTime": it["expirationDateTime"], "tenantId": TENANT}
        own = {"subscriptionId": it["id"], "clientState": it["clientState"], **ends}
        body = json.encode({"value": [{**own, **facts}]})
        for _ in range(20):
            headers = {"content-type": "application/json; charset=utf-8"}
            if await self.mail.send(it["notificationUrl"], body, headers) in (0, 200, 202):
                return
            await asyncio.sleep(0.1)


def _who(name: str, address: str) -> Row:
    return {"emailAddress": {"name": name, "address": address}}
