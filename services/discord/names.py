"""What channels and roles are called in messages that mention them by id; people come with the message."""

import re
from collections.abc import Mapping

from msgspec import Raw, json, structs

from shared.provider import Directory
from shared.types import Record

_MENTIONED = re.compile(rb"(?:<|\\u003[cC])(?:#|@&|@\\u0026)([0-9]{1,20})")


def mentioned(row: bytes | Raw) -> set[str]:
    """The channels and roles that stand in a message as it came, by id."""
    return {it.decode() for it in _MENTIONED.findall(bytes(row))}


def _put(it: Record, names: Mapping[str, str]) -> Record:
    """The payload is an object that `events.record` made, so a member can stand before its others."""
    head = b'{"names":' + json.encode(names) + b","
    return structs.replace(it, payload=Raw(head + bytes(it.payload)[1:]))


DIRECTORY = Directory(ids=lambda it: mentioned(it.payload), put=_put)
