"""Twenty thousand issues in the shape of GitHub's list, and a server that lists them.

https://docs.github.com/en/rest/issues/issues#list-repository-issues
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from msgspec import Raw, json

START = datetime(2025, 1, 1, tzinfo=UTC)
SIZE = 100
"""Issues on one page: the most that GitHub gives."""

REPOSITORY = "acme/api"
WORDS = "the walk stops when a page is empty and its cursor is where the last one ended\n\n"


def stamp(number: int) -> str:
    return (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(template: dict[str, Any], number: int) -> bytes:
    """One issue: everything that GitHub sends, most of which nobody reads."""
    return json.encode(
        template
        | {
            "id": 10_000_000 + number,
            "number": number + 1,
            "title": f"Issue {number + 1}",
            "html_url": f"https://github.com/{REPOSITORY}/issues/{number + 1}",
            "body": WORDS * (1 + number % 12),
            "created_at": stamp(number),
            "updated_at": stamp(number),
        }
    )


class List:
    """The list as an ASGI application: oldest change first, `since`, a hundred to the page."""

    def __init__(self, template: bytes, many: int) -> None:
        (recorded,) = json.decode(template)
        own = {name: it for name, it in recorded.items() if name not in ("pull_request", "draft")}
        self.rows: Sequence[Raw] = [Raw(issue(own, n)) for n in range(many)]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one page."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        asked = parse_qs(scope["query_string"].decode())
        since, page = asked.get("since", [""])[0], int(asked.get("page", ["1"])[0])
        first = self._first(since) + SIZE * (page - 1)
        rows = self.rows[first : first + SIZE]
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        if first + SIZE < len(self.rows):
            url = f"http://127.0.0.1:{scope['server'][1]}{scope['path']}?since={since}&page={page + 1}"
            headers.append((b"link", f'<{url}>; rel="next"'.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.encode(rows)})

    def _first(self, since: str) -> int:
        if not since:
            return 0
        minutes = (datetime.fromisoformat(since) - START).total_seconds() / 60
        return max(0, -int(-minutes // 1))


async def lifespan(receive: Any, send: Any) -> None:
    """What a server asks an application before and after."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
