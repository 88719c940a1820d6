"""What callers are told: Messages like those that are published, with the names that are known."""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Raw, Struct, field

from services.dropbox import normalize, people, text
from services.dropbox.asking import Named
from services.dropbox.calls import ask
from services.dropbox.models import File, FileTold, Folder
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded

METADATA = "/2/files/get_metadata"


class Tagged(Struct):
    """A file is told apart by what only files have, where the answer has no tag."""

    tag: str = field(name=".tag", default="")
    rev: str | None = None

    @property
    def is_file(self) -> bool:
        return self.tag == "file" or (not self.tag and self.rev is not None)

    @property
    def is_there(self) -> bool:
        return self.is_file or self.tag in ("", "folder")


async def told(rows: Iterable[Raw], names: Named) -> list[Message]:
    """Files and folders as a list gives them, without what is in them."""
    found = [(decoded(it, Tagged), it) for it in rows]
    there = [(kind, it) for kind, it in found if kind.is_there]
    known = await names({people.author(it) for _, it in there} - {""})
    return [_message(kind, it, "", known) for kind, it in there]


async def whole(api: Api, names: Named, row: Raw) -> Message:
    """One file with its text, or a folder."""
    kind = decoded(row, Tagged)
    content = await text.of(api, decoded(row, text.Head)) if kind.is_file else ""
    return _message(kind, row, content, await names({people.author(row)} - {""}))


async def metadata(api: Api, ident: str) -> Raw:
    """What is known of a file or a folder; raises ItemGone."""
    return await ask(api, METADATA, Raw, {"path": ident})


def _message(kind: Tagged, row: Raw, content: str, known: dict[str, str]) -> Message:
    if kind.is_file:
        return normalize.file(FileTold(decoded(row, File), content, known))
    return normalize.folder(decoded(row, Folder), datetime.now(UTC))
