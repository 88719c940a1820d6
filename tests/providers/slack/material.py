"""Events to change and send, and a conversation of Slack's that is written to while it is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.slack.provider import provider
from shared.errors import ItemGone
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Delivery, Names, Nudge, Page, Record, Resource
from tests.contract.reading import messages
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.slack import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
BOT = {"bot_id": "B0B", "bot_user": "U0B"}
ROOM = Resource("C02", "ops", ("channel:C02",), {"type": "channel", **BOT})
NOW = 1_767_700_000.0

assert provider.webhook
HEARING = provider.webhook


def webhook(name: str) -> Any:
    """A payload, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def delivery(body: Any, secret: bytes = SECRET, at: float = sign.NOW) -> Delivery:
    """A signed delivery that was sent and received at that moment."""
    raw = body if isinstance(body, bytes) else json.encode(body)
    headers = {**sign.headers(""), sign.STAMP: str(int(at))}
    return Delivery(raw, sign.sign(secret, raw, headers), received_at=at)


def told(body: Any) -> list[Message]:
    """What an event becomes."""
    return list(messages(provider, delivery(body)))


def read(body: Any) -> list[Record | Nudge | Names]:
    """What an event says, before it is normalized."""
    return list(HEARING.read(delivery(body)))


def records(body: Any) -> list[Record]:
    """The Records that an event carries."""
    return [it for it in read(body) if isinstance(it, Record)]


def nudges(body: Any) -> list[Nudge]:
    """The Nudges that an event carries."""
    return [it for it in read(body) if isinstance(it, Nudge)]


async def walk(
    name: str, api: FakeApi, cursor: Struct | None = None, resource: Resource = ROOM, **more: Any
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    stream = next(it for it in provider.streams if it.name == name)
    at = stream.cursor() if cursor is None else cursor
    pages: Callable[..., Any] = stream.pages
    found = [page async for page in pages(api, at, resource, **more)]
    for page in found:
        assert json.decode(json.encode(page.cursor), type=stream.cursor) == page.cursor
    return found


def said(pages: list[Page]) -> dict[str, bytes]:
    """The encoded Messages of a walk, by id; a later version takes the place of an earlier one."""
    normalize = prepare(provider)
    found: dict[str, bytes] = {}
    for record in (record for page in pages for record in page.records):
        version = normalize(record)
        if isinstance(version, Version):
            found[version.message.id] = version.body
    return found


class Room:
    """A conversation as Slack lists it: newest first by cursor, threads apart, `limit` capped."""

    def __init__(self, most: int = 999) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.most = most
        self.empty_pages = 0
        self.api = FakeApi(
            {
                ("GET", "/conversations.history"): self.history,
                ("GET", "/conversations.replies"): self.replies,
            }
        )

    def say(self, second: int, text: str = "", **more: Any) -> str:
        """A message in that second after the hour; returns its `ts`."""
        ts = f"{1_767_600_000 + second:010}.000100"
        self.rows[ts] = {"type": "message", "user": "U07", "text": text or ts, "ts": ts, **more}
        if (parent := more.get("thread_ts")) and parent != ts:
            asked = self.rows[parent]
            asked |= {"thread_ts": parent, "latest_reply": ts}
            asked["reply_count"] = asked.get("reply_count", 0) + 1
        return ts

    def history(self, call: Call) -> Answer:
        listed = [
            row
            for row in self.rows.values()
            if row.get("thread_ts", row["ts"]) == row["ts"] or row.get("subtype")
        ]
        return self._page(call, sorted(listed, key=lambda row: str(row["ts"]), reverse=True))

    def replies(self, call: Call) -> Answer:
        parent = call.params["ts"]
        if parent not in self.rows:
            raise ItemGone
        listed = [row for row in self.rows.values() if row.get("thread_ts") == parent]
        listed.sort(key=lambda row: str(row["ts"]))
        return self._page(call, [it for it in listed if it["ts"] != parent], self.rows[parent])

    def _page(self, call: Call, rows: list[dict[str, Any]], *first: dict[str, Any]) -> Answer:
        """The cursor names the last row that was given, so it stays true while others are said."""
        assert call.params["channel"] == "C02"
        down = not first
        rows = [row for row in rows if row["ts"] > call.params.get("oldest", "")]
        rows = [row for row in rows if row["ts"] < call.params.get("latest", "9")]
        if last := call.params.get("cursor", ""):
            rows = [row for row in rows if (row["ts"] < last if down else row["ts"] > last)]
        size = min(int(call.params["limit"]), self.most)
        if self.empty_pages and rows:
            self.empty_pages -= 1
            following = last or ("9999999999.999999" if down else "0000000000.000000")
            return Answer(listing([], following))
        part = rows[:size]
        return Answer(listing([*first, *part], part[-1]["ts"] if len(rows) > size else ""))


def listing(rows: list[dict[str, Any]], following: str = "") -> dict[str, Any]:
    """An answer of Slack's list methods."""
    turn = {"response_metadata": {"next_cursor": following}}
    return {"ok": True, "messages": rows, "has_more": bool(following), **turn}
