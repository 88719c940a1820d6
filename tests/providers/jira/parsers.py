"""What Jira's code reads besides deliveries, for the fuzzers."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, json

from services.jira.adf import read
from services.jira.dialect import dialect
from services.jira.models import Text
from services.jira.quotas import charges
from services.jira.writes import document
from shared.types import Response


def _adf(data: bytes) -> object:
    with suppress(MsgspecError, ValueError, RecursionError):
        return read(json.decode(data, type=Text))
    return document(data.decode("utf-8", "replace"))


PARSERS: dict[str, Callable[[bytes], Any]] = {
    "adf": _adf,
    "refusal": lambda data: dialect(Response(400, {"retry-after": "x"}, data)),
    "charges": lambda data: list(charges("POST", "/x/search/jql", data)),
}
