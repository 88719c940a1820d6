"""What the plugin answers. https://coddingtonbear.github.io/obsidian-local-rest-api/"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from services.obsidian.simulator.world import Note, World, error
from shared.simulation import Answer, Asked, Route

NOTE_JSON = "application/vnd.olrapi.note+json"
LOGIC = "application/vnd.olrapi.jsonlogic+json"


def routes(world: World) -> list[Route]:
    """Every call that is played, as a route each."""

    def root(asked: Asked) -> Answer:
        versions = {"obsidian": "1.12.0", "self": "5.1.0"}
        service = {"status": "OK", "service": "Obsidian Local REST API", "versions": versions}
        return Answer({**service, "authenticated": world.knows(asked)})

    def read(asked: Asked, rest: str) -> Answer:
        path = unquote(rest)
        if path == "" or path.endswith("/"):
            return folder(path)
        if path in world.files:
            return Answer(world.files[path], headers={"content-type": "image/png"})
        if path not in world.notes:
            return error(40400, "Not Found")
        it = world.notes[path]
        if asked.headers.get("accept") == NOTE_JSON:
            return Answer(note(path, it), headers={"content-type": NOTE_JSON})
        return Answer(it.text.encode(), headers={"content-type": "text/markdown; charset=utf-8"})

    def folder(path: str) -> Answer:
        everything = [*world.notes, *world.files]
        rest = [it.removeprefix(path) for it in everything if it.startswith(path)]
        names = {it.partition("/")[0] + "/" * ("/" in it) for it in rest}
        return Answer({"files": sorted(names)}) if names else error(40400, "Not Found")

    def write(asked: Asked, rest: str) -> Answer:
        if not asked.headers.get("content-type", "").startswith("text/"):
            return error(40010, "Incoming content must be text data.")
        world.write(unquote(rest), asked.body.decode())
        return Answer(None, 204)

    def append(asked: Asked, rest: str) -> Answer:
        path = unquote(rest)
        before = world.notes[path].text if path in world.notes else "\n"
        apart = "" if before.endswith("\n") else "\n"
        world.write(path, before + apart + asked.body.decode())
        return Answer(None, 204)

    def remove(_: Asked, rest: str) -> Answer:
        path = unquote(rest)
        if world.notes.pop(path, None) is None:
            return error(40400, "Not Found")
        world.trash.append(path)
        return Answer(None, 204)

    def search(asked: Asked) -> Answer:
        if asked.headers.get("content-type") != LOGIC:
            return error(40012, "Unknown or invalid Content-Type")
        if asked.json() != {"var": "stat"}:
            return error(40070, "The query you provided could not be processed.")
        if world.emptied:
            world.emptied -= 1
            return Answer([])
        rows = [{"filename": path, "result": stat(it)} for path, it in world.notes.items()]
        return Answer(rows)

    def simple(asked: Asked) -> Answer:
        words = asked.query["query"].lower()
        hits = [path for path, it in world.notes.items() if words in it.text.lower()]
        return Answer([_hit(path, world.notes[path].text, words) for path in hits])

    table: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/"): root,
        ("GET", "/vault/(.*)"): read,
        ("PUT", "/vault/(.+[^/])"): write,
        ("POST", "/vault/(.+[^/])"): append,
        ("DELETE", "/vault/(.+[^/])"): remove,
        ("POST", "/search/"): search,
        ("POST", "/search/simple/"): simple,
    }
    return [Route(verb, path, handle) for (verb, path), handle in table.items()]


def stat(it: Note) -> dict[str, int]:
    return {"ctime": it.ctime, "mtime": it.mtime, "size": len(it.text.encode())}


def note(path: str, it: Note) -> dict[str, Any]:
    """A note as NoteJson; what the app knows of its links is left out, as nobody here reads it."""
    told: dict[str, Any] = {
        "tags": [],
        "frontmatter": {},
        "links": [],
        "backlinks": [],
        "unresolvedLinks": [],
    }
    return {"path": path, "content": it.text, "stat": stat(it), **told}


def _hit(path: str, text: str, words: str) -> dict[str, Any]:
    at = text.lower().index(words)
    match = {"start": at, "end": at + len(words), "source": "content"}
    context = text[max(0, at - 100) : at + len(words) + 100]
    return {"filename": path, "score": -1.0, "matches": [{"match": match, "context": context}]}
