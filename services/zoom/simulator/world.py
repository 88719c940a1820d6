"""What there is at Zoom: meetings, the times that they were held, and what is left of those."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from services.zoom.simulator.deliveries import ACCOUNT, HOST, Deliveries, Row, stamp
from shared.simulation import Mail

JO = "Xr4iPu9vRl3wYzA2bCdEfG"
MINUTE = 60.0


class World:
    """`planned` by number; `times` (what was held), `people`, `files` and `summaries` by uuid."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.mail, self.now, self.root = mail, now, ""
        self.deliveries = Deliveries(mail, callback_url, secret, now)
        self.me: Row = {
            "id": HOST,
            "account_id": ACCOUNT,
            "email": "mia@example.com",
            "display_name": "Mia Berg",
            "created_at": stamp(now() - 100 * 86_400),
        }
        self.planned: dict[int, Row] = {}
        self.times: dict[str, Row] = {}
        self.people: dict[str, list[Row]] = {}
        self.files: dict[str, list[Row]] = {}
        self.contents: dict[str, bytes] = {}
        self.summaries: dict[str, Row] = {}
        self.trashed: set[str] = set()
        self._made = 0

    def plan_quietly(self, topic: str, **more: Any) -> Row:
        """Let a meeting be planned; nobody is told."""
        number, made = 92_742_474_000 + self.number(), self.now() - 40 * 86_400
        row = {
            "uuid": self.uuid(),
            "id": number,
            "host_id": HOST,
            "topic": topic,
            "type": 2,
            "start_time": stamp(self.now() + number % 50 * 3600),
            "duration": 30,
            "timezone": "UTC",
            "created_at": stamp(made),
            "join_url": f"https://zoom.us/j/{number}",
            **more,
        }
        self.planned[number] = row
        return row

    def hold(self, row: Row, start: float, minutes: int = 30) -> str:
        """Let it have taken place; returns the uuid of that time."""
        uuid = self.uuid()
        told = {name: row[name] for name in ("id", "host_id", "topic", "type", "timezone")}
        times = {"start_time": stamp(start), "end_time": stamp(start + minutes * MINUTE)}
        self.times[uuid] = {"uuid": uuid, **told, **times, "duration": minutes}
        self.people[uuid] = [{"id": HOST, "name": "Mia Berg", "user_email": "mia@example.com"}]
        self.files[uuid] = []
        return uuid

    def person(self, name: str, uuid: str, *, known: bool = True) -> Row:
        """Somebody who was there; guests have a name alone."""
        told = {"id": JO, "user_email": "jo@example.com"} if known else {"id": "", "user_email": ""}
        return {"name": name, **told, "join_time": self.times[uuid]["start_time"]}

    def recording(self, uuid: str) -> Row:
        """What was recorded, as lists and events tell it."""
        its, at = self.times[uuid], f"{self.root}/rec/download"
        files = [{**it, "download_url": f"{at}/{it['id']}"} for it in self.files[uuid]]
        told = {name: its[name] for name in ("uuid", "id", "host_id", "topic", "start_time")}
        return {**told, "account_id": ACCOUNT, "type": str(its["type"]), "recording_files": files}

    def add_file(self, uuid: str, kind: str, what: str, content: bytes, ext: str = "") -> None:
        ident = f"file-{self.number()}"
        self.contents[ident] = content
        self.files[uuid].append(
            {
                "id": ident,
                "meeting_id": uuid,
                "file_type": kind,
                "file_extension": ext or kind,
                "recording_type": what,
                "file_size": len(content),
                "status": "completed",
                "recording_start": self.times[uuid]["start_time"],
            }
        )

    def add_transcript(self, uuid: str, said: Sequence[tuple[str, str]]) -> None:
        lines = ["WEBVTT", ""]
        for n, (who, text) in enumerate(said, 1):
            lines += [str(n), f"00:00:{n:02}.000 --> 00:00:{n:02}.900"]
            lines += [f"{who}: {text}" if who else text, ""]
        content = "\r\n".join(lines).encode()
        self.add_file(uuid, "TRANSCRIPT", "audio_transcript", content, "VTT")

    def add_summary(self, uuid: str, overview: str) -> None:
        its = self.times[uuid]
        about = {f"meeting_{name}": its[name] for name in ("uuid", "id", "topic", "start_time")}
        made = stamp(self.now())
        self.summaries[uuid] = {
            **about,
            "meeting_host_id": HOST,
            "meeting_host_email": "mia@example.com",
            "summary_created_time": made,
            "summary_last_modified_time": made,
            "summary_title": f"Summary of {its['topic']}",
            "summary_overview": overview,
            "summary_details": [{"label": "Result", "summary": "All is well."}],
            "next_steps": ["Jo writes it down."],
        }

    def number(self) -> int:
        """A number that nothing else has."""
        self._made += 1
        return self._made

    def uuid(self) -> str:
        """As Zoom makes them: base64, and every fourth one looks like a path."""
        number = self.number()
        made = base64.b64encode(hashlib.blake2b(b"%d" % number, digest_size=16).digest()).decode()
        return "/a//" + made[4:] if number % 4 == 0 else made
