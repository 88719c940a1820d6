"""A server: channels, threads, messages, and who may do what; and the deliveries that Discord signs.

https://discord.com/developers/docs/resources/guild
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import json

from services.discord.simulator.rows import (
    ANA,
    BOT,
    CONNECT,
    GUILD,
    HISTORY,
    OPS,
    VIEW,
    Row,
    message,
    thread,
    user,
)
from shared.simulation import Mail

EPOCH = 1_420_070_400_000
TRIES = 4
"""How often an event is sent that is not taken."""


class World:
    """Rows by id; deliveries go to `callback_url`, signed with a key made from the secret."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self.now = mail, callback_url, now
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
        self.channels: dict[str, Row] = {}
        self.threads: dict[str, Row] = {}
        self.messages: dict[str, dict[str, Row]] = {}
        self.members = {ANA, BOT}
        self.rights = VIEW | HISTORY | CONNECT
        self.withholds = False
        self._serial = 0

    @property
    def public_key(self) -> str:
        return self._key.public_key().public_bytes_raw().hex()

    def ident(self) -> str:
        """The next id, of now."""
        self._serial += 1
        return str((int(self.now() * 1000) - EPOCH << 22) + self._serial)

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="microseconds")

    def say(self, where: str, text: str, by: str = ANA, **facts: Any) -> Row:
        row = message(self.ident(), where, text, by, self.stamp(), **facts)
        self.messages.setdefault(where, {})[row["id"]] = row
        self.place(where)["last_message_id"] = row["id"]
        return row

    def edit(self, row: Row, text: str) -> None:
        row |= {"content": text, "edited_timestamp": self.stamp()}

    def begin(self, row: Row, name: str) -> Row:
        """A thread from a message, whose id it gets."""
        made = thread(row["id"], row["channel_id"], name)
        self.threads[made["id"]] = made
        row["flags"] |= 32
        return made

    def row(self, where: str, ident: str) -> Row | None:
        return self.messages.get(where, {}).get(ident)

    def place(self, ident: str) -> Row:
        return self.threads.get(ident) or self.channels[ident]

    def guild(self) -> Row:
        roles = [
            {"id": GUILD, "name": "@everyone", "permissions": str(self.rights)},
            {"id": OPS, "name": "ops", "permissions": "0"},
        ]
        return {"id": GUILD, "name": "Acme", "owner_id": ANA, "roles": roles}

    def may(self, ident: str, right: int) -> bool:
        """Whether the bot may do that in a channel, or in the channel of a thread."""
        row = self.place(ident)
        row = self.channels[row["parent_id"]] if "parent_id" in row else row
        denied = sum(int(it["deny"]) for it in row["permission_overwrites"])
        return bool(self.rights & ~denied & right)

    async def tell(self, kind: str, **data: Any) -> int:
        """Send an event of the app until it is taken; returns the last status."""
        event = {"type": kind, "timestamp": self.stamp()[:26], "data": data}
        return await self.send({"version": 1, "application_id": BOT, "type": 1, "event": event})

    async def hand_over(self, row: Row) -> int:
        """Somebody gives a message to the app by a command."""
        data = {
            "id": "1457628800000003000",
            "type": 3,
            "name": "Hand over",
            "target_id": row["id"],
            "resolved": {"messages": {row["id"]: row}},
        }
        where = self.place(row["channel_id"])
        about = {"guild_id": GUILD, "channel_id": where["id"], "channel": where, "data": data}
        head = {"version": 1, "id": self.ident(), "type": 2, "application_id": BOT, "token": "t"}
        return await self.send({**head, **about, "member": {"user": user(ANA)}})

    async def send(self, body: Row) -> int:
        status = 0
        for _ in range(TRIES):
            raw = json.encode(body)
            status = await self.mail.send(self.callback_url, raw, self.signed(raw))
            if 200 <= status < 300:
                break
        return status

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a delivery."""
        stated = str(int(self.now()))
        return {
            "content-type": "application/json",
            "x-signature-timestamp": stated,
            "x-signature-ed25519": self._key.sign(stated.encode() + body).hex(),
        }
