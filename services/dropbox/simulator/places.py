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


def shared(path: str, ident: str, at: str) -> Row:
    """A folder of Ana's that others may see since then."""
    return {
        **where(path),
        "shared_folder_id": ident,
        "access_type": {".tag": "owner"},
        "owner_display_names": ["Ana Ames"],
        "preview_url": f"https://www.dropbox.com/scl/fo/{ident}",
        "time_invited": at,
    }
