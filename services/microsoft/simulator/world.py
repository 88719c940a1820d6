"""Sam's account: folders with mails, and a calendar."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from services.microsoft.simulator.bell import Bell
from services.microsoft.simulator.consent import MAIL
from services.microsoft.simulator.places import Place, Row
from shared.simulation import Mail

DRIVE = "b!1"
FOLDERS = {
    "inbox": "Inbox",
    "sentitems": "Sent Items",
    "archive": "Archive",
    "drafts": "Drafts",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
}


class World:
    """What there is; what happens in it is told by its bell."""

    def __init__(self, mail: Mail, now: Callable[[], float]) -> None:
        self._now, self.bell = now, Bell(mail)
        self.folders: dict[str, Row] = {}
        self.events, self.files = Place(), Place(_deleted)
        self.mails: dict[str, Place] = {}
        self._last = 0
        for ident, name in FOLDERS.items():
            self.folder(ident, name)

    def places(self) -> list[Place]:
        """Everything that tells its changes by links."""
        return [*self.mails.values(), self.events, self.files]

    def forget(self) -> None:
        """Let every link be too old."""
        for place in self.places():
            place.forget()

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
        await self.bell.tell("me/messages", "created", ident)
        return ident

    async def change(self, ident: str, **facts: Any) -> None:
        """Something about a mail is another now; only that, and its id, is told by the link."""
        place = self.mails[self.where(ident)]
        whole = {**place.rows[ident], **facts, "lastModifiedDateTime": self.stamp()}
        place.put(whole, {"id": ident, **facts})
        await self.bell.tell("me/messages", "updated", ident)

    async def move(self, ident: str, folder: str) -> None:
        """A mail goes to another folder and keeps its id."""
        row = self.mails[self.where(ident)].take(ident)
        self.mails[folder].put(
            {**row, "parentFolderId": folder, "lastModifiedDateTime": self.stamp()}
        )
        await self.bell.tell("me/messages", "updated", ident)

    async def delete(self, ident: str) -> None:
        """A mail is gone for ever."""
        self.mails[self.where(ident)].take(ident)
        await self.bell.tell("me/messages", "deleted", ident)

    async def plan(self, ident: str, subject: str, **facts: Any) -> None:
        """An event is made or changed; of a series, the link tells an occurrence alone."""
        at, when = self.stamp(), {"dateTime": "2026-12-01T15:00:00.0000000", "timeZone": "UTC"}
        own = {
            "id": ident,
            "subject": subject,
            "type": "singleInstance",
            "start": when,
            "end": when,
        }
        people = {"organizer": _who("Zoë Quill", "zoe@acme.test"), "attendees": [_who("Sam", MAIL)]}
        row = {**own, **people, "createdDateTime": at, "lastModifiedDateTime": at, **facts}
        stub = {"id": f"{ident}-1", "type": "occurrence", "seriesMasterId": ident, "start": when}
        self.events.put(row, stub if row["type"] == "seriesMaster" else None)
        await self.bell.tell("me/events", "updated", ident)

    async def save(self, ident: str, name: str, **facts: Any) -> None:
        """A file is made or changed."""
        at, there = self.stamp(), {"driveId": DRIVE, "id": "01ROOT"}
        own = {"id": ident, "name": name, "size": 20, "file": {"mimeType": "text/plain"}}
        times = {"createdDateTime": at, "lastModifiedDateTime": at}
        self.files.put({**own, **times, "parentReference": there, **facts})
        await self.bell.tell("me/drive/root", "updated")

    async def remove(self, ident: str) -> Row:
        """A file goes to the recycle bin."""
        row = self.files.take(ident)
        await self.bell.tell("me/drive/root", "updated")
        return row

    async def cancel(self, ident: str) -> None:
        """An event is gone."""
        self.events.take(ident)
        await self.bell.tell("me/events", "deleted", ident)


def _deleted(ident: str) -> Row:
    """How OneDrive tells that something is not here any more."""
    return {"id": ident, "deleted": {"state": "deleted"}, "parentReference": {"driveId": DRIVE}}


def _who(name: str, address: str) -> Row:
    return {"emailAddress": {"name": name, "address": address}}
