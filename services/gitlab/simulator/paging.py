"""Pages as GitLab gives them: by number, with `Link` and without a total."""

from collections.abc import Iterable
from urllib.parse import urlencode

from services.gitlab.simulator.rows import Row
from shared.simulation import Answer, Asked

GONE = Answer({"message": "404 Not found"}, 404)


def page(asked: Asked, rows: list[Row]) -> Answer:
    """One page, and the address of the next in the `Link` header (RFC 8288)."""
    size = min(int(asked.query.get("per_page", "20")), 100)
    number = int(asked.query.get("page", "1"))
    part = rows[(number - 1) * size : number * size]
    if number * size >= len(rows):
        return Answer(part)
    following = urlencode({**asked.query, "page": number + 1})
    return Answer(part, headers={"link": f'<{asked.root}{asked.path}?{following}>; rel="next"'})


def changed(asked: Asked, rows: Iterable[Row]) -> Answer:
    """A page of what changed at `updated_after` or later, in the order that was asked for."""
    since = asked.query.get("updated_after", "").removesuffix("Z")
    state, search = asked.query.get("state", "all"), asked.query.get("search", "").lower()
    found = [
        row
        for row in rows
        if row["updated_at"] >= since
        and state in ("all", row.get("state", "all"))
        and search in row.get("title", "").lower()
    ]
    down = asked.query.get("sort", "desc") == "desc"
    found.sort(key=lambda row: (row["updated_at"], row["id"]), reverse=down)
    return page(asked, found)
