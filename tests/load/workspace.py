"""A workspace in the shape of Slack's lists: channels of messages, newest first, 999 to the page.

https://docs.slack.dev/reference/methods/conversations.history
"""

from typing import Any
from urllib.parse import parse_qs

from msgspec import Raw, json

from tests.load.issues import lifespan

CHANNELS = 50
PEOPLE = {f"U{n:04}": f"person {n}" for n in range(200)}
WORDS = "the walk stops when a page is empty and its cursor is where the last one ended "
START = 1_767_600_000


def message(number: int) -> dict[str, Any]:
    """A message as clients write it: its text, and once more in blocks."""
    author, called = f"U{number % 200:04}", f"U{number * 7 % 200:04}"
    words = WORDS * (1 + number % 4)
    section = {
        "type": "rich_text_section",
        "elements": [{"type": "user", "user_id": called}, {"type": "text", "text": f" {words}"}],
    }
    return {
        "type": "message",
        "client_msg_id": f"7f0c9a4e-0000-4000-8000-{number:012}",
        "team": "T01",
        "user": author,
        "text": f"<@{called}> {words}&amp; <https://ex.org/{number}|so on>",
        "ts": f"{START + number}.{number % 1_000_000:06}",
        "blocks": [{"type": "rich_text", "block_id": "bQ7", "elements": [section]}],
        **(
            {"reactions": [{"name": "tada", "users": [author], "count": 1}]}
            if number % 9 == 0
            else {}
        ),
    }


class Workspace:
    """The list as an ASGI application; a cursor says how many were given before."""

    def __init__(self, many: int) -> None:
        rows = [Raw(json.encode(message(number))) for number in range(many)]
        self._rows = rows[::-1]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one page of any channel: they all hold the same."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        asked = parse_qs(scope["query_string"].decode())
        first, size = (int(asked.get(name, ["0"])[0]) for name in ("cursor", "limit"))
        page = self._rows[first : first + size]
        more = str(first + size) if first + size < len(self._rows) else ""
        body = json.encode(
            {"ok": True, "messages": page, "response_metadata": {"next_cursor": more}}
        )
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
