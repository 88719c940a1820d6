"""The normalizer: from GitHub's bytes to a checked Message, against a bare decode of the same bytes."""

import cProfile
import time

from msgspec import json

from services.github.events import IssueEvent, record
from services.github.models import Repository
from services.github.provider import provider
from shared.sync.normalize import Ignored, prepare
from tests.load.figures import Path, Row, middle, ratios
from tests.load.issues import List
from tests.load.profiles import top
from tests.load.world import ISSUES, Size


def measure(size: Size) -> Path:
    """Every issue once decoded, once normalized, once normalized and encoded, several times over."""
    listed = List(ISSUES.read_bytes(), min(size.issues, 2000)).rows
    records = [record("issues", Repository(1, "acme/api"), issue=it) for it in listed]
    normalize, decoder = prepare(provider), json.Decoder(IssueEvent)
    bare: list[float] = []
    whole: list[float] = []

    def work() -> None:
        for it in records:
            assert not isinstance(normalize(it), Ignored)

    for _ in range(size.rounds):
        began = time.perf_counter()
        for it in records:
            decoder.decode(it.payload)
        half = time.perf_counter()
        work()
        bare.append(len(records) / (half - began))
        whole.append(len(records) / (time.perf_counter() - half))
    profiler = cProfile.Profile()
    profiler.runcall(work)
    compared = f"{ratios(whole, bare):.2f} of the bare decode"
    rows = [
        Row("normalizer", "msgspec decode alone", middle(bare), "records/s"),
        Row(
            "normalizer",
            "decoded, normalized, checked, encoded",
            middle(whole),
            "records/s",
            compared,
        ),
    ]
    return Path("normalizer", rows, {"service": 1e6 / middle(whole)}, top(profiler))
