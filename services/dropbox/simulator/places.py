"""Paths, as Dropbox tells them."""

from typing import Any

Row = dict[str, Any]


def within(path: str, folder: str, deep: bool) -> bool:
    """Whether a path lies in a folder, or anywhere below it."""
    rest = path.removeprefix(f"{folder}/")
    return path.startswith(f"{folder}/") and (deep or "/" not in rest)


def where(path: str) -> Row:
    """What is told of a place."""
    return {"name": path.rpartition("/")[2], "path_lower": path.lower(), "path_display": path}


def deleted(path: str) -> Row:
    """All that is told of a deletion."""
    return {".tag": "deleted", **where(path)}
