"""Text in the pieces that Notion takes. https://developers.notion.com/reference/request-limits"""

from collections.abc import Iterator
from typing import Any

from services.notion.models import Page
from shared.errors import ProviderError, Unavailable
from shared.provider import Api

RUN, RUNS, BLOCKS = 2000, 100, 100
"""UTF-16 units of a run of text, runs of a block, and blocks of a call, at most."""


def runs(text: str) -> list[dict[str, Any]]:
    """The text as rich text; a sign that is two units long stays whole."""
    return [{"type": "text", "text": {"content": part}} for part in _parts(text)]


def paragraphs(text: str) -> list[dict[str, Any]]:
    """A block for what stands between empty lines, or several where it is too long for one."""
    found = []
    for part in filter(None, (it.strip("\n") for it in text.split("\n\n"))):
        whole = runs(part)
        for at in range(0, len(whole), RUNS):
            inside = {"rich_text": whole[at : at + RUNS]}
            found.append({"object": "block", "type": "paragraph", "paragraph": inside})
    return found


async def create(api: Api, body: dict[str, Any], blocks: list[dict[str, Any]]) -> Page:
    """Make a page with its text; raises Unavailable when it is there, but not all of the text."""
    page = await api.send("POST", "/pages", Page, {**body, "children": blocks[:BLOCKS]})
    try:
        await append(api, page.id, blocks[BLOCKS:])
    except ProviderError as problem:
        raise Unavailable(
            f"The page {page.id} was created, but not all of its text: {problem}", unknown=True
        ) from problem
    return page


async def append(api: Api, ident: str, blocks: list[dict[str, Any]]) -> None:
    """Add blocks at the end, a hundred a call; raises Unavailable, `unknown`, from the second one on."""
    for at in range(0, len(blocks), BLOCKS):
        part = {"children": blocks[at : at + BLOCKS]}
        try:
            await api.send("PATCH", f"/blocks/{ident}/children", type(None), part)
        except ProviderError as problem:
            if not at:
                raise
            raise Unavailable(
                f"Only {at} paragraphs were added: {problem}", unknown=True
            ) from problem


def _parts(text: str) -> Iterator[str]:
    part, size = "", 0
    for sign in text:
        units = 2 if ord(sign) > 0xFFFF else 1
        if size + units > RUN:
            yield part
            part, size = "", 0
        part, size = part + sign, size + units
    if part:
        yield part
