"""A listing of everything, page by page, and what a cursor brings.

https://www.dropbox.com/developers/documentation/http/documentation#files-list_folder
"""

from collections.abc import AsyncIterator

from services.dropbox.calls import LIST, Listed, ask
from services.dropbox.dialect import Forgotten
from shared.provider import Api


async def pages(api: Api, cursor: str, size: int) -> AsyncIterator[Listed]:
    """Page after page from the beginning, or from a cursor; one that was forgotten begins anew once."""
    forgiven = False
    while True:
        try:
            found = await (more(api, cursor) if cursor else begin(api, size))
        except Forgotten:
            if forgiven or not cursor:
                raise
            cursor, forgiven = "", True
            continue
        yield found
        if not found.has_more:
            return
        cursor = found.cursor


async def begin(api: Api, size: int) -> Listed:
    return await ask(
        api,
        LIST,
        Listed,
        {
            "path": "",
            "recursive": True,
            "include_deleted": False,
            "include_mounted_folders": True,
            "include_non_downloadable_files": True,
            "limit": size,
        },
    )


async def more(api: Api, cursor: str) -> Listed:
    return await ask(api, f"{LIST}/continue", Listed, {"cursor": cursor})
