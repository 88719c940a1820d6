"""The calls, as far as they are played: listing, looking up, bytes, and what is written."""

from collections.abc import Callable
from typing import Any

from msgspec import json

from services.dropbox.simulator.consent import ACCOUNT, error
from services.dropbox.simulator.places import Row
from services.dropbox.simulator.world import World
from shared.simulation import Answer, Asked, Route

ANA = {"account_id": ACCOUNT, "name": {"display_name": "Ana Ames"}, "email": "ana@example.org"}


class Mood:
    """What the next calls meet: a limit, or somebody else who writes."""

    def __init__(self) -> None:
        self.limits, self.locks = 0, 0

    def limit(self) -> None:
        self.limits += 1

    def lock(self) -> None:
        self.locks += 1

    def refused(self, asked: Asked) -> Answer | None:
        """What stands in the way of this call."""
        if self.limits and asked.path.startswith("/2/files/"):
            self.limits -= 1
            reason = {"reason": {".tag": "too_many_requests"}, "retry_after": 1}
            return Answer({"error_summary": "too_many_requests/..", "error": reason}, 429)
        if self.locks and asked.path.endswith(("upload", "_v2")):
            self.locks -= 1
            return error(409, "path", "too_many_write_operations")
        return None


def routes(world: World) -> list[Route]:
    """What is asked of Ana's Dropbox."""

    def whoami(_: Row) -> Answer:
        roots = {"root_namespace_id": world.team or "7", "home_namespace_id": "7"}
        return Answer({**ANA, "email_verified": True, "root_info": {".tag": "user", **roots}})

    def looked_up(it: Row) -> Answer:
        row = world.at(it["path"]) or world.folders.get(it["path"].lower())
        return Answer(row) if row else error(409, "path", "not_found")

    def history(it: Row) -> Answer:
        path = it["path"].lower()
        found = [row for row in world.past if path in (row["path_lower"], row["id"].lower())]
        if not found:
            return error(409, "path", "not_file" if path in world.folders else "not_found")
        gone = found[-1]["id"] not in world.files
        told = [*reversed(found)][: it["limit"]]
        more = {"server_deleted": world.stamp()} if gone else {}
        return Answer({"is_deleted": gone, "entries": told, "has_more": False, **more})

    def found(it: Row) -> Answer:
        rows = [row for row in world.files.values() if it["query"].lower() in row["name"].lower()]
        told = [{"metadata": {".tag": "metadata", "metadata": row}} for row in rows]
        return Answer({"matches": told, "has_more": False})

    def download(asked: Asked) -> Answer:
        wish = json.decode(asked.query.get("arg") or asked.headers["dropbox-api-arg"])["path"]
        row = world.at(wish)
        content = world.bytes.get(wish.removeprefix("rev:") if not row else row["rev"])
        if content is None:
            return error(409, "path", "not_found")
        return Answer(content, headers={"content-type": "application/octet-stream"})

    async def upload(asked: Asked) -> Answer:
        wish = json.decode(asked.query.get("arg") or asked.headers["dropbox-api-arg"])
        there, mode = world.at(wish["path"]), wish["mode"]
        stale = isinstance(mode, dict) and there and there["rev"] != mode["update"]
        if there and (mode == "add" or stale):
            return Answer(_conflict("file"), 409)
        row = world.save(wish["path"], asked.body)
        if wish.get("content_hash", row["content_hash"]) != row["content_hash"]:
            return error(409, "content_hash_mismatch")
        await world.tell()
        return Answer(row)

    async def move(it: Row) -> Answer:
        row = world.at(it["from_path"])
        if not row:
            return error(409, "from_lookup", "not_found")
        if world.at(it["to_path"]):
            return error(409, "to", "conflict", "file")
        world.move(row["path_display"], it["to_path"])
        await world.tell()
        return Answer({"metadata": world.files[row["id"]]})

    async def delete(it: Row) -> Answer:
        row = world.at(it["path"])
        if not row:
            return error(409, "path_lookup", "not_found")
        world.delete(row["path_display"])
        await world.tell()
        return Answer({"metadata": row})

    async def folder(it: Row) -> Answer:
        row = world.folder(it["path"])
        await world.tell()
        return Answer({"metadata": row})

    return [
        _call("files/list_folder", world.listed),
        _call("files/list_folder/continue", lambda it: world.continued(it["cursor"])),
        _call("files/get_metadata", looked_up),
        _call("files/list_revisions", history),
        _call("files/search_v2", found),
        _call("files/move_v2", move),
        _call("files/delete_v2", delete),
        _call("files/create_folder_v2", folder),
        _call("sharing/list_folders", lambda _: Answer({"entries": [*world.shares.values()]})),
        _call("sharing/list_received_files", lambda _: Answer({"entries": []})),
        _call("users/get_current_account", whoami),
        _call("users/get_account_batch", lambda _: Answer([ANA])),
        Route("GET", "/2/files/download", download),
        Route("POST", "/2/files/download", download),
        Route("POST", "/2/files/upload", upload),
    ]


def elsewhere(world: World, asked: Asked) -> Answer | None:
    """What is answered to who looks in another place than the team's space, where there is one."""
    given = asked.headers.get("dropbox-api-path-root", "{}")
    if asked.path.startswith("/2/files/") and json.decode(given).get("root", "") != world.team:
        return error(422, "invalid_root")
    return None


def _call(name: str, answer: Callable[[Any], Any]) -> Route:
    """A call whose argument is its JSON body, and `null` where it has none."""

    def handle(asked: Asked) -> Any:
        if asked.headers.get("content-type") != "application/json":
            return Answer(b"Error in call to API function: Bad HTTP content-type", 400)
        return answer(asked.json())

    return Route("POST", f"/2/{name}", handle)


def _conflict(what: str) -> Row:
    inside = {".tag": "conflict", "conflict": {".tag": what}}
    failed = {".tag": "path", "reason": inside, "upload_session_id": "simulated"}
    return {"error_summary": f"path/conflict/{what}/..", "error": failed}
