"""What can be followed: a team, a folder (Figma's former "project"), or one file, by its address.

Nothing of Figma's API lists a person's teams, so that somebody has to name them.
https://developers.figma.com/docs/rest-api/folders-endpoints/
"""

import re

PLACE = re.compile(r"(?:(?:team|folder):[0-9]{1,30}|file:[0-9A-Za-z]{1,128})\Z")
_SITE = r"https://(?:www\.)?figma(?:-gov)?\.com"
_SHELF = re.compile(rf"{_SITE}/files(?:/[0-9]+)?/(team|project|folder)/([0-9]{{1,30}})(?=[/?#]|\Z)")
_EDITORS = "file|design|board|proto|slides|deck|buzz|site|make"
_FILE = re.compile(
    rf"{_SITE}/(?:{_EDITORS})/([0-9A-Za-z]{{1,128}})(?:/branch/([0-9A-Za-z]{{1,128}}))?(?=[/?#]|\Z)"
)


def place(link: str) -> str | None:
    """`team:1`, `folder:2` or `file:KEY` for an address of Figma's, or for that itself; else None."""
    if PLACE.match(link):
        return link
    if found := _SHELF.match(link):
        return f"{'team' if found[1] == 'team' else 'folder'}:{found[2]}"
    if found := _FILE.match(link):
        return f"file:{found[2] or found[1]}"
    return None


def key(place: str) -> str:
    """The file's key; "" for what is no file."""
    return place.removeprefix("file:") if place.startswith("file:") else ""
