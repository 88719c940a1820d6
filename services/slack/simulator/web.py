"""The Web API: lists by cursor in pages of any length, writes, and what Slack says of limits.

https://docs.slack.dev/apis/web-api
"""

from collections.abc import Callable
from typing import Any

from services.slack.simulator.world import BOT, Row, World
from shared.simulation import Answer, Asked, Handler, Route

_KINDS = {"C": "public_channel", "G": "private_channel", "D": "im"}


class Pace:
    """How much of the history is given, and how often: at most `most` at once, one in `every` seconds."""

    def __init__(self, most: int, every: float, now: Callable[[], float]) -> None:
        self.most, self.every, self._now = most, every, now
        self._next: dict[str, float] = {}
        self._pages = self._stumbles = 0
        self.limited = 0

    def stumble(self) -> None:
        """Let the next call fail within a 200."""
        self._stumbles += 1

    def refused(self, method: str) -> Answer | None:
        """What a call is told that comes too early, or that meets a stumble."""
        if self._stumbles:
            self._stumbles -= 1
            return Answer({"ok": False, "error": "internal_error"})
        wait = self._next.get(method, 0.0) - self._now()
        if not self.every or wait <= 0:
            self._next[method] = self._now() + self.every
            return None
        self.limited += 1
        body = {"ok": False, "error": "ratelimited"}
        return Answer(body, 429, {"retry-after": str(int(wait) + 1)})

    def size(self, asked: int) -> int:
        """How many rows this page gets: every third one is short, every seventh is empty."""
        self._pages += 1
        whole = min(asked, self.most)
        return 0 if self._pages % 7 == 0 else max(whole // 2, 1) if self._pages % 3 == 0 else whole


def routes(world: World, pace: Pace) -> list[Route]:
    """Every method that is played, as a route each."""

    def history(asked: Asked) -> Answer:
        rows = world.rows[asked.query["channel"]].values()
        shown = [it for it in rows if it.get("thread_ts", it["ts"]) == it["ts"]]
        return _page(asked, pace, sorted(shown, key=_ts, reverse=True), down=True)

    def replies(asked: Asked) -> Answer:
        rows, parent = world.rows[asked.query["channel"]], asked.query["ts"]
        if parent not in rows:
            return Answer({"ok": False, "error": "thread_not_found"})
        found = [it for it in rows.values() if it.get("thread_ts") == parent != it["ts"]]
        return _page(asked, pace, sorted(found, key=_ts), rows[parent], down=False)

    def conversations(asked: Asked) -> Answer:
        kinds = asked.query["types"].split(",")
        found = [it for key, it in world.channels.items() if _KINDS[key[0]] in kinds]
        return _ok(channels=found, response_metadata={"next_cursor": ""})

    def info(asked: Asked) -> Answer:
        found = world.channels.get(asked.query["channel"])
        return _ok(channel=found) if found else Answer({"ok": False, "error": "channel_not_found"})

    async def say(asked: Asked) -> Answer:
        wish = asked.json()
        where, text, thread = wish["channel"], wish["text"], wish.get("thread_ts", "")
        own = {"user": BOT["user_id"], "bot_id": BOT["bot_id"], "app_id": "A01"}
        if where not in world.rows:
            return Answer({"ok": False, "error": "channel_not_found"})
        row = await world.say(where, text, thread_ts=thread, **own)
        return _ok(channel=where, ts=row["ts"], message=row)

    async def edit(asked: Asked) -> Answer:
        wish = asked.json()
        row = await world.edit(wish["channel"], wish["ts"], wish["text"])
        told = {key: value for key, value in row.items() if key != "ts"}
        return _ok(channel=wish["channel"], ts=wish["ts"], text=wish["text"], message=told)

    async def delete(asked: Asked) -> Answer:
        wish = asked.json()
        await world.delete(wish["channel"], wish["ts"])
        return _ok(channel=wish["channel"], ts=wish["ts"])

    async def react(asked: Asked) -> Answer:
        wish = asked.json()
        await world.react(wish["channel"], wish["timestamp"], wish["name"])
        return _ok()

    def limited(method: str, handle: Handler) -> Handler:
        return lambda asked: pace.refused(method) or handle(asked)

    told = {"team_id": "T01", "team": "Acme", "user": "hub", **BOT}
    reads: dict[str, Handler] = {
        "auth.test": lambda _: _ok(**told),
        "users.conversations": conversations,
        "conversations.info": info,
        "conversations.history": limited("history", history),
        "conversations.replies": limited("replies", replies),
        "users.list": lambda _: _ok(members=world.users, response_metadata={"next_cursor": ""}),
    }
    writes: dict[str, Handler] = {
        "chat.postMessage": say,
        "chat.update": edit,
        "chat.delete": delete,
        "reactions.add": react,
        "conversations.open": lambda _: _ok(channel=world.channels["D04"]),
    }
    return [
        Route(verb, "/api/" + name.replace(".", r"\."), handle)
        for verb, table in (("GET", reads), ("POST", writes))
        for name, handle in table.items()
    ]


def _page(asked: Asked, pace: Pace, rows: list[Row], *first: Row, down: bool) -> Answer:
    """The cursor names where the page ended, so that it stays true while others are said."""
    after, size = asked.query.get("cursor", ""), pace.size(int(asked.query.get("limit", "100")))
    rows = [it for it in rows if it["ts"] > asked.query.get("oldest", "")]
    rows = [it for it in rows if it["ts"] < asked.query.get("latest", "9")]
    if after:
        rows = [it for it in rows if (it["ts"] < after if down else it["ts"] > after)]
    part = rows[:size]
    end = part[-1]["ts"] if part else after or ("9" if down else "0")
    turn = {"next_cursor": end if len(rows) > size else ""}
    return _ok(messages=[*first, *part], has_more=len(rows) > size, response_metadata=turn)


def _ok(**body: Any) -> Answer:
    return Answer(
        {"ok": True, **body}, headers={"x-oauth-scopes": "channels:read,chat:write,users:read"}
    )


def _ts(row: Row) -> str:
    return str(row["ts"])
