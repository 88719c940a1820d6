"""A workspace: pages in pages, a table with rows, comments, and the events that tell of them.

https://developers.notion.com/reference/webhooks
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from services.notion.simulator.rows import ANA, BO, BOT, PLACE, Row, run, user
from shared.simulation import Mail

TRIES = 8
"""A delivery and its seven retries."""


class World:
    """Objects by id; events go to `callback_url`, signed with the token that was handed over."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self.secret, self.now = mail, callback_url, secret, now
        self.pages: dict[str, Row] = {}
        self.sources: dict[str, Row] = {}
        self.databases: dict[str, Row] = {}
        self.blocks: dict[str, list[Row]] = {}
        self.comments: dict[str, list[Row]] = {}
        self.hidden: set[str] = set()
        self._numbers = self._events = 0

    def ident(self) -> str:
        """The next id."""
        self._numbers += 1
        return f"1f0a0000-0000-4000-8000-{self._numbers:012x}"

    def stamp(self) -> str:
        """Now, rounded down to the minute as Notion does."""
        at = datetime.fromtimestamp(self.now(), UTC).replace(second=0)
        return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def page(self, title: str, parent: Row, *lines: str) -> Row:
        """Let there be a page, without telling anybody."""
        row = {
            **self._object("page", self.ident(), parent),
            "properties": {"title": {"id": "title", "type": "title", "title": [run(title)]}},
        }
        self.pages[row["id"]] = row
        self.blocks[row["id"]] = [self.block(line) for line in lines]
        if inside := parent.get("page_id"):
            child = {**self.block(""), "id": row["id"], "type": "child_page", "has_children": True}
            self.blocks[inside].append({**child, "child_page": {"title": title}})
        return row

    def block(self, text: str, *children: Row) -> Row:
        """A paragraph, with what stands under it."""
        ident = self.ident()
        self.blocks[ident] = list(children)
        return {
            **self._object("block", ident, {"type": "page_id"}),
            "type": "paragraph",
            "has_children": bool(children),
            "paragraph": {"rich_text": [run(text)] if text else []},
        }

    def table(self, title: str, parent: Row, sources: int = 1) -> list[str]:
        """A database with so many data sources; returns their ids."""
        database = self.ident()
        held = [self.ident() for _ in range(sources)]
        names = [{"id": it, "name": title} for it in held]
        self.databases[database] = {
            **self._object("database", database, parent),
            "data_sources": names,
        }
        for it in held:
            where = {"type": "database_id", "database_id": database}
            column = {"id": "title", "name": "Name", "type": "title", "title": {}}
            told = {"title": [run(title)], "description": [], "properties": {"Name": column}}
            self.sources[it] = {
                **self._object("data_source", it, where),
                "database_parent": parent,
                **told,
            }
        return held

    def row(self, source: str, title: str) -> Row:
        """A row of a table."""
        database = self.sources[source]["parent"]["database_id"]
        where = {"type": "data_source_id", "data_source_id": source, "database_id": database}
        return self.page(title, where, f"About {title}")

    def edited(self, row: Row) -> None:
        row |= {"last_edited_time": self.stamp(), "last_edited_by": user(BO)}

    def say(self, ident: str, text: str, *, page: str = "", by: str = ANA) -> Row:
        """Comment on a page, or on a block of one."""
        where = "block_id" if page else "page_id"
        row = self._object("comment", self.ident(), {"type": where, where: ident})
        row |= {"discussion_id": self.ident(), "rich_text": [run(text)], "created_by": user(by)}
        self.comments.setdefault(ident, []).append(row)
        return row

    async def tell(self, kind: str, ident: str, *, attempt: int = 1, **data: Any) -> int:
        """Send an event as Notion does, up to eight times; returns the last status."""
        self._events += 1
        body = {
            "id": f"e7e00000-0000-4000-8000-{self._events:012x}",
            "timestamp": datetime.fromtimestamp(self.now(), UTC).isoformat(),
            "workspace_id": PLACE,
            "type": kind,
            "authors": [{"id": ANA, "type": "person"}],
            "accessible_by": [{"id": ANA, "type": "person"}, {"id": BOT, "type": "bot"}],
            "api_version": "2025-09-03",
            "entity": {"id": ident, "type": kind.partition(".")[0]},
            "data": data,
        }
        status = 0
        for number in range(attempt, TRIES + 1):
            raw = json.encode({**body, "attempt_number": number})
            status = await self.mail.send(self.callback_url, raw, self.signed(raw))
            if 200 <= status < 300:
                break
        return status

    async def hand_over(self, token: str) -> int:
        """What a new subscription begins with; the token signs from then on, if it was taken."""
        body = json.encode({"verification_token": token})
        status = await self.mail.send(self.callback_url, body, {"content-type": "application/json"})
        if status == 200:
            self.secret = token
        return status

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a delivery."""
        proof = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-notion-signature": f"sha256={proof}"}

    def _object(self, kind: str, ident: str, parent: Row) -> Row:
        at, url = self.stamp(), f"https://www.notion.so/{ident.replace('-', '')}"
        times = {"created_time": at, "last_edited_time": at}
        people = {"created_by": user(ANA), "last_edited_by": user(ANA)}
        told = {"object": kind, "id": ident, "parent": parent, "in_trash": False, "url": url}
        return {**told, **times, **people}
