"""What `fleet sync` shows while it watches."""

from typing import Any

import pytest
from rich.progress import Progress

from shared.cli import sync

RUN = {
    "status": "running",
    "expected": None,
    "listed": 30,
    "published": 20,
    "units": 4,
    "units_done": 1,
    "eta_seconds": 300.0,
    "waiting": "",
    "waiting_seconds": None,
}
WAITS = {"waiting": "Slack's limit of calls is reached", "waiting_seconds": 130.0}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "30 listed, 20 published, about 5 min left"),
        (
            WAITS,
            "30 listed, 20 published, about 5 min left; waits 2 min, Slack's limit of calls is reached",
        ),
        ({"eta_seconds": None}, "30 listed, 20 published"),
    ],
)
def test_a_run_says_how_far_it_is_and_what_it_waits_for(more: dict[str, Any], told: str) -> None:
    progress = Progress(disable=True)
    bar = progress.add_task("slack", total=None, told="queued")
    sync._show(progress, bar, {**RUN, **more})
    assert progress.tasks[0].fields["told"] == told
    assert (progress.tasks[0].completed, progress.tasks[0].total) == (1, 4)
