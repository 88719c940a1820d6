"""How Dropbox says no: a chain of tags, whose last ones are the most exact.

https://www.dropbox.com/developers/documentation/http/documentation#error-handling
"""

import re
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, Struct, json

from shared.errors import Changed, ItemGone, RateLimited, Refused, Unavailable
from shared.types import Response

USUAL, LONGEST = 1.0, 86_400.0
"""Seconds to wait where Dropbox names none, and at most."""
DEEPEST = 8
"""Tags within tags that are read."""
_TAG = re.compile(r"[a-z0-9_/]{1,60}\Z")

ABSENT = frozenset({"not_found", "not_file", "not_folder"})
SENTENCES = {
    "user_suspended": "The account is suspended at Dropbox; nobody can use it for now.",
    "invalid_select_user": "The person is no longer on the team.",
    "invalid_select_admin": "The person is no administrator of the team.",
    "route_access_denied": "Dropbox does not let this app make that call.",
    "invalid_account_type": "Accounts of this kind cannot do that at Dropbox.",
    "team_access_denied": "The team does not allow that; ask its administrator.",
    "no_permission": "The account may not see that.",
    "invalid_root": "The team's space was moved; disconnect and connect again.",
    "restricted_content": "Dropbox does not give this file away, for example for legal reasons.",
    "unsupported_content_type": "Dropbox cannot do that with a file of this kind.",
    "unsupported_file": "This file has no bytes of its own; ask for it in another format.",
    "non_exportable": "This file cannot be had in another format.",
    "invalid_export_format": "This file cannot be had in that format.",
    "locked": "Somebody has locked the file.",
    "malformed_path": "That is no path: it begins with a slash and does not end with one.",
    "no_write_permission": "The account may only read there.",
    "access_restricted": "An administrator of the team does not allow that.",
    "insufficient_space": "The account has no room left at Dropbox.",
    "disallowed_name": "Dropbox takes no file of that name.",
    "team_folder": "A team's folder cannot be moved or deleted.",
    "operation_suppressed": "Dropbox does not allow that in this place.",
    "invalid_revision": "The file has no such revision.",
    "too_many_files": "That are too many files for one call.",
    "content_hash_mismatch": "The file did not arrive as it was sent; nothing was saved.",
    "email_not_verified": "The account's email address has to be verified at Dropbox first.",
}
"""What people can do about a refusal, by its tag."""


class NotThere(ItemGone):
    """There is nothing under this path or id, or it is of another kind."""


class Forgotten(ItemGone):
    """The cursor is not good any more: everything has to be listed anew."""


class Lacking(Refused):
    """The connection was not granted what the call needs."""


class Linked(Refused):
    """There is a shared link already."""


class Said(Struct):
    error: Any = None


def dialect(it: Response) -> Exception | None:  # noqa: PLR0911 - a table of statuses reads best as one
    """The error that an answer means, None where the usual table may decide."""
    if it.status == 429:
        return RateLimited("Dropbox asks for a slower pace.", retry_after=_wait(it))
    if it.status not in (401, 403, 409, 422):
        return None
    error = _error(it.body)
    chain = tags(error)
    if it.status == 401:
        if "missing_scope" in chain:
            needed = str(error.get("required_scope", ""))
            named = f" ({needed})" if re.fullmatch(r"[a-z_.]{1,50}", needed) else ""
            return Lacking(f"The access was not granted{named}; connect again and allow it.")
        known = _known(chain)
        return Refused(known) if known else None
    last = chain[-1] if chain else ""
    if it.status == 409 and last in ("reset", "invalid_cursor"):
        return Forgotten("Dropbox does not remember that far back.")
    if it.status == 409 and last in ABSENT:
        return NotThere("Dropbox has nothing of that kind there.")
    if "conflict" in chain:
        return Changed("Something else is there already, or was changed since; nothing was done.")
    if "too_many_write_operations" in chain:
        return Unavailable("Somebody else writes there just now; nothing was done.")
    if "shared_link_already_exists" in chain:
        return Linked("There is a shared link already.")
    return Refused(_known(chain) or f"Dropbox refused the call ({'/'.join(chain) or it.status}).")


def tags(it: Any) -> list[str]:
    """The tags from the outermost to the most exact; what a union wraps stands under its own tag."""
    found: list[str] = []
    while len(found) < DEEPEST:
        if isinstance(it, str):
            return [*found, it] if _TAG.match(it) else found
        tag = it.get(".tag") if isinstance(it, dict) else None
        if isinstance(tag, str) and _TAG.match(tag):
            found.append(tag)
        elif tag is not None or not isinstance(it, dict):
            break
        inside = it.get(tag, it.get("reason"))
        if inside is None:
            break
        it = inside
    return found


def _known(chain: list[str]) -> str:
    return next((SENTENCES[it] for it in reversed(chain) if it in SENTENCES), "")


def _error(body: bytes) -> Any:
    with suppress(MsgspecError, ValueError, RecursionError):
        found = json.decode(body, type=Said).error
        return found if isinstance(found, dict) else {".tag": found}
    return {}


def _wait(it: Response) -> float:
    """Seconds by the body, else by the header; a body may be plain text."""
    told = _error(it.body).get("retry_after")
    if not isinstance(told, int) or isinstance(told, bool):
        text = it.headers.get("retry-after", "").strip()
        told = int(text) if re.fullmatch(r"\d{1,8}", text, re.ASCII) else USUAL
    return min(max(float(told), USUAL), LONGEST)
