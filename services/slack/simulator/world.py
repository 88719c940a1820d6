"""What is said and done in workspaces, and the events that tell of it.

https://docs.slack.dev/apis/events-api
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from msgspec import json

from services.slack.simulator.places import Places, Row
from shared.simulation import Mail

TRIES = 4
"""A delivery and its three retries."""

_TYPES = {"C": "channel", "G": "group", "D": "im"}


class World:
    """`rows` are the messages of each conversation by `ts`; events go to `callback_url`, signed."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, org: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self.now = mail, callback_url, now
        self.places = Places(org)
        self.rows: dict[str, dict[str, Row]] = {}
        self._secret = secret.encode()
        self._clock = int(now()) - 86_400
        self._events = 0

    def open(self, ident: str, **facts: Any) -> None:
        """Let there be a conversation; see `Places.add`."""
        self.places.add(ident, **facts)
        self.rows[ident] = {}

    async def give(self, team: str, name: str) -> None:
        """Give the app another workspace, and tell it."""
        self.places.teams[team] = name
        await self.tell({"type": "team_access_granted", "team_ids": [team]}, team)

    async def take(self, team: str) -> None:
        """Take a workspace from the app, and tell it."""
        del self.places.teams[team]
        await self.tell({"type": "team_access_revoked", "team_ids": [team]}, team)

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
        await self._told(channel, {**row, "event_ts": row["ts"]})
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

    async def rename(self, ident: str, name: str) -> None:
        """Call a person or a group otherwise, and tell it."""
        it = next(it for it in self.places.users + self.places.groups if it["id"] == ident)
        if "handle" in it:
            it["handle"] = name
            await self.tell({"type": "subteam_updated", "subteam": it})
        else:
            it["profile"]["display_name"] = name
            await self.tell({"type": "user_change", "user": it})

    async def tell(self, event: Row, team: str = "T01", whose: str = "U0B") -> None:
        """Send an event as Slack does: signed anew for each of at most four tries.

        It names one install that it is for, the bot's or that of the person `whose`.
        """
        self._events += 1
        org = self.places.org
        orgs = {"enterprise_id": org} if org else {}
        install = {"team_id": team, "user_id": whose, "is_bot": whose == "U0B", **orgs}
        body = json.encode(
            {
                "type": "event_callback",
                "team_id": team,
                **orgs,
                "api_app_id": "A01",
                "event": event,
                "event_id": f"Ev{self._events:08}",
                "event_time": int(self.now()),
                "authorizations": [{**install, "is_enterprise_install": bool(org)}],
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
        await self._told(channel, {**told, **facts})

    async def _told(self, channel: str, event: Row) -> None:
        """An event of a conversation, for somebody who takes part in it."""
        team, whose = self.places.heard(channel)
        where = {"channel": channel, "channel_type": _TYPES[channel[0]]}
        await self.tell({**event, **where}, team, whose)
