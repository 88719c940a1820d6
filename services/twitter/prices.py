"""What X charges for an answer, in dollars: by the thing that it shows, or by the write.

What is shown twice on one day is charged once, which is not known here: the sum is rather too high.
https://docs.x.com/x-api/getting-started/pricing
"""

import re
from collections.abc import Iterator

from msgspec import MsgspecError, Raw, Struct, json

from shared.types import Charge, Response

POST, PERSON, DIRECT = 0.005, 0.010, 0.010
WRITES = {
    "POST /2/tweets": 0.015,
    "DELETE /2/tweets": 0.010,
    "POST /2/dm_conversations": 0.015,
}
LINK = 0.200
"""A post with a link, instead of the price of a post."""

LINKED = re.compile(r"https?://|\b[\w-]+\.(?:com|org|net|io|co|de|dev|app)\b", re.IGNORECASE)


class Beside(Struct, frozen=True):
    users: list[Raw] = []
    tweets: list[Raw] = []
    posts: list[Raw] = []


class Shown(Struct):
    data: list[Raw] | dict[str, Raw] = []
    includes: Beside = Beside()


class Said(Struct):
    text: str = ""


def billed(method: str, path: str, body: bytes, it: Response) -> Iterator[Charge]:
    """The price of an answer; nothing where it shows nothing."""
    if price := _price(method, path, body, it.body):
        yield Charge("dollars", price)


def _price(method: str, path: str, body: bytes, answer: bytes) -> float:
    if method != "GET":
        price = next((it for word, it in WRITES.items() if f"{method} {path}".startswith(word)), 0)
        linked = price == WRITES["POST /2/tweets"] and path == "/2/tweets" and _linked(body)
        return LINK if linked else price
    if not path.startswith(("/2/tweets", "/2/users", "/2/dm_")):
        return 0
    try:
        it = json.decode(answer, type=Shown)
    except (MsgspecError, ValueError, RecursionError):
        return 0
    rows = len(it.data) if isinstance(it.data, list) else bool(it.data)
    people = re.fullmatch(r"/2/users/(me|by/.*)", path)
    each = DIRECT if path.startswith("/2/dm_") else PERSON if people else POST
    beside = it.includes
    return rows * each + len(beside.users) * PERSON + len(beside.tweets + beside.posts) * POST


def _linked(body: bytes) -> bool:
    try:
        return bool(LINKED.search(json.decode(body, type=Said).text))
    except (MsgspecError, ValueError, RecursionError):
        return False
