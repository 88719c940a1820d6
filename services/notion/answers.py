"""What callers are told: Messages like those that are published, with the names that are known."""

from collections.abc import Iterable

from msgspec import MsgspecError, Raw, Struct, json

from services.notion import normalize
from services.notion.asking import Human, Named, Place
from services.notion.listing import head
from services.notion.models import DataSource, File, Page, User, dashed
from services.notion.normalize import CommentTold, PageTold, SourceTold
from services.notion.people import mentioned
from services.notion.reading import Found, comments
from services.notion.text import attachment
from shared.errors import ItemGone
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded


class Kind(Struct):
    type: str


async def whole(it: Found, names: Named) -> Message:
    """A page with what stands in it."""
    told = PageTold(decoded(it.row, Page), it.tree.blocks, it.tree.cut)
    told.names = await names(mentioned(json.encode(told)))
    return normalize.page(told)


async def listed(rows: Iterable[Raw], names: Named) -> list[Message]:
    """Pages and data sources as a list gives them, without what stands in them."""
    found = [it for it in rows if head(it).object in ("page", "data_source")]
    known = await names({one for row in found for one in mentioned(row)})
    told = []
    for row in found:
        if not head(row).last_edited_time:
            continue  # shown by its id alone
        if head(row).object == "page":
            told.append(normalize.page(PageTold(decoded(row, Page), names=known)))
        else:
            told.append(normalize.database(SourceTold(decoded(row, DataSource), names=known)))
    return told


async def said(api: Api, names: Named, ident: str) -> list[Message]:
    """The open comments on a page."""
    records = await comments(api, ident, dashed(ident))
    known = await names({one for it in records for one in mentioned(it.payload)})
    told = [decoded(it.payload, CommentTold) for it in records]
    return [normalize.comment(CommentTold(it.comment, it.page, known)) for it in told]


async def place(api: Api, ident: str) -> Place:
    """Where the file of a block is; raises ItemGone for a block that is none."""
    row = await api.get(f"/blocks/{ident}", Raw)
    kind = decoded(row, Kind).type
    try:
        file = json.decode(decoded(row, dict[str, Raw]).get(kind, Raw(b"{}")), type=File)
    except MsgspecError:
        file = File()
    where = file.external or file.file
    if where is None or attachment(ident, file) is None:
        raise ItemGone("This block holds no file.")
    return Place(where.url, where.expiry_time or "")


def human(row: Raw) -> Human:
    it = decoded(row, User)
    email = it.person.email if it.person else None
    return Human(dashed(it.id), it.name or "", email or "", it.type == "bot")
