"""`make bench` works: every path but the start of whole fleets, at a size that proves nothing else."""

from tests.load import capacity, report
from tests.load.__main__ import PATHS, measured
from tests.load.world import TINY, World


def test_the_bench_measures(database_url: str, nats_url: str) -> None:
    here = World(database_url, nats_url, 0, 0, {})
    found = [path for it in PATHS if it != "footprint" for path in measured(here, TINY, it)]
    for path in found:
        assert path.rows
        assert all(row.value > 0 for row in path.rows)
    assert "<svg" in report.chart([it for it in found if it.costs])
    assert "| 100,000 |" in capacity.table(found)
