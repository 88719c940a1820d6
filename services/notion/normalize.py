"""Pages, databases and comments in our words. Pure: no clock, no network, no database."""

from collections.abc import Mapping
from itertools import chain

from msgspec import Struct, json, structs

from services.notion import blocks, properties
from services.notion.models import Comment, DataSource, File, Page, Parent, dashed
from services.notion.text import attachments, mentioned, people, person, plain, words
from services.notion.tree import Block
from shared.normalizer import Message, Person

LONGEST = 20_000
"""Characters of properties that go into the metadata."""


class PageTold(Struct):
    """A page with what stands in it; `names` are those of people, as far as they are known."""

    page: Page
    blocks: list[Block] = []
    cut: bool = False
    names: dict[str, str] = {}


class SourceTold(Struct):
    """A data source, which is one table of a database."""

    source: DataSource
    names: dict[str, str] = {}


class CommentTold(Struct):
    """A comment, and the page that it belongs to, also when it stands at a block."""

    comment: Comment
    page: str
    names: dict[str, str] = {}


def page(it: PageTold) -> Message:
    """A page or a row: what its properties say, line by line, then what stands in it."""
    its, all_blocks = it.page, list(blocks.flat(it.blocks))
    said = properties.told(its.properties, it.names)
    runs = [*properties.runs(its.properties), *chain.from_iterable(map(blocks.runs, all_blocks))]
    users = chain(mentioned(runs), properties.users(its.properties))
    kept = [(block.id, block.body.as_file) for block in all_blocks if block.type in blocks.FILES]
    kept += [(f"{dashed(its.id)}:{ident}", one) for ident, one in properties.files(its.properties)]
    return structs.replace(
        _message("page", its, it.names, said, cut="true" if it.cut else None),
        title=properties.title_of(its.properties),
        content=_joined(_lines(said), blocks.markdown(it.blocks)),
        mentions=people(users, it.names),
        attachments=attachments(kept),
    )


def database(it: SourceTold) -> Message:
    """A data source: what it is about, and which columns it has of which kind."""
    its, held = it.source, it.source.database_parent
    columns = {name: str(one.get("type", "")) for name, one in sorted(its.properties.items())}
    place = _place(held)[1] if held else None
    return structs.replace(
        _message("database", its, it.names, columns, database_parent=place),
        title=plain(its.title),
        content=_joined(words(its.description), _lines(columns)),
        mentions=people(mentioned(its.description), it.names),
    )


def comment(it: CommentTold) -> Message:
    its = it.comment
    shown = its.display_name
    author = person(its.created_by, it.names)
    if author and shown and shown.resolved_name and (shown.type == "custom" or not author.name):
        author = Person(author.id, shown.resolved_name, author.email)
    kept = enumerate(its.attachments or ())
    files = [(f"{its.id}:{number}", File(file=one.file)) for number, one in kept]
    kind, parent = _place(its.parent)
    facts = {
        "object": "comment",
        "page_id": it.page,
        "discussion_id": its.discussion_id,
        "parent_type": kind,
        "parent_id": parent,
        "shown_as": shown.type if shown else None,
    }
    return Message(
        id=dashed(its.id),
        source="notion",
        type="comment",
        timestamp=its.created_time,
        updated_at=its.last_edited_time,
        content=words(its.rich_text),
        author=author,
        thread_id=its.discussion_id,
        parent_id=it.page,
        mentions=people(mentioned(its.rich_text), it.names),
        attachments=attachments(files),
        metadata={name: fact for name, fact in facts.items() if fact},
    )


def _message(
    kind: str, its: Page, names: Mapping[str, str], said: Mapping[str, str], **more: str | None
) -> Message:
    """What pages and data sources have in common."""
    place, parent = _place(its.parent)
    told = json.encode(said).decode() if said else ""
    facts = {
        "object": "page" if kind == "page" else "data_source",
        "parent_type": place,
        "parent_id": parent,
        "database_id": its.parent.database_id,
        "created_time": its.created_time.isoformat().replace("+00:00", "Z"),
        "last_edited_by": its.last_edited_by.id if its.last_edited_by else None,
        "public_url": its.public_url,
        "icon": its.icon.emoji if its.icon else None,
        "is_locked": "true" if its.is_locked else None,
        "properties": told if len(told) <= LONGEST else None,
        **more,
    }
    return Message(
        id=dashed(its.id),
        source="notion",
        type=kind,
        timestamp=its.last_edited_time,
        updated_at=its.last_edited_time,
        author=person(its.created_by, names),
        url=its.url,
        thread_id=parent if place in ("data_source_id", "page_id", "database_id") else "",
        parent_id=parent,
        metadata={name: fact for name, fact in facts.items() if fact},
    )


def _lines(said: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {text}" for name, text in said.items())


def _joined(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _place(it: Parent) -> tuple[str, str]:
    """Where something stands: the kind of place, and its id, which a workspace has none of."""
    ident = getattr(it, it.type, None) if it.type.endswith("_id") else None
    return it.type, dashed(ident) if isinstance(ident, str) else ""
