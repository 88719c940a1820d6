"""What was told of each resource of a calendar, so that what is gone can be told as well."""

from datetime import datetime

from services.calendar.models import Kept
from services.calendar.naming import key_of
from services.calendar.parts import Stream
from services.calendar.records import grave, record
from shared.types import Record, Resource


class Memory:
    """The versions and items of one collection's resources; `seen` is None for a first walk."""

    def __init__(
        self,
        resource: Resource,
        kept: dict[str, Kept],
        own: tuple[str, ...],
        now: datetime,
        *,
        seen: datetime | None,
    ) -> None:
        self._resource, self._own, self._now, self._seen = resource, own, now, seen
        self._key, self.kept = key_of(resource.id), dict(kept)

    def knows(self, path: str, etag: str) -> bool:
        """Whether this version was read already; where there is no ETag, it may be another one."""
        kept = self.kept.get(self._name(path))
        return bool(etag) and kept is not None and kept.version == etag

    def took(self, path: str, etag: str, stream: Stream) -> list[Record]:
        """The records of a resource, and the tombstones of occurrences that are not in it any more."""
        facts, name = self._resource.facts, self._name(path)
        told = {
            "href": path,
            "zone": stream.zone or facts.get("zone", ""),
            "own": self._own,
            "foreign": facts.get("foreign") == "true",
        }
        idents = tuple(it.ident for it in stream.parts)
        before = self.kept.pop(name, None)
        if stream.parts:
            self.kept[name] = Kept(etag, stream.parts[0].kind, idents)
        return [
            *(record(self._key, it, self._seen, told) for it in stream.parts),
            *self._graves([before] if before else []),
        ]

    def forget(self, paths: list[str]) -> list[Record]:
        """Tombstones of what was told of resources; of others nobody heard, so nobody has to hear."""
        names = [name for name in map(self._name, paths) if name in self.kept]
        return self._graves([self.kept.pop(name) for name in names])

    def others(self, paths: list[str]) -> list[str]:
        """The paths of everything that was told, but for these."""
        there = set(map(self._name, paths))
        return [self._resource.id + name for name in self.kept if name not in there]

    def _graves(self, dropped: list[Kept]) -> list[Record]:
        """An event that stands under another name now is not gone."""
        held = {ident for it in self.kept.values() for ident in it.idents} if dropped else set()
        return [
            grave(self._key, ident, it.kind, self._now)
            for it in dropped
            for ident in it.idents
            if ident not in held
        ]

    def _name(self, path: str) -> str:
        return path.removeprefix(self._resource.id)
