"""Connections, page by page, and single entities by their id.

https://linear.app/developers/pagination
"""

from collections.abc import Iterable

from services.linear.simulator.graphql import Wrong
from services.linear.simulator.rows import Row

MOST = 250
"""Entities of a page, at most."""


class Missing(LookupError):
    """What was asked for by id is not there."""


def one(table: dict[str, Row], key: str) -> Row:
    """By id, or an issue by its identifier."""
    for row in table.values():
        if key in (row["id"], row.get("identifier")):
            return row
    raise Missing("Entity")


def page(
    every: Iterable[Row],
    *,
    first: int = 50,
    after: str | None = None,
    orderBy: str = "createdAt",
    filter: Row | None = None,
    includeArchived: bool = False,
    includeDisabled: bool = False,  # noqa: ARG001 - Linear's name
) -> Row:
    """A page, the newest first; the cursor is the id of the last entity that was shown."""
    if first > MOST:
        raise Wrong(f"Argument 'first' must be at most {MOST}")
    found = [row for row in every if includeArchived or not row.get("archivedAt")]
    since = ((filter or {}).get("updatedAt") or {}).get("gte", "")
    key = (((filter or {}).get("team") or {}).get("key") or {}).get("eq")
    found = [row for row in found if row.get("updatedAt", "") >= since]
    found = [row for row in found if key in (None, (row.get("team") or {}).get("key"))]
    found.sort(key=lambda row: (row.get(orderBy, ""), row.get("id", "")), reverse=True)
    if after:
        places = [row["id"] for row in found]
        if after not in places:
            raise Missing("Cursor")
        found = found[places.index(after) + 1 :]
    part = found[:first]
    end = part[-1].get("id") if part else None
    return {"nodes": part, "pageInfo": {"hasNextPage": len(found) > first, "endCursor": end}}
