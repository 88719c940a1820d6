"""What an account remembers: handles by id, and the first id of an edited post by its later ones.

People are billed each time they come along, and a deletion names one version of a post.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Raw, json, structs

from services.twitter.models import Post
from shared.provider import Directory
from shared.types import Record

_PEOPLE = re.compile(rb'"(?:author_id|sender_id|me)"\s*:\s*"(\d{1,19})"')
_PAIR = re.compile(rb'"dm_conversation_id"\s*:\s*"(\d{1,19})-(\d{1,19})"')
_ID = re.compile(rb'"id"\s*:\s*"(\d{1,19})"')


def chain(its: Post) -> dict[str, str]:
    """The first id of an edited post, by each later one."""
    first, *later = its.versions
    return {f"post:{it}": first for it in later}


def _ids(it: Record) -> Iterator[str]:
    row = bytes(it.payload)
    if it.removed:
        yield from (f"post:{found.decode()}" for found in _ID.findall(row))
        return
    for found in _PEOPLE.findall(row):
        yield found.decode()
    for pair in _PAIR.findall(row):
        yield from (one.decode() for one in pair)


def _put(it: Record, names: Mapping[str, str]) -> Record:
    """Our own member in front of those that we wrote: no row of X's stands at this depth."""
    told = json.encode({"known": dict(names)}).removesuffix(b"}")
    return structs.replace(it, payload=Raw(told + b"," + bytes(it.payload).removeprefix(b"{")))


DIRECTORY = Directory(ids=_ids, put=_put)
