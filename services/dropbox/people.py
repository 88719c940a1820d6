"""Who changed a file: Dropbox tells ids, and who those are where the account may see it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from msgspec import MsgspecError, Raw, Struct, json, structs

from services.dropbox.calls import ask
from services.dropbox.models import Sharing
from shared.errors import ItemGone, Refused, Unreadable
from shared.provider import Api, Directory
from shared.types import Record

MOST = 300
"""Accounts of one call."""


class Name(Struct, frozen=True):
    display_name: str = ""


class Account(Struct):
    account_id: str
    name: Name = Name()


class Shared(Struct, frozen=True):
    sharing_info: Sharing | None = None


class Told(Struct):
    file: Shared = Shared()


async def names(api: Api, ids: Iterable[str]) -> dict[str, str]:
    """What accounts are called; nothing where one of them is unknown, or none may be seen."""
    wanted = [*ids][:MOST]
    if not wanted:
        return {}
    with suppress(ItemGone, Refused, Unreadable):
        found = await ask(api, "/2/users/get_account_batch", list[Account], {"account_ids": wanted})
        return {it.account_id: it.name.display_name for it in found if it.name.display_name}
    return {}


def author(row: Raw) -> str:
    """Who changed a listed file last, "" where that is not told."""
    with suppress(MsgspecError, UnicodeError, RecursionError):
        it = json.decode(row, type=Shared)
        return (it.sharing_info and it.sharing_info.modified_by) or ""
    return ""


def _ids(it: Record) -> list[str]:
    if it.kind != "file":
        return []
    with suppress(MsgspecError, UnicodeError, RecursionError):
        sharing = json.decode(it.payload, type=Told).file.sharing_info
        return [sharing.modified_by] if sharing and sharing.modified_by else []
    return []


def _put(it: Record, known: Mapping[str, str]) -> Record:
    """The payload is an object that a walk made, so a member can stand before its others."""
    head = b'{"names":' + json.encode(known) + b","
    return structs.replace(it, payload=Raw(head + bytes(it.payload)[1:]))


DIRECTORY = Directory(ids=_ids, put=_put)
