"""The API: what is in a team, in a folder, and on a file, and what Figma says of limits."""

from collections.abc import Callable
from typing import Any

from services.figma.simulator import hooks, library
from services.figma.simulator.hooks import GONE
from services.figma.simulator.world import ADA, OLD, SHOP, TEAM, Row, World
from shared.simulation import Answer, Asked, Route

NAMES = {SHOP: "Shop", OLD: "Old"}
_FILE = "/v1/files/([0-9A-Za-z]+)"


def routes(world: World) -> list[Route]:
    """Every call that is played, as a route each."""

    def there(key: str) -> bool:
        return key in world.files and key not in world.hidden

    def me(_: Asked) -> Answer:
        return Answer({**ADA, "email": "ada@example.com"})

    def team(_: Asked, ident: str) -> Answer:
        rows = [_folder(it, above) for it, above in world.folders.items() if not above]
        return Answer({"name": "Design", "folders": rows}) if ident == TEAM else GONE

    def folders(_: Asked, ident: str) -> Answer:
        rows = [_folder(it, above) for it, above in world.folders.items() if above == ident]
        return Answer({"name": NAMES.get(ident, ""), "folders": rows})

    def files(_: Asked, ident: str) -> Answer:
        rows = [
            {"key": key, "name": it["name"], "last_modified": it["touched"]}
            for key, it in world.files.items()
            if it["folder"] == ident and there(key)
        ]
        return Answer({"name": NAMES.get(ident, ""), "files": rows})

    def meta(_: Asked, key: str) -> Answer:
        if not there(key):
            return GONE
        it = world.files[key]
        latest = world.versions[key][0]["id"] if world.versions[key] else "1"
        told = {"name": it["name"], "last_touched_at": it["touched"], "creator": ADA}
        return Answer({"file": {**told, "editorType": "figma", "version": latest}})

    def comments(_: Asked, key: str) -> Answer:
        return Answer({"comments": world.comments[key]}) if there(key) else GONE

    async def comment(asked: Asked, key: str) -> Answer:
        wish = asked.json()
        answer = wish.get("comment_id", "")
        above = [it for it in world.comments[key] if it["id"] == answer]
        if answer and (not above or above[0]["parent_id"]):
            return Answer({"status": 400, "err": "Invalid comment_id"}, 400)
        return Answer(await world.comment(key, wish["message"], answer=answer))

    def uncomment(_: Asked, key: str, ident: str) -> Answer:
        left = [it for it in world.comments[key] if it["id"] != ident]
        if len(left) == len(world.comments[key]):
            return GONE
        world.comments[key] = left
        return Answer({"status": 200, "error": False, "i18n": None})

    def react(asked: Asked, key: str, ident: str) -> Answer:
        emoji = asked.json()["emoji"]
        for it in world.comments[key]:
            if it["id"] == ident:
                it["reactions"].append({"user": ADA, "emoji": emoji, "created_at": world.stamp()})
                return Answer({"status": 200, "error": False})
        return GONE

    def versions(asked: Asked, key: str) -> Answer:
        if not there(key):
            return GONE
        rows, before = world.versions[key], int(asked.query.get("before", 10**9))
        size = min(int(asked.query.get("page_size", 30)), world.most)
        left = [it for it in rows if int(it["id"]) < before]
        page = left[:size]
        path = f"{asked.root}{asked.path}?page_size={size}&before={page[-1]['id']}" if page else ""
        return Answer(
            {"versions": page, "pagination": {"next_page": path} if len(left) > size else {}}
        )

    def images(asked: Asked, key: str) -> Answer:
        drawn = {
            it: f"https://images.example.com/{key}/{it}" for it in asked.query["ids"].split(",")
        }
        return Answer({"err": None, "images": drawn})

    table: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/v1/me"): me,
        ("GET", r"/v2/teams/(\d+)/folders"): team,
        ("GET", r"/v2/folders/(\d+)/folders"): folders,
        ("GET", r"/v2/folders/(\d+)/files"): files,
        ("GET", f"{_FILE}/meta"): meta,
        ("GET", f"{_FILE}/comments"): comments,
        ("POST", f"{_FILE}/comments"): comment,
        ("DELETE", rf"{_FILE}/comments/(\d+)"): uncomment,
        ("POST", rf"{_FILE}/comments/(\d+)/reactions"): react,
        ("GET", f"{_FILE}/versions"): versions,
        ("GET", "/v1/images/([0-9A-Za-z]+)"): images,
    }
    table |= hooks.table(world) | library.table(world)
    return [Route(verb, path, _limited(world, it)) for (verb, path), it in table.items()]


def _folder(ident: str, above: str) -> Row:
    return {"id": ident, "name": NAMES[ident], "parent_folder_id": above or None}


def _limited(world: World, handle: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*given: Any) -> Any:
        if world.limits:
            seconds, kind = world.limits.pop(0)
            headers = {"retry-after": seconds, "x-figma-rate-limit-type": kind}
            headers["x-figma-plan-tier"] = "starter" if kind == "low" else "pro"
            return Answer({"status": 429, "err": "Rate limit exceeded"}, 429, headers)
        return handle(*given)

    return answer
