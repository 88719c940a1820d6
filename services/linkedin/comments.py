"""What is said under a post, and the answers to that.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
"""

from collections.abc import AsyncIterator
from urllib.parse import quote

from msgspec import Raw, Struct

from services.linkedin.models import Elements
from shared.provider import Api
from shared.shapes import decoded

COUNT = 100


class Answers(Struct, rename="camel"):
    aggregated_total_comments: int = 0
    total_first_level_comments: int = 0


class Head(Struct, rename="camel"):
    comment_urn: str = ""
    comments_summary: Answers | None = None


async def comments(api: Api, urn: str) -> AsyncIterator[Raw]:
    """Every comment, each followed by its answers. Raises ItemGone for a post that is gone."""
    async for row in listed(api, urn):
        yield row
        head = decoded(row, Head)
        answers = head.comments_summary or Answers()
        if head.comment_urn and max(
            answers.aggregated_total_comments, answers.total_first_level_comments
        ):
            async for answer in listed(api, head.comment_urn):
                yield answer


async def listed(api: Api, urn: str) -> AsyncIterator[Raw]:
    """The comments right under a post or a comment."""
    start = 0
    while True:
        path = f"/rest/socialActions/{quote(urn, safe='')}/comments?start={start}&count={COUNT}"
        rows = (await api.get(path, Elements[Raw])).elements
        for row in rows:
            yield row
        start += COUNT
        if len(rows) < COUNT:
            return
