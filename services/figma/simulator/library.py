"""A library's components and styles, and links that stand at layers.

https://developers.figma.com/docs/rest-api/dev-resources-endpoints/
"""

from collections.abc import Callable
from typing import Any

from services.figma.simulator.world import ADA, Row, World
from shared.simulation import Answer, Asked

_FILE = "/v1/files/([0-9A-Za-z]+)"


def table(world: World) -> dict[tuple[str, str], Callable[..., Any]]:
    """What answers each call; a layer has one link to an address."""

    def assets(kind: str) -> Callable[..., Answer]:
        row = {"key": "c0ffee", "node_id": "1:2", "name": f"One of {kind}", "description": ""}
        return lambda *_: Answer({"status": 200, "meta": {kind: [{**row, "user": ADA}]}})

    def links(asked: Asked, key: str) -> Answer:
        wanted = asked.query.get("node_ids", "").split(",")
        rows = [it for it in world.links.values() if it["file_key"] == key]
        rows = [it for it in rows if wanted == [""] or it["node_id"] in wanted]
        return Answer({"dev_resources": rows})

    def link(asked: Asked) -> Answer:
        made: list[Row] = []
        for wish in asked.json()["dev_resources"]:
            if wish in [{k: v for k, v in it.items() if k != "id"} for it in world.links.values()]:
                continue
            row = {**wish, "id": world.number()}
            world.links[row["id"]] = row
            made.append(row)
        errors = [] if made else [{"error": "Duplicate"}]
        return Answer({"links_created": made, "errors": errors})

    def unlink(_: Asked, _key: str, ident: str) -> Answer:
        there = world.links.pop(ident, None)
        return Answer(None, 200) if there else Answer({"status": 404, "err": "Not found"}, 404)

    return {
        ("GET", f"{_FILE}/components"): assets("components"),
        ("GET", f"{_FILE}/styles"): assets("styles"),
        ("GET", f"{_FILE}/dev_resources"): links,
        ("POST", "/v1/dev_resources"): link,
        ("DELETE", rf"{_FILE}/dev_resources/(\d+)"): unlink,
    }
