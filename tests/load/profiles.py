"""The top five of a profile, by the time spent in the function itself."""

import cProfile
import pstats
from pathlib import Path

FIVE = 5


def top(source: Path | cProfile.Profile) -> list[str]:
    """Where the processor time went: share, function, file."""
    stats = pstats.Stats(str(source) if isinstance(source, Path) else source)
    found = stats.stats  # type: ignore[attr-defined]  # documented, but not in the types
    times = {where: told[2] for where, told in found.items() if not _waiting(where)}
    whole = sum(times.values()) or 1.0
    ordered = sorted(times.items(), key=lambda it: -it[1])[:FIVE]
    return [f"{took / whole:.0%} {_named(*where)}" for where, took in ordered]


def _waiting(where: tuple[str, int, str]) -> bool:
    """The event loop's own waiting is nobody's work."""
    return "run_until_complete" in where[2] or "select.epoll" in where[2] or "acquire" in where[2]


def _named(file: str, line: int, name: str) -> str:
    place = "/".join(Path(file).parts[-2:])
    return f"`{name}`" if file == "~" else f"`{name}` ({place}:{line})"
