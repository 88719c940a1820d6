"""Discord's mentions in readable text: what stands between `<` and `>`, but for what stands in code.

https://discord.com/developers/docs/reference#message-formatting
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_CODE = re.compile(r"```.*?(?:```|\Z)|``[^\n]+?``|`[^`\n]+`", re.S)
_TOKEN = re.compile(
    r"(?<!\\)<(?:(?P<user>@!?[0-9]{1,20})|@&(?P<role>[0-9]{1,20})|#(?P<channel>[0-9]{1,20})"
    r"|/(?P<command>[^:<>\n]{1,100}):[0-9]{1,20}|a?:(?P<emoji>\w{1,32}):[0-9]{1,20}"
    r"|t:(?P<time>-?[0-9]{1,16})(?::[a-zA-Z])?|id:(?P<place>[a-z-]{1,30})(?::[0-9]{1,20})?)>"
)
_PLACES = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "linked-roles": "Linked Roles",
}


def render(source: str, people: Mapping[str, str], names: Mapping[str, str]) -> str:
    """What people read; `people` by id are called so, `names` are channels and roles."""
    pieces: list[str] = []
    last = 0
    for code in _CODE.finditer(source):
        pieces += [_read(source[last : code.start()], people, names), code[0]]
        last = code.end()
    return "".join((*pieces, _read(source[last:], people, names)))


def _read(source: str, people: Mapping[str, str], names: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda found: _token(found, people, names), source)


def _token(found: re.Match[str], people: Mapping[str, str], names: Mapping[str, str]) -> str:  # noqa: PLR0911 - a table of forms reads best as one
    what = found[found.lastgroup or 0]
    match found.lastgroup:
        case "user":
            ident = what.lstrip("@!")
            return f"@{people.get(ident) or ident}"
        case "role":
            return f"@{names.get(what) or what}"
        case "channel":
            return f"#{names.get(what) or what}"
        case "command":
            return f"/{what}"
        case "emoji":
            return f":{what}:"
        case "time":
            return _moment(what) or found[0]
    return _PLACES.get(what, found[0])


def _moment(seconds: str) -> str:
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return ""
