"""From a provider's words to a version of an item: decode, normalize, check and encode it.

The normalizer's own annotation says how the payload is decoded (`def issue(it: Issue) -> Message`).
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from msgspec import MsgspecError, Raw, Struct, json, structs

from shared.errors import ConfigError, Unreadable, UnsupportedEvent
from shared.normalizer import TYPES, Message, Version, version
from shared.provider import Provider
from shared.types import Record

LARGEST = 480 * 1024
"""Bytes of an encoded Message; the stream takes 512 KiB with headers."""

LONGEST_ID = 512


class Ignored(Struct, frozen=True):
    """A kind that is dropped on purpose, and why."""

    reason: str


Normalize = Callable[[Record], Version | Ignored]


def prepare(provider: Provider) -> Normalize:
    """Build the provider's normalize function; a normalizer without an annotation is a ConfigError."""
    readers = {
        kind: (json.Decoder(_input(provider.name, kind, function), strict=True), function)
        for kind, function in provider.normalizers.items()
    }
    ignored: Mapping[str, str] = provider.ignored
    sources = frozenset(provider.sources)

    def normalize(record: Record) -> Version | Ignored:
        if (reason := ignored.get(record.kind)) is not None:
            return Ignored(reason)
        if (reader := readers.get(record.kind)) is None:
            raise UnsupportedEvent(f"nobody declared the kind {record.kind[:100]!r}", record.kind)
        decoder, function = reader
        try:
            message: Message = function(decoder.decode(record.payload))
        except (MsgspecError, UnicodeError, RecursionError) as error:
            raise Unreadable(f"{record.kind}: {error}") from error
        except Unreadable:
            raise
        except Exception as error:  # a normalizer's mistake costs this record only, never the run
            raise Unreadable(f"{record.kind}: {type(error).__name__} while normalizing") from error
        _check(record.kind, message, sources)
        return fit(record, message)

    return normalize


def _check(kind: str, message: Message, sources: frozenset[str]) -> None:
    if message.type not in TYPES or message.source not in sources:
        raise Unreadable(f"{kind}: became {message.source}/{message.type}, which nobody declared")
    if not 0 < len(message.id) <= LONGEST_ID or _breaks(message.id):
        raise Unreadable(f"{kind}: the id is empty, too long or holds control characters")
    if message.timestamp.tzinfo is None:
        raise Unreadable(f"{kind}: the timestamp has no time zone")


def _breaks(text: str) -> bool:
    """Whether text holds control characters or line ends; most text is just printable."""
    return not text.isprintable() and any(
        unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text
    )


def fit(record: Record, message: Message) -> Version:
    """Encode a Message, its content shortened when the bus would not take it, which metadata tells."""
    try:
        whole = version(message, stated=record.revision, removed=record.removed)
    except (UnicodeError, MsgspecError) as error:
        raise Unreadable(f"{record.kind}: holds text that is not Unicode") from error
    if (over := len(whole.body) - LARGEST) <= 0:
        return whole
    content = message.content.encode()
    cut = structs.replace(
        message,
        content=content[: max(0, len(content) - over * 2 - 1024)].decode(errors="ignore"),
        metadata={**message.metadata, "content_bytes": str(len(content))},
    )
    short = version(cut, stated=record.revision)
    if len(short.body) > LARGEST:
        raise Unreadable(f"{record.kind}: larger than {LARGEST} bytes even without its content")
    return short


def _input(provider: str, kind: str, function: Callable[..., Any]) -> Any:
    hints = get_type_hints(function)
    hints.pop("return", None)
    if len(hints) != 1:
        raise ConfigError(f"{provider}: the normalizer of {kind} needs one annotated argument")
    (shape,) = hints.values()
    if shape in (Raw, Any, bytes):
        raise ConfigError(f"{provider}: the normalizer of {kind} has to name the shape it reads")
    return shape
