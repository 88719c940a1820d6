"""A vault: notes with their times, the key of the plugin, and a watcher that tells of changes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import json

from shared.simulation import Answer, Asked, Mail


@dataclass
class Note:
    """Milliseconds since 1970: when it was made, and when it was written."""

    text: str
    ctime: int
    mtime: int


class World:
    """Notes by path; calls go to `callback_url`, signed, about the vault at `url`."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self.secret, self.now = mail, callback_url, secret, now
        self.notes: dict[str, Note] = {}
        self.files = {"Files/photo.png": b"\x89PNG of a demo"}
        self.trash: list[str] = []
        self.key, self.url = secrets.token_hex(32), ""
        self.closed, self.emptied = 0, 0
        self._calls = 0

    def fill(self, notes: int) -> None:
        """What was written long before."""
        at = int(self.now() - 86_400) * 1000
        texts = {
            "Plan.md": "# Goals\n\n- [x] think\n- [ ] write ^next\n",
            "People/Mia.md": "---\ntype: person\n---\nLeads the [[Plan]].\n",
        }
        for number in range(notes):
            body = f"Note {number}, with [[Mia]] on [[Plan#Goals]]. #demo ![[photo.png]]\n"
            texts[f"Notes/Note {number}.md"] = body
        self.notes = {path: Note(text, at, at) for path, text in texts.items()}

    def write(self, path: str, text: str) -> None:
        """Write a note, new or not, without telling anybody."""
        now = int(self.now() * 1000)
        made = self.notes[path].ctime if path in self.notes else now
        self.notes[path] = Note(text, made, now)

    def move(self, old: str, new: str) -> None:
        """Rename a note; no time of it changes."""
        self.notes[new] = self.notes.pop(old)

    def close(self) -> None:
        self.closed += 1

    def empty(self) -> None:
        self.emptied += 1

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without the key, None where there is one; the root needs none."""
        if self.closed:
            self.closed -= 1
            return Answer({"message": "closing"}, 503)
        if asked.path == "/" or self.knows(asked):
            return None
        return error(40101, "Authorization required.")

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.key}"

    async def tell(self, event: str, *paths: str) -> int:
        """Let the watcher call; returns the status of the answer."""
        self._calls += 1
        vault = hashlib.sha256(self.url.encode()).hexdigest()[:32]
        body = {"id": f"call-{self._calls}", "event": event, "vault": vault, "paths": paths}
        raw = json.encode(body)
        return await self.mail.send(self.callback_url, raw, self.signed(raw))

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a call."""
        sent = f"{self.now():.0f}"
        proof = hmac.new(self.secret.encode(), f"{sent}.".encode() + body, hashlib.sha256)
        return {
            "content-type": "application/json",
            "x-obsidian-timestamp": sent,
            "x-obsidian-signature": f"sha256={proof.hexdigest()}",
        }


def error(code: int, message: str) -> Answer:
    """A refusal in the plugin's own shape."""
    return Answer({"errorCode": code, "message": message}, code // 100)
