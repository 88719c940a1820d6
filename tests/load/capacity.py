"""The capacity table of docs/OPERATIONS.md: what so many accounts need, computed from what was measured."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path as File

from tests.load.figures import Path

PAGE = File(__file__).parents[2] / "docs/OPERATIONS.md"
BEGIN = "<!-- Written by `make bench`, until the next such line. -->"

ITEMS, DELIVERIES, PEAK, WALKS, EVERY = 2_000, 50, 5, 3, 300
"""An account: items known, deliveries a day, the peak's share of the average, walks, seconds between."""

SPARE = 0.7
"""How far a process is loaded on purpose."""

CONNECTIONS = 10
"""`POSTGRES_MAX_CONNECTIONS` of one process."""

HEAD = f"""An account here knows {ITEMS:,} items, gets {DELIVERIES} deliveries a day, {PEAK} times as many in the peak, and has
{WALKS} walks, each every {EVERY // 60} minutes. A process is one as in docs/PERFORMANCE.md, loaded to {SPARE:.0%}.

| accounts | deliveries/s, peak | of one process | walks/s | processes for them | connections | PostgreSQL | stream of 7 days |
|---:|---:|---:|---:|---:|---:|---:|---:|
"""


def table(paths: Sequence[Path]) -> str:
    """The table that follows from what every path measured."""
    figures = {row.what: row.value for path in paths for row in path.rows}
    lines = [_line(accounts, figures) for accounts in (1_000, 10_000, 100_000, 1_000_000)]
    return f"{HEAD}{''.join(lines)}"


def write(computed: str) -> None:
    """Put the table between its two lines."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(BEGIN)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{computed}\n{BEGIN}{after}", "utf-8")


def _line(accounts: int, figures: dict[str, float]) -> str:
    def figure(part: str) -> float:
        (found,) = (value for what, value in figures.items() if part in what)
        return found

    peak = accounts * DELIVERIES * PEAK / 86_400
    share = peak / figure("while it reads and publishes")
    walks = accounts * WALKS / EVERY
    processes = max(2, ceil(walks / figure("find nothing") / SPARE))
    remembered = DELIVERIES * 35 * figure("delivery's id")
    table = accounts * (
        figure("PostgreSQL: an account") + ITEMS * figure("PostgreSQL: an item") + remembered
    )
    told = accounts * DELIVERIES * 7 * figure("NATS: a message")
    cells = (
        f"{accounts:,}",
        f"{peak:,.0f}",
        f"{share:.1%}",
        f"{walks:,.0f}",
        f"{processes:,}",
        f"{processes * CONNECTIONS:,}",
        f"{table / 1e9:,.1f} GB",
        f"{told / 1e9:,.1f} GB",
    )
    return f"| {' | '.join(cells)} |\n"
