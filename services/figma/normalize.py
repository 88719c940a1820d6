"""What people do on Figma, in our words. Pure: no clock, no network, no database."""

import re
from collections.abc import Mapping

from services.figma.build import SITE, at_node, comment_id, facts, file_id, person, utc
from services.figma.models import CommentTold, FileTold, VersionTold
from shared.normalizer import Message, Person


def comment(it: CommentTold) -> Message:
    """Answers hang at the first comment of their thread; a resolved one is the same comment, changed."""
    one, key = it.comment, it.file.key
    root = comment_id(key, one.parent_id) if one.parent_id else ""
    node = one.client_meta.node_id if one.client_meta else None
    counted: dict[str, int] = {}
    for reaction in one.reactions:
        counted[reaction.emoji] = counted.get(reaction.emoji, 0) + 1
    place = at_node(key, node) if node else f"{SITE}/design/{key}"
    return Message(
        id=comment_id(key, one.id),
        source="figma",
        type="comment",
        timestamp=utc(one.created_at),
        content=one.message,
        author=person(one.user),
        thread_id=root or comment_id(key, one.id),
        parent_id=root or file_id(key),
        url=f"{place}#{one.id}",
        mentions=_mentions(one.message, it.people),
        metadata=facts(
            file_key=key,
            file_name=it.file.name,
            node_id=node,
            order_id=_number(one.order_id),
            resolved="true" if one.resolved_at else None,
            resolved_at=one.resolved_at,
            reactions=", ".join(f"{emoji} {n}" for emoji, n in sorted(counted.items())),
        ),
    )


def file(it: FileTold) -> Message:
    """When a file was made is not told; its time is that of the last change."""
    one, at = it.file, utc(it.file.last_touched_at)
    return Message(
        id=file_id(it.key),
        source="figma",
        type="file",
        timestamp=at,
        updated_at=at,
        title=one.name,
        author=person(one.creator),
        thread_id=file_id(it.key),
        url=one.url or f"{SITE}/design/{it.key}",
        metadata=facts(
            file_key=it.key,
            editor=one.editor,
            folder=one.folder_name,
            version=one.version,
            last_touched_by=one.last_touched_by.handle if one.last_touched_by else None,
        ),
    )


def version(it: VersionTold) -> Message:
    one, key = it.version, it.file.key
    return Message(
        id=f"{key}:version:{one.id}",
        source="figma",
        type="version",
        timestamp=utc(one.created_at),
        title=one.label or "",
        content=one.description or "",
        author=person(one.user),
        thread_id=file_id(key),
        parent_id=file_id(key),
        url=f"{SITE}/design/{key}?version-id={one.id}",
        metadata=facts(file_key=key, file_name=it.file.name),
    )


def _number(order: str | float | None) -> str | None:
    return f"{order:g}" if isinstance(order, float) else order


def _mentions(text: str, people: Mapping[str, str]) -> tuple[Person, ...]:
    """Who is named by `@handle`, each once; of two handles that fit, the longer one is meant."""
    if not people:
        return ()
    handles = "|".join(map(re.escape, sorted(people, key=len, reverse=True)))
    found = dict.fromkeys(re.findall(rf"(?<!\w)@({handles})(?!\w)", text))
    return tuple(Person(people[handle], handle) for handle in found)
