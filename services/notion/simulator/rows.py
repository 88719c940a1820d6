"""Who is there, and rows as Notion writes them."""

from typing import Any

Row = dict[str, Any]

PLACE = "0f9e0000-0000-4000-8000-000000000001"
ANA, BO, BOT = (f"05e10000-0000-4000-8000-00000000000{n}" for n in (1, 2, 9))


def run(text: str) -> Row:
    return {"type": "text", "plain_text": text, "href": None, "text": {"content": text}}


def user(ident: str) -> Row:
    return {"object": "user", "id": ident}
