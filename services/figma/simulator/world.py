"""A team with folders and files, what is said on them, and the webhooks that tell of it.

https://developers.figma.com/docs/rest-api/webhooks/
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from shared.simulation import Mail

Row = dict[str, Any]

TEAM, SHOP, OLD = "1535685101263221741", "41", "42"
"""The team, a folder of it, and a folder within that one."""
ADA = {"id": "1535685101263221741", "handle": "Ada Park", "img_url": ""}
LEE = {"id": "811", "handle": "Lee", "img_url": ""}
TRIES = 4
"""A delivery and its three retries."""


class World:
    """Files by key, each with its comments, oldest first, and its versions, newest first."""

    def __init__(self, mail: Mail, *, now: Callable[[], float]) -> None:
        self.mail, self.now = mail, now
        self.files: dict[str, Row] = {}
        self.folders: dict[str, str] = {SHOP: "", OLD: SHOP}
        self.comments: dict[str, list[Row]] = {}
        self.versions: dict[str, list[Row]] = {}
        self.hooks: dict[str, Row] = {}
        self.links: dict[str, Row] = {}
        self.requests: list[Row] = []
        self.hidden: set[str] = set()
        self.limits: list[tuple[str, str]] = []
        self.admin, self.most = True, 50
        self._numbers = 100

    def number(self) -> str:
        self._numbers += 1
        return str(self._numbers)

    def stamp(self) -> str:
        at = datetime.fromtimestamp(self.now(), UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def file(self, name: str, folder: str = SHOP) -> str:
        """Let there be a file, and return its key."""
        key = f"F1Le{self.number():0>18}"
        self.files[key] = {"name": name, "folder": folder, "touched": self.stamp()}
        self.comments[key], self.versions[key] = [], []
        return key

    def say(self, key: str, text: str, *, by: Row = ADA, answer: str = "") -> Row:
        """Let there be a comment, without telling anybody."""
        ident = self.number()
        row: Row = {
            "id": ident,
            "file_key": key,
            "parent_id": answer,
            "user": by,
            "created_at": self.stamp(),
            "resolved_at": None,
            "message": text,
            "client_meta": None
            if answer
            else {"node_id": "12:34", "node_offset": {"x": 1, "y": 2}},
            "order_id": None if answer else ident,
            "reactions": [],
        }
        self.comments[key].append(row)
        return row

    def save(self, key: str, label: str | None = None, description: str = "") -> Row:
        """Let there be a version; one without a label was saved by Figma itself."""
        told = {"label": label, "description": description or None}
        row = {"id": self.number(), "created_at": self.stamp(), **told, "user": ADA}
        self.versions[key].insert(0, row)
        return row

    def touch(self, key: str, name: str = "") -> None:
        self.files[key] |= {"touched": self.stamp(), "name": name or self.files[key]["name"]}
        self.save(key)

    async def comment(self, key: str, text: str, *, by: Row = ADA, answer: str = "") -> Row:
        """Somebody comments, and everybody who wants to hears of it."""
        row = self.say(key, text, by=by, answer=answer)
        said = {"comment_id": row["id"], "created_at": row["created_at"], "triggered_by": by}
        await self.tell("FILE_COMMENT", key, comment=[{"text": text}], mentions=[], **said)
        return row

    async def name(self, key: str, label: str, description: str = "") -> Row:
        row = self.save(key, label, description)
        said = {"version_id": row["id"], "created_at": row["created_at"], "triggered_by": ADA}
        await self.tell("FILE_VERSION_UPDATE", key, label=label, description=description, **said)
        return row

    async def delete(self, key: str) -> None:
        name = self.files.pop(key)["name"]
        await self.tell("FILE_DELETE", key, name=name, triggered_by=ADA)

    async def tell(self, kind: str, key: str, *, name: str = "", **more: Any) -> list[int]:
        """Send an event to every webhook that wants it, up to four times; returns the last statuses."""
        told = {"event_type": kind, "timestamp": self.stamp(), "file_key": key, **more}
        told["file_name"] = name or self.files[key]["name"]
        wanted = {kind, "FILE_UPDATE"} if kind == "FILE_DELETE" else {kind}
        return [
            await self.deliver(hook, told)
            for hook in list(self.hooks.values())
            if hook["event_type"] in wanted and self._covers(hook, key)
        ]

    async def deliver(self, hook: Row, told: Row) -> int:
        status = 0
        for retries in range(TRIES if hook["status"] == "ACTIVE" else 0):
            body = {**told, "passcode": hook["passcode"], "webhook_id": hook["id"]}
            raw = json.encode({**body, "protocol_version": "2", "retries": retries})
            status = await self.mail.send(
                hook["endpoint"], raw, {"content-type": "application/json"}
            )
            self.requests.append({"webhook_id": hook["id"], "status": status})
            if status == 200:
                break
        return status

    def _covers(self, hook: Row, key: str) -> bool:
        folder = self.files.get(key, {}).get("folder", SHOP)
        place = (hook["context"].lower(), hook["context_id"])
        above = {("project", folder), ("project", self.folders[folder])}
        return place in {("file", key), ("team", TEAM), *above}
