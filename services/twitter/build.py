"""What every normalizer here is made of: people, times, files and facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.twitter.models import Media
from shared.normalizer import Attachment, Person


def second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def person(ident: str, handle: str) -> Person | None:
    return Person(ident, handle) if ident else None


def attachments(keys: Sequence[str], media: Mapping[str, Media]) -> Iterator[Attachment]:
    """Everything attached, in its order; of a video the best file that can be had by its address."""
    for key in keys:
        it = media.get(key) or Media(key)
        films = [one for one in it.variants if one.content_type == "video/mp4"]
        best = max(films, key=lambda one: one.bit_rate, default=None)
        yield Attachment(
            id=key,
            name=it.alt_text,
            url=it.url or (best.url if best else ""),
            type=best.content_type if best and not it.url else _format(it),
        )


def _format(it: Media) -> str:
    """The media type, where the address says it."""
    ending = it.url.partition("?")[0].rpartition(".")[2].lower()
    known = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "mp4": "video/mp4"}
    return known.get(ending, "")


def told(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fact) for name, fact in facts.items() if fact not in (None, "")}
