"""What X's code reads besides deliveries, for the fuzzers."""

from services.twitter.dialect import dialect
from services.twitter.models import Entities, Link, Note
from services.twitter.prices import billed
from services.twitter.text import plain
from services.twitter.webhook import challenge
from shared.types import Delivery, Response

LINKS = Entities(
    [Link("https://t.co/abc", "https://example.com/&lt;"), Link("", "x"), Link("&amp;")]
)

PARSERS = {
    "text": lambda data: plain(Note(data.decode("utf-8", "replace"), LINKS)),
    "challenge": lambda data: challenge([b"s"], Delivery(b"", {}, data.decode("latin-1"), "GET")),
    "price": lambda data: list(billed("POST", "/2/tweets", data, Response(200, {}, data))),
    "refusal": lambda data: dialect(Response(403, {}, data)),
    "answer": lambda data: dialect(Response(200, {}, data)),
}
