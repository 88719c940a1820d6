"""What is measured, in rows that a person can read, and medians over rounds that were interleaved."""

from statistics import median

from msgspec import Struct


class Row(Struct):
    """One line of the table: a figure with its unit, how it compares, and what it was to reach."""

    path: str
    what: str
    value: float
    unit: str
    compared: str = ""
    wanted: str = ""
    reached: bool | None = None


class Path(Struct):
    """One path measured: its rows, the processor time of each process per item, and the profile."""

    name: str
    rows: list[Row]
    costs: dict[str, float] = {}
    profile: list[str] = []
    notes: list[str] = []


def middle(values: list[float]) -> float:
    """The median of the rounds."""
    return median(values) if values else 0.0


def ratios(mine: list[float], theirs: list[float]) -> float:
    """The median of the ratios, each of two figures of one round."""
    return middle([a / b for a, b in zip(mine, theirs, strict=True) if b])
