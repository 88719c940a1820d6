"""Real Messages: everything that the providers' recorded payloads become."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert, json

from shared.normalizer import Message

ROOT = Path(__file__).parents[1] / "providers"


def messages() -> list[Message]:
    """Each Message of the golden files, in one order."""
    found = []
    for path in sorted(ROOT.glob("*/expected/**/*.json")):
        for it in _within(json.decode(path.read_bytes())):
            try:
                found.append(convert(it, Message))
            except ValidationError:  # a golden of something else that has the same fields
                continue
    return found


def _within(tree: Any) -> Iterator[Any]:
    if isinstance(tree, list):
        for it in tree:
            yield from _within(it)
    elif isinstance(tree, dict):
        if {"id", "source", "type", "timestamp"} <= tree.keys():
            yield tree
        else:
            yield from _within(list(tree.values()))
