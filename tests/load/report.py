"""docs/PERFORMANCE.md and its picture, from what was measured; what people wrote below stays."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path as File

from tests.load.figures import Path, Row
from tests.load.world import World

DOCS = File(__file__).parents[2] / "docs"
BY_HAND = "<!-- Below this line people write; `make bench` keeps it. -->"
PACKAGES = ("litestar", "uvicorn", "uvloop", "httptools", "msgspec", "psycopg", "nats-py", "httpx")
COLOURS = {
    "service": "#3b6fb6",
    "PostgreSQL": "#8a9a5b",
    "NATS": "#c98a3d",
    "GitHub": "#a9a9a9",
    "Google": "#a9a9a9",
    "Slack": "#a9a9a9",
}

HEAD = """# Performance

Written by `make bench` on {day}; every figure with what it is compared with was measured in one run, in turn
with it, {rounds} rounds, the median shown. Load generator, database, broker and the provider's stand-in shared
the machine with what was measured. Absolute figures say more about the machine than ratios do.

{machine}

| path | measured | figure | compared, same run | to reach | |
|---|---|---:|---|---|---|
{table}

"Webhooks" are recorded deliveries of 13 KB, signed, each with an id of its own, over 64 kept connections.
"Issues" are 7 KB each in a real HTTP server's list, a hundred to the page. "Mails" are 1 to 30 KB, most of them text and
HTML, fifty to the page, without Google's limits; chat messages are 600 to 1,300 bytes, 999 to the page, without Slack's.
PostgreSQL and NATS flush to disk before
they answer (`fsync`, `sync_interval: always`).

## Where the processor time goes

![Processor time per item, by process](performance.svg)

{costs}
{profiles}
{by_hand}"""


def write(paths: Sequence[Path], world: World, rounds: int) -> None:
    """Write both files."""
    page, picture = DOCS / "PERFORMANCE.md", DOCS / "performance.svg"
    before = page.read_text("utf-8") if page.exists() else ""
    kept = before.partition(BY_HAND)[2] or "\n"
    picture.write_text(chart([it for it in paths if it.costs]), "utf-8")
    page.write_text(
        HEAD.format(
            day=datetime.now(UTC).strftime("%Y-%m-%d"),
            rounds=rounds,
            machine=_machine(world),
            table="\n".join(_line(row) for it in paths for row in it.rows),
            costs=_costs(paths),
            profiles="\n".join(_profile(it) for it in paths if it.profile),
            by_hand=BY_HAND + kept,
        ),
        "utf-8",
    )


def shown(row: Row) -> str:
    """The figure as people read it."""
    number = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.3g}"
    return f"{number} {row.unit}"


def verdict(row: Row) -> str:
    """Whether it was reached, in a word."""
    return {None: "", True: "reached", False: "**missed**"}[row.reached]


def _line(row: Row) -> str:
    cells = (row.path, row.what, shown(row), row.compared, row.wanted, verdict(row))
    return f"| {' | '.join(cells)} |"


def _machine(world: World) -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in File("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = ", ".join(f"{it:.1f}" for it in os.getloadavg())
    engines = ", ".join(f"{name} {number}" for name, number in world.versions.items())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"- {os.cpu_count()} cores ({cpu}), {memory:.0f} GB; load average at the end {load}\n"
        f"- Python {platform.python_version()}, {platform.system()} {platform.release()}; {engines}\n"
        f"- {packages}"
    )


def _costs(paths: Sequence[Path]) -> str:
    names = list(COLOURS)
    lines = [f"| microseconds per item | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for it in paths:
        if it.costs:
            cells = [f"{it.costs[name]:.0f}" if name in it.costs else "" for name in names]
            lines.append(f"| {it.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _profile(it: Path) -> str:
    top = "\n".join(f"{n}. {line}" for n, line in enumerate(it.profile, 1))
    return f"Top five in the service, {it.name}:\n\n{top}\n"


def chart(paths: Sequence[Path]) -> str:
    """Horizontal bars, one a path: processor time per item, by process."""
    widest = max(sum(it.costs.values()) for it in paths) or 1.0
    parts: list[str] = []
    for n, it in enumerate(paths):
        y, x = 44 + 44 * n, 110.0
        parts.append(f'<text x="100" y="{y + 19}" text-anchor="end">{escape(it.name)}</text>')
        for name, cost in it.costs.items():
            width = 460 * cost / widest
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="28" fill="{COLOURS[name]}">'
                f"<title>{escape(name)}: {cost:.0f} µs</title></rect>"
            )
            x += width
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 19}">{sum(it.costs.values()):.0f} µs</text>')
    for n, (name, colour) in enumerate(COLOURS.items()):
        x = 110 + 90 * n
        parts.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="25">{name}</text>')
    height = 56 + 44 * len(paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {height}" role="img" '
        'aria-label="Processor time per item, by process" font-family="sans-serif" font-size="13" '
        f'fill="#333"><rect width="660" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
