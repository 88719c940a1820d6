"""What Figma's code reads besides deliveries, for the fuzzers."""

from msgspec import Raw

from services.figma.dialect import dialect
from services.figma.places import place
from services.figma.quotas import charges
from services.figma.reading import told
from shared.types import Response

PARSERS = {
    "place": lambda data: place(data.decode("utf-8", "replace")),
    "charges": lambda data: list(charges("GET", data.decode("utf-8", "replace"), b"")),
    "comments": lambda data: told("A1", "", [Raw(data)]),
    "dialect": lambda data: dialect(
        Response(429 if data[:1] == b"4" else 403, {"retry-after": data.decode("latin-1")}, data)
    ),
}
