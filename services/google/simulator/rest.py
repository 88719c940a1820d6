"""Gmail, Calendar and Drive, as far as they are played: lists, changes, watches and what is written."""

from collections.abc import Sequence
from typing import Any

from services.google.simulator.consent import problem
from services.google.simulator.world import ME, World
from shared.simulation import Answer, Asked, Route

MAIL = "/gmail/v1/users/me"
EVENTS = "/calendar/v3/calendars/[^/]+/events"
CHANGES = "/drive/v3/changes"


def gmail(world: World) -> list[Route]:
    """Sam's mailbox."""

    def profile(_: Asked) -> Answer:
        told = {"emailAddress": ME, "messagesTotal": len(world.mails)}
        return Answer({**told, "historyId": str(world.last)})

    def listed(asked: Asked) -> Answer:
        shown = [world.named(it) for it in reversed(world.mails)]
        return _page(
            world,
            asked,
            [it for it in shown if not {"TRASH", "SPAM"} & {*it["labelIds"]}],
            "messages",
        )

    def read(_: Asked, ident: str) -> Answer:
        return Answer(world.mails[ident]) if ident in world.mails else problem(404, "notFound")

    def history(asked: Asked) -> Answer:
        since = int(asked.query["startHistoryId"])
        if since < world.forgotten:
            return problem(404, "notFound", "Requested entity was not found.")
        rows = [it for it in world.history if int(it["id"]) > since]
        found = _page(world, asked, rows, "history")
        return Answer({**found.body, "historyId": str(world.last)})

    def watch(asked: Asked) -> Answer:
        world.watched = bool(asked.json()["topicName"])
        return Answer({"historyId": str(world.last), "expiration": world.week()})

    def stop(_: Asked) -> Answer:
        world.watched = False
        return Answer(None, 204)

    async def send(_: Asked) -> Answer:
        ident = await world.arrive("Sent", "What Sam sent.")
        return Answer({**world.named(ident), "labelIds": ["SENT"]})

    return [
        Route("GET", f"{MAIL}/profile", profile),
        Route("GET", f"{MAIL}/messages", listed),
        Route("GET", f"{MAIL}/messages/([^/]+)", read),
        Route("GET", f"{MAIL}/history", history),
        Route("POST", f"{MAIL}/watch", watch),
        Route("POST", f"{MAIL}/stop", stop),
        Route("POST", f"{MAIL}/messages/send", send),
    ]


def calendar(world: World) -> list[Route]:
    """Sam's calendar."""

    def calendars(_: Asked) -> Answer:
        return Answer(
            {"items": [{"id": ME, "summary": "Sam", "accessRole": "owner", "primary": True}]}
        )

    def events(asked: Asked) -> Answer:
        since = int(asked.query.get("syncToken", "t0").removeprefix("t"))
        if 0 < since < world.events_forgotten:
            return problem(410, "fullSyncRequired", "Sync token is no longer valid.")
        known = dict.fromkeys(world.event_log[since:])
        rows = [world.events[it] for it in known]
        shown = rows if since else [it for it in rows if it["status"] != "cancelled"]
        found = _page(world, asked, shown, "items")
        last = (
            {} if "nextPageToken" in found.body else {"nextSyncToken": f"t{len(world.event_log)}"}
        )
        return Answer({**found.body, **last})

    return [
        Route("GET", "/calendar/v3/users/me/calendarList", calendars),
        Route("GET", EVENTS, events),
        *_channels(world, "calendar", f"{EVENTS}/watch"),
    ]


def drive(world: World) -> list[Route]:
    """Sam's Drive."""

    def listed(asked: Asked) -> Answer:
        return _page(world, asked, list(world.files.values()), "files")

    def changes(asked: Asked) -> Answer:
        at, size = int(asked.query["pageToken"]), int(asked.query.get("pageSize", "100"))
        rows = [_change(world, it) for it in world.file_log[at : at + size]]
        following = min(at + size, len(world.file_log))
        last = following == len(world.file_log)
        return Answer(
            {"changes": rows, "newStartPageToken" if last else "nextPageToken": str(following)}
        )

    def start(_: Asked) -> Answer:
        return Answer({"startPageToken": str(len(world.file_log))})

    def export(_: Asked, ident: str) -> Answer:
        text = f"The text of {world.files[ident]['name']}"
        return Answer(text.encode(), headers={"content-type": "text/plain"})

    return [
        Route("GET", "/drive/v3/files", listed),
        Route("GET", "/drive/v3/files/([^/]+)/export", export),
        Route("GET", CHANGES, changes),
        Route("GET", f"{CHANGES}/startPageToken", start),
        *_channels(world, "drive", f"{CHANGES}/watch"),
    ]


def _channels(world: World, kind: str, path: str) -> list[Route]:
    async def watch(asked: Asked) -> Answer:
        return Answer(await world.open(kind, asked.json()))

    def stop(asked: Asked) -> Answer:
        known = world.channels.pop(asked.json()["id"], None)
        return Answer(None, 204) if known else problem(404, "notFound")

    return [Route("POST", path, watch), Route("POST", f"/{kind}/v3/channels/stop", stop)]


def _change(world: World, ident: str) -> dict[str, Any]:
    file = world.files.get(ident)
    told = {"changeType": "file", "fileId": ident, "time": world.stamp(), "removed": file is None}
    return {**told, "file": file} if file else told


def _page(world: World, asked: Asked, rows: Sequence[dict[str, Any]], name: str) -> Answer:
    """A page, in the size that was asked for but never more than the world's rows."""
    at = int(asked.query.get("pageToken", "0"))
    wish = asked.query.get("maxResults") or asked.query.get("pageSize") or world.rows
    size = min(world.rows, int(wish))
    more = {"nextPageToken": str(at + size)} if len(rows) > at + size else {}
    return Answer({name: rows[at : at + size], **more})
