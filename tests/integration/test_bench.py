"""`make bench` works: every path but the start of whole fleets, at a size that proves nothing else."""

import pytest

from tests.load import report
from tests.load.__main__ import PATHS, measured
from tests.load.world import TINY, World


@pytest.mark.parametrize("path", [it for it in PATHS if it != "footprint"])
def test_the_bench_measures(path: str, database_url: str, nats_url: str) -> None:
    here = World(database_url, nats_url, 0, 0, {})
    (found,) = measured(here, TINY, path)
    assert found.rows
    assert all(row.value > 0 for row in found.rows)
    assert "<svg" in report.chart([found]) if found.costs else True
