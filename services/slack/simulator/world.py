"""A workspace: conversations, what is said in them, and the events that tell of it.

https://docs.slack.dev/apis/events-api
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from msgspec import json

from shared.simulation import Mail

Row = dict[str, Any]

BOT = {"user_id": "U0B", "bot_id": "B0B"}
TRIES = 4
"""A delivery and its three retries."""

_TYPES = {"C": "channel", "G": "group", "D": "im"}


class World:
    """`rows` are the messages of each conversation by `ts`; events go to `callback_url`, signed."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self.now = mail, callback_url, now
        self._secret = secret.encode()
        self.channels: dict[str, Row] = {}
        self.rows: dict[str, dict[str, Row]] = {}
        self.users: list[Row] = []
        self._clock = int(now()) - 86_400
        self._events = 0

    def open(self, ident: str, **facts: Any) -> None:
        """Let there be a conversation."""
        self.channels[ident] = {"id": ident, **facts}
        self.rows[ident] = {}

    def write(self, channel: str, text: str, *, thread_ts: str = "", **more: Any) -> Row:
        """Say something without telling anybody of it."""
        ts = self.ts()
        row: Row = {"type": "message", "user": "U01", "text": text, "ts": ts, **more}
        if thread_ts:
            row["thread_ts"] = thread_ts
            parent = self.rows[channel][thread_ts]
            parent |= {"thread_ts": thread_ts, "latest_reply": ts}
            parent["reply_count"] = parent.get("reply_count", 0) + 1
        self.rows[channel][ts] = row
        return row

    async def say(self, channel: str, text: str, **more: Any) -> Row:
        """Say something, and tell it."""
        row = self.write(channel, text, **more)
        await self.tell({**row, **self._place(channel), "event_ts": row["ts"]})
        return row

    async def edit(self, channel: str, ts: str, text: str) -> Row:
        """Change what was said, and tell it."""
        row, before = self.rows[channel][ts], dict(self.rows[channel][ts])
        row |= {"text": text, "edited": {"user": row.get("user"), "ts": self.ts()}}
        await self._hidden(channel, "message_changed", message=row, previous_message=before)
        return row

    async def delete(self, channel: str, ts: str) -> None:
        """Take back what was said, and tell it."""
        row = self.rows[channel].pop(ts)
        await self._hidden(channel, "message_deleted", deleted_ts=ts, previous_message=row)

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Mark a message; the event does not show the message."""
        marks = self.rows[channel][ts].setdefault("reactions", [])
        marks.append({"name": name, "users": ["U02"], "count": 1})
        item = {"type": "message", "channel": channel, "ts": ts}
        await self.tell({"type": "reaction_added", "reaction": name, "user": "U02", "item": item})

    async def rename(self, user: str, name: str) -> None:
        """Call somebody otherwise, and tell it."""
        it = next(it for it in self.users if it["id"] == user)
        it["profile"]["display_name"] = name
        await self.tell({"type": "user_change", "user": it, "event_ts": self.ts()})

    async def tell(self, event: Row) -> None:
        """Send an event as Slack does: signed anew for each of at most four tries."""
        self._events += 1
        body = json.encode(
            {
                "type": "event_callback",
                "team_id": "T01",
                "api_app_id": "A01",
                "event": event,
                "event_id": f"Ev{self._events:08}",
                "event_time": int(self.now()),
                "authorizations": [{"team_id": "T01", "user_id": "U0B", "is_bot": True}],
            }
        )
        for attempt in range(TRIES):
            retry = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": "http_error"}
            headers = self.signed(body) | (retry if attempt else {})
            if 200 <= await self.mail.send(self.callback_url, body, headers) < 300:
                return

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a delivery."""
        stamp = str(int(self.now()))
        base = b"v0:" + stamp.encode() + b":" + body
        proof = hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={proof}",
        }

    def ts(self) -> str:
        """The next moment, a second after the one before."""
        self._clock += 1
        return f"{self._clock:010}.{self._clock % 1000:03}100"

    async def _hidden(self, channel: str, subtype: str, **facts: Any) -> None:
        ts = self.ts()
        told = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}
        await self.tell({**told, **self._place(channel), **facts})

    def _place(self, channel: str) -> Row:
        return {"channel": channel, "channel_type": _TYPES[channel[0]]}


def fill(world: World, messages: int) -> None:
    """Four conversations; every fifth message has two replies, and the bot said one."""
    world.users = [
        {"id": "U01", "name": "ana", "profile": {"display_name": "ana", "real_name": "Ana A"}},
        {"id": "U02", "name": "bo", "profile": {"display_name": "", "real_name": "Bo B"}},
        {"id": "U0B", "name": "hub", "is_bot": True, "profile": {"display_name": "hub"}},
    ]
    world.open("C01", name="general")
    world.open("C02", name="ops")
    world.open("G03", name="leads", is_private=True)
    world.open("D04", is_im=True, user="U01")
    for channel in world.channels:
        for number in range(messages):
            row = world.write(channel, f"Message {number} of {channel}, &amp; so on")
            for _ in range(2 if number % 5 == 0 else 0):
                world.write(channel, f"An answer to {number}", user="U02", thread_ts=row["ts"])
        world.write(channel, "I am listening", user=BOT["user_id"], bot_id=BOT["bot_id"])
