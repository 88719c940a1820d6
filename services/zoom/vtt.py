"""WebVTT as Zoom writes it: the speaker stands in the text, before the first colon.

A colon may as well be part of what was said. So a name counts where somebody of that name was in the
meeting, or where it stands before more than one cue. https://www.w3.org/TR/webvtt1/
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from html import unescape

from msgspec import Struct

from shared.errors import Unreadable

LONGEST_NAME = 100
"""Characters of what may be a name; Zoom allows no longer ones."""

_TIMES = re.compile(r"\s*(?:\d+:)?\d\d:\d\d\.\d{3}\s+-->\s+(?:\d+:)?\d\d:\d\d\.\d{3}(?:\s.*)?\Z")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?[^<>]*>")


class Cue(Struct, frozen=True):
    """What was said at once; `voice` is who, where a tag tells."""

    text: str
    voice: str = ""


class Said(Struct, frozen=True):
    """What one person said before somebody else did; `speaker` is "" where nobody knows."""

    speaker: str
    text: str


def cues(data: bytes) -> list[Cue]:
    """Every cue with text in it; raises Unreadable for what is no WebVTT."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head, *blocks = re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))
    if not re.match(r"WEBVTT(?:[ \t\n]|\Z)", head):
        raise Unreadable("What was downloaded is not a transcript in WebVTT.")
    return [cue for block in [head, *blocks] if (cue := _cue(block.split("\n"))).text]


def said(found: list[Cue], names: Collection[str] = ()) -> Iterator[Said]:
    """Who said what, in turn; a cue without a name goes on with whoever spoke before."""
    labels = Counter(label for cue in found if (label := _label(cue.text)))
    known = {it for it, times in labels.items() if times > 1 or it in names}
    speaker, spoken = "", list[str]()
    for cue in found:
        label = _label(cue.text) if not cue.voice else ""
        named = label in known and bool(label)
        who = cue.voice or (label if named else speaker)
        if who != speaker and spoken:
            yield Said(speaker, " ".join(spoken))
            spoken = []
        speaker = who
        spoken.append(cue.text[len(label) + 1 :].strip() if named else cue.text)
    if spoken:
        yield Said(speaker, " ".join(spoken))


def _cue(lines: list[str]) -> Cue:
    """The text below the times; nothing for a note, a style or what else has no times."""
    at = next((n for n, line in enumerate(lines) if _TIMES.match(line)), None)
    if at is None:
        return Cue("")
    text = " ".join(line.strip() for line in lines[at + 1 :])
    voice = _VOICE.search(text)
    return Cue(_plain(text), _plain(voice[1]) if voice else "")


def _plain(text: str) -> str:
    return " ".join(unescape(_TAG.sub("", text)).split())


def _label(text: str) -> str:
    """What stands before the first colon, where it may be a name."""
    before, colon, _ = text.partition(": ")
    return before if colon and 0 < len(before) <= LONGEST_NAME else ""
