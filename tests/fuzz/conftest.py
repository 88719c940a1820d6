"""The running services of the hostile tests, to be fuzzed."""

from tests.hostile.conftest import everybody, house, stage

__all__ = ["everybody", "house", "stage"]
