"""From notes that were read to records: under which id, whether anything is new, where they were before."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Raw, Struct, json, structs

from services.obsidian import frontmatter, markdown, paths
from services.obsidian.facts import digest, lines
from services.obsidian.models import Note, Stat, Told
from shared.types import Record

FRESH = 3_000.0
"""Milliseconds: what changed so lately may change again without a sign of it."""
LONGEST = 5_000
"""Names in one note that are looked up in the vault."""


class Seen(Struct, frozen=True, array_like=True):
    """A note as it was last told: milliseconds, bytes, digests of its text and of where its links lead,
    and its own id."""

    mtime: int
    size: int
    text: str = ""
    own: str = ""
    links: str = ""


class Walk(Struct, frozen=True):
    """Every note that was told, by its composed path. `thorough` is when all were last read, in seconds
    since 1970; a walk that reads all has come to `upto`."""

    notes: dict[str, Seen] = {}
    thorough: float = 0.0
    upto: str = ""


class Found(Struct, frozen=True):
    """A note: its composed path, its path as it is written in the vault, its text where that was read."""

    path: str
    written: str
    stat: Stat
    content: str | None = None
    readable: bool = True


class Telling:
    """One walk's view of the vault; the `first` over it tells of notes as of their own times.

    `extra` is what was filled in with the account, `gone` are notes that are not there any more.
    """

    def __init__(self, extra: Mapping[str, str], gone: Mapping[str, Seen], *, first: bool) -> None:
        self._extra, self._gone, self._first = extra, dict(gone), first
        self._same: dict[str, list[str]] = {}
        for path, it in gone.items():
            for sign in filter(None, (it.text, it.own and f"id:{it.own}")):
                self._same.setdefault(sign, []).append(path)
        self._places = paths.Places(())

    def lies(self, *everything: str) -> None:
        """Say where everything lies, so that links lead there."""
        self._places = paths.Places(everything)

    def page(
        self, known: Mapping[str, Seen], found: Sequence[Found], now: float
    ) -> tuple[tuple[Record, ...], dict[str, Seen]]:
        """Records of what is new in these notes, and what to remember of all of them."""
        owners = {it.own: path for path, it in known.items() if it.own and path not in self._gone}
        records, seen, former = [], {}, set()
        for it in found:
            old, text = known.get(it.path), lines(it.content or "")
            own = frontmatter.ident(frontmatter.read(text).values)
            own = own if own and owners.setdefault(own, it.path) == it.path else ""
            own = old.own if old and it.content is None else own
            note = Note(it.written, it.content or "", it.stat)
            told = _told(note, self._extra, paths.item(it.path, own), self._places)
            new = seen[it.path] = _seen(it, own, told.files, now)
            if old and (old.text, old.own, old.links) == (new.text, new.own, new.links):
                continue
            if old and old.own != own:
                former.add(paths.item(it.path, old.own))
            before = "" if old else self._formerly(it.path, new, text)
            records.append(self._record(it, structs.replace(told, old_path=before), now))
        if former:
            former -= {paths.item(path, it.own) for path, it in {**known, **seen}.items()}
        return (*records, *(_farewell(ident, now) for ident in sorted(former))), seen

    def farewells(self, kept: Mapping[str, Seen], now: float) -> tuple[Record, ...]:
        """Records of what is gone; what goes on under its own id somewhere else is not."""
        gone = {paths.item(path, it.own) for path, it in self._gone.items()}
        there = {paths.item(path, it.own) for path, it in kept.items()} if gone else set()
        return tuple(_farewell(ident, now) for ident in sorted(gone - there))

    def _record(self, it: Found, told: Told, now: float) -> Record:
        if not it.readable:  # becomes a dead letter, and proves that nothing is gone
            return Record("note", Raw(json.encode({"path": it.written})))
        told = structs.replace(told, cut=it.content is None)
        own_time = min(max(it.stat.mtime, it.stat.changed) / 1000, now)
        return Record("note", Raw(json.encode(told)), _stamp(own_time if self._first else now))

    def _formerly(self, path: str, new: Seen, text: str) -> str:
        """The path of a note that is gone and was the same: the same id, or the same text."""
        name, written = posixpath.basename(path), bool(text.strip())
        signs = (new.own and f"id:{new.own}", new.text if written else "")
        same = next((self._same[sign] for sign in signs if self._same.get(sign)), [])
        former = min(same, key=lambda it: (posixpath.basename(it) != name, it), default="")
        if former:
            same.remove(former)
        return former


def one(note: Note, extra: Mapping[str, str], path: str, everything: Iterable[str]) -> Told:
    """A single note, as a walk would tell it; its own id is taken to be nobody else's."""
    own = frontmatter.ident(frontmatter.read(lines(note.content)).values)
    return _told(note, extra, paths.item(path, own), paths.Places(everything))


def _told(note: Note, extra: Mapping[str, str], ident: str, places: paths.Places) -> Told:
    names = sorted(markdown.targets(lines(note.content)))[:LONGEST]
    return Told(
        note,
        ident,
        {name: to for name in names if (to := places.resolve(name, note.path))},
        vault=extra.get("vault", ""),
        owner=extra.get("owner", ""),
        people=extra.get("people", ""),
    )


def _seen(it: Found, own: str, files: Mapping[str, str], now: float) -> Seen:
    """A time that is only just over is not remembered, so that the note is read once more."""
    settled = now * 1000 - it.stat.mtime > FRESH
    text = digest(it.content)[:32] if it.content is not None else f"{it.stat.mtime:.0f}"
    leads = digest(json.encode(files, order="sorted").decode())[:16] if files else ""
    return Seen(int(it.stat.mtime) if settled else 0, int(it.stat.size), text, own, leads)


def _farewell(ident: str, now: float) -> Record:
    told = Told(Note("", "", Stat(now * 1000)), ident)
    return Record("note", Raw(json.encode(told)), _stamp(now), removed=True)


def _stamp(seconds: float) -> str:
    at = datetime.fromtimestamp(max(seconds, 0.0), UTC).replace(tzinfo=None)
    return at.isoformat(timespec="microseconds") + "Z"
