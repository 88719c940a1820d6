"""The journeys of `journeys.mjs`, each reported as a test of its own."""

import re

import pytest

from tests.browser.conftest import FOLDER

pytestmark = pytest.mark.timeout(300)  # the first one waits for all of them

NAMES = re.findall(r'^journey\("([^"]+)"', (FOLDER / "journeys.mjs").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_in_a_real_browser(found: dict[str, str], name: str) -> None:
    assert not found[name], found[name]
