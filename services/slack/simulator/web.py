"""What was said: history and threads in pages of any length, and what changes them.

https://docs.slack.dev/apis/web-api
"""

from services.slack.simulator.consent import Consent
from services.slack.simulator.lists import ok
from services.slack.simulator.pace import Pace
from services.slack.simulator.places import OWN, Row
from services.slack.simulator.world import World
from shared.simulation import Answer, Asked, Handler, Route


def routes(world: World, pace: Pace, consent: Consent) -> list[Route]:
    """Every method on messages that is played, as a route each."""

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

    async def say(asked: Asked) -> Answer:
        wish = asked.json()
        where, text, thread = wish["channel"], wish["text"], wish.get("thread_ts", "")
        holder = consent.holder(asked)
        assert holder, "the guard lets no other call in"
        own = {**OWN, "user": holder.user}
        if where not in world.rows:
            return Answer({"ok": False, "error": "channel_not_found"})
        row = await world.say(where, text, thread_ts=thread, **own)
        return ok(channel=where, ts=row["ts"], message=row)

    async def edit(asked: Asked) -> Answer:
        wish = asked.json()
        row = await world.edit(wish["channel"], wish["ts"], wish["text"])
        told = {key: value for key, value in row.items() if key != "ts"}
        return ok(channel=wish["channel"], ts=wish["ts"], text=wish["text"], message=told)

    async def delete(asked: Asked) -> Answer:
        wish = asked.json()
        await world.delete(wish["channel"], wish["ts"])
        return ok(channel=wish["channel"], ts=wish["ts"])

    async def react(asked: Asked) -> Answer:
        wish = asked.json()
        await world.react(wish["channel"], wish["timestamp"], wish["name"])
        return ok()

    def limited(method: str, handle: Handler) -> Handler:
        return lambda asked: pace.refused(method) or handle(asked)

    reads: dict[str, Handler] = {
        "conversations.history": limited("conversations.history", history),
        "conversations.replies": limited("conversations.replies", replies),
    }
    writes: dict[str, Handler] = {
        "chat.postMessage": say,
        "chat.update": edit,
        "chat.delete": delete,
        "reactions.add": react,
        "conversations.open": lambda _: ok(channel=world.places.channels["D04"]),
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
    return ok(messages=[*first, *part], has_more=len(rows) > size, response_metadata=turn)


def _ts(row: Row) -> str:
    return str(row["ts"])
