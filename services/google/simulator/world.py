"""What Google holds for Sam, everything that happens to it, and who is told of that."""

import asyncio
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from services.google.simulator.signer import ACCOUNT, Signer
from shared.simulation import Mail

ME = "sam@acme.test"


class World:
    """Mails with their history, events and files with their logs, the watch and the channels."""

    def __init__(
        self,
        mail: Mail,
        signer: Signer,
        callback_url: str,
        secret: str,
        now: Callable[[], float],
    ) -> None:
        self.mail, self.callback_url, self._secret, self._now = mail, callback_url, secret, now
        self._signer = signer
        self.rows = 10
        """Rows of a page at most."""
        self.mails: dict[str, dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        self.last, self.forgotten, self.watched, self.pushes = 1000, 0, False, 0
        self.events: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.event_log, self.file_log, self.events_forgotten = list[str](), list[str](), 0
        self.channels: dict[str, dict[str, Any]] = {}

    def forget(self) -> None:
        """Let the mailbox's history, and the calendar's, begin now."""
        self.last += 1
        self.forgotten = self.last
        self.events_forgotten = len(self.event_log) + 1

    def unwatch(self) -> None:
        """Let the watch and every channel end, as after a week."""
        self.watched = False
        self.channels.clear()

    def week(self) -> str:
        """A week from now, when what is watched ends."""
        return str(int((self._now() + 7 * 86_400) * 1000))

    def stamp(self) -> str:
        """Now, as Google writes it."""
        return datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")

    async def arrive(self, subject: str, text: str, raw: bytes = b"") -> str:
        """A mail comes in, as `raw` has it or with nothing but this text."""
        ident = f"19a{len(self.history):013x}"
        plain = f"From: Zoe <zoe@acme.test>\r\nTo: {ME}\r\nSubject: {subject}\r\n\r\n{text}\r\n"
        self.mails[ident] = {
            "id": ident,
            "threadId": ident,
            "labelIds": ["INBOX", "UNREAD"],
            "snippet": text[:80],
            "internalDate": str(int(self._now() * 1000)),
            "raw": urlsafe_b64encode(raw or plain.encode()).decode(),
        }
        await self._changed(ident, messagesAdded=[{"message": self.named(ident)}])
        return ident

    async def label(self, ident: str, labels: list[str]) -> None:
        """A mail gets these labels and no other."""
        self.mails[ident]["labelIds"] = labels
        await self._changed(ident, labelsAdded=[{"message": self.named(ident), "labelIds": labels}])

    async def delete(self, ident: str) -> None:
        """A mail is gone for ever."""
        del self.mails[ident]
        gone = {"message": {"id": ident, "threadId": ident}}
        await self._changed("", messagesDeleted=[gone])

    async def plan(self, ident: str, summary: str, **facts: Any) -> None:
        """An event is made or changed; `status="cancelled"` deletes it."""
        when = {"dateTime": "2026-12-01T15:00:00Z"}
        own = {"id": ident, "status": "confirmed", "summary": summary, "updated": self.stamp()}
        people = {
            "organizer": {"email": "zoe@acme.test"},
            "attendees": [{"email": ME, "self": True}],
        }
        self.events[ident] = {**own, "start": when, "end": when, **people, **facts}
        self.event_log.append(ident)
        await self._ring("calendar", "exists")

    async def save(self, ident: str, name: str, **facts: Any) -> None:
        """A file is made or changed."""
        own = {"id": ident, "name": name, "mimeType": "text/plain", "parents": ["root"]}
        self.files[ident] = {**own, "modifiedTime": self.stamp(), **facts}
        self.file_log.append(ident)
        await self._ring("drive", "change")

    async def remove(self, ident: str) -> None:
        """A file is gone, or out of sight."""
        del self.files[ident]
        self.file_log.append(ident)
        await self._ring("drive", "change")

    async def open(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """A channel is opened, which is told before the answer is."""
        self.channels[body["id"]] = {**body, "kind": kind, "number": 0}
        await self._ring(kind, "sync", only=body["id"])
        until = min(body["expiration"], self.week(), key=int)
        return {"id": body["id"], "resourceId": kind, "expiration": until}

    def named(self, ident: str) -> dict[str, Any]:
        """A mail as lists name it."""
        return {key: self.mails[ident][key] for key in ("id", "threadId", "labelIds")}

    async def _changed(self, ident: str, **what: Any) -> None:
        self.last += 1
        if ident:
            self.mails[ident]["historyId"] = str(self.last)
        self.history.append({"id": str(self.last), **what})
        if not self.watched or not self.callback_url:
            return
        self.pushes += 1
        news = json.encode({"emailAddress": ME.title(), "historyId": self.last})
        letter = {"data": b64encode(news).decode(), "messageId": str(self.last)}
        token = self._signer.token(self._secret, self._now(), email=ACCOUNT)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = json.encode({"message": letter, "subscription": "projects/simulated"})
        for _ in range(20):
            if await self.mail.send(self.callback_url, body, headers) in (0, 200):
                return
            await asyncio.sleep(0.1)

    async def _ring(self, kind: str, state: str, only: str = "") -> None:
        for ident, it in list(self.channels.items()):
            if it["kind"] == kind and only in ("", ident):
                it["number"] += 1
                headers = {
                    "x-goog-channel-id": ident,
                    "x-goog-channel-token": it["token"],
                    "x-goog-resource-id": kind,
                    "x-goog-resource-state": state,
                    "x-goog-message-number": str(it["number"]),
                }
                await self.mail.send(it["address"], b"", headers)
