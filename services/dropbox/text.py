"""What is in small text files, and in documents of Dropbox's own that can be had as text."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from services.dropbox.calls import DOWNLOAD, EXPORT, written
from services.dropbox.models import Export
from shared.errors import ItemGone, Refused
from shared.provider import Api

LARGEST = 100_000
"""Bytes of a file that is read, and characters of it that are told."""
AT_ONCE = 8
"""Texts that are asked for together; the hub lets as many through as an account may have."""
ENDINGS = frozenset(["adoc", "csv", "ini", "json", "log", "markdown", "md", "mdx", "org", "rst"])
ENDINGS |= {"srt", "tex", "text", "toml", "tsv", "txt", "vtt", "xml", "yaml", "yml"}
"""What names of texts end with."""


class Head(Struct):
    """What a walk needs to know of a file."""

    name: str
    id: str
    rev: str = ""
    size: int = 0
    is_downloadable: bool = True
    export_info: Export | None = None


async def of_each(api: Api, heads: Sequence[Head]) -> list[str]:
    """The texts of files, in their order, some of them read at once."""
    found: list[str] = []
    for at in range(0, len(heads), AT_ONCE):
        found += await asyncio.gather(*(of(api, it) for it in heads[at : at + AT_ONCE]))
    return found


async def of(api: Api, it: Head) -> str:
    """The text of a file, "" where it has none, is too large, or does not give it."""
    path, arg = asked(it)
    if not path:
        return ""
    with suppress(ItemGone, Refused):
        return plain(await api.get(path, bytes, arg=written(arg)))
    return ""


def asked(it: Head) -> tuple[str, dict[str, Any]]:
    """The call that gives a file's text, by its revision, so that it belongs to what is told of it."""
    if not it.is_downloadable:
        formats = (it.export_info and it.export_info.export_options) or []
        markdown = it.name.endswith(".paper") and "markdown" in formats
        return (EXPORT, {"path": it.id, "export_format": "markdown"}) if markdown else ("", {})
    ending = it.name.rpartition(".")[2].lower() if "." in it.name else ""
    fits = ending in ENDINGS and 0 < it.size <= LARGEST
    return (DOWNLOAD, {"path": f"rev:{it.rev}" if it.rev else it.id}) if fits else ("", {})


def plain(data: bytes) -> str:
    """Bytes as text; what is none, whatever its name says, is left out."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(coding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    return "" if "\0" in text or text.count("\ufffd") * 10 > len(text) else text.strip()[:LARGEST]
