"""The API: lists by cursor, writes, and what Notion says of limits and of what is not shared."""

from collections.abc import Callable
from typing import Any

from services.notion.simulator.consent import OWNER, error
from services.notion.simulator.mood import Mood
from services.notion.simulator.rows import ANA, BO, BOT, PLACE, Row, run, user
from services.notion.simulator.world import World
from shared.simulation import Answer, Asked, Route

_ID = "([0-9a-f-]{36})"


def routes(world: World, mood: Mood) -> list[Route]:
    """Every call that is played, as a route each."""

    def shared(rows: dict[str, Row], ident: str) -> Answer:
        there = ident in rows and ident not in world.hidden
        return Answer(rows[ident]) if there else error(404, "object_not_found")

    def search(asked: Asked) -> Answer:
        wish = asked.json()
        rows = [*world.pages.values(), *world.sources.values()]
        rows = [it for it in rows if not it["in_trash"] and it["id"] not in world.hidden]
        rows = [it for it in rows if wish.get("query", "").lower() in _title(it).lower()]
        rows.sort(key=lambda it: (it["last_edited_time"], it["id"]), reverse=True)
        return _page(rows, wish, mood)

    def query(asked: Asked, ident: str) -> Answer:
        wish = asked.json()
        rows = [it for it in world.pages.values() if it["parent"].get("data_source_id") == ident]
        rows = [it for it in rows if not it["in_trash"] and it["id"] not in world.hidden]
        if "filter" in wish:
            since = wish["filter"]["last_edited_time"]["on_or_after"]
            rows = [it for it in rows if it["last_edited_time"] >= since]
        return _page(rows, wish, mood)

    def children(asked: Asked, ident: str) -> Answer:
        if ident not in world.blocks or ident in world.hidden:
            return error(404, "object_not_found")
        return _page(world.blocks[ident], asked.query, mood)

    def comments(asked: Asked) -> Answer:
        return _page(world.comments.get(asked.query["block_id"], []), asked.query, mood)

    async def create(asked: Asked) -> Answer:
        wish = asked.json()
        parent = {"type": next(iter(wish["parent"])), **wish["parent"]}
        page = world.page(_words(wish["properties"]["title"]["title"]), parent)
        world.blocks[page["id"]] += [world.block(_text(it)) for it in wish.get("children", [])]
        await world.tell("page.created", page["id"], parent={"id": PLACE, "type": "space"})
        if mood.kept:
            mood.kept -= 1
            return error(503, "service_unavailable", committed_resource_id=page["id"])
        return Answer(page)

    async def change(asked: Asked, ident: str) -> Answer:
        wish, page = asked.json(), world.pages[ident]
        if "title" in wish.get("properties", {}):
            page["properties"]["title"]["title"] = [
                run(_words(wish["properties"]["title"]["title"]))
            ]
        page["in_trash"] = wish.get("in_trash", page["in_trash"])
        world.edited(page)
        await world.tell("page.deleted" if page["in_trash"] else "page.properties_updated", ident)
        return Answer(page)

    async def append(asked: Asked, ident: str) -> Answer:
        world.blocks[ident] += [world.block(_text(it)) for it in asked.json()["children"]]
        world.edited(world.pages[ident])
        await world.tell("page.content_updated", ident)
        return Answer({"object": "list", "results": []})

    async def comment(asked: Asked) -> Answer:
        wish = asked.json()
        page = wish["parent"]["page_id"]
        row = world.say(page, _words(wish["rich_text"]), by=BOT)
        told = {"page_id": page, "parent": {"id": page, "type": "page"}}
        await world.tell("comment.created", row["id"], **told)
        return Answer(row)

    def me(_: Asked) -> Answer:
        bot = {"owner": OWNER, "workspace_id": PLACE, "workspace_name": "Acme"}
        return Answer({**user(BOT), "type": "bot", "name": "Hub", "bot": bot})

    def people(asked: Asked) -> Answer:
        names = {ANA: "Ana A", BO: "Bo B", BOT: "Hub"}
        return _page([{**user(it), "name": name} for it, name in names.items()], asked.query, mood)

    table: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/v1/users/me"): me,
        ("GET", "/v1/users"): people,
        ("POST", "/v1/search"): search,
        ("GET", f"/v1/pages/{_ID}"): lambda _, it: shared(world.pages, it),
        ("GET", f"/v1/databases/{_ID}"): lambda _, it: shared(world.databases, it),
        ("GET", f"/v1/data_sources/{_ID}"): lambda _, it: shared(world.sources, it),
        ("POST", f"/v1/data_sources/{_ID}/query"): query,
        ("GET", f"/v1/blocks/{_ID}/children"): children,
        ("GET", "/v1/comments"): comments,
        ("POST", "/v1/pages"): create,
        ("PATCH", f"/v1/pages/{_ID}"): change,
        ("PATCH", f"/v1/blocks/{_ID}/children"): append,
        ("POST", "/v1/comments"): comment,
    }
    return [Route(verb, path, _moody(mood, it)) for (verb, path), it in table.items()]


def _moody(mood: Mood, handle: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given: mood.refused() or handle(*given)


def _page(rows: list[Row], wish: Any, mood: Mood) -> Answer:
    """A cursor is the id of the row that comes next; one that is gone is not known any more."""
    ids, after = [it["id"] for it in rows], wish.get("start_cursor")
    if after and after not in ids:
        return error(400, "validation_error")
    begin, size = ids.index(after) if after else 0, min(int(wish.get("page_size", 100)), mood.most)
    following = ids[begin + size] if begin + size < len(ids) else None
    body = {"object": "list", "results": rows[begin : begin + size]}
    return Answer({**body, "next_cursor": following, "has_more": following is not None})


def _title(it: Row) -> str:
    runs = it["title"] if "title" in it else it["properties"]["title"]["title"]
    return "".join(one["plain_text"] for one in runs)


def _words(runs: list[Row]) -> str:
    return "".join(it["text"]["content"] for it in runs)


def _text(it: Row) -> str:
    return _words(it[it["type"]]["rich_text"])
