"""One stage for every provider that the catalogue holds, today's and later ones."""

from collections.abc import AsyncIterator

import pytest

from shared.config.catalogue import providers
from tests.fakes.loopback import Server, answer, loopback
from tests.hostile.stage import Stage, staged


@pytest.fixture
async def vendor(anyio_backend: str) -> AsyncIterator[Server]:
    """The provider's API, which has nothing to say; what it was asked is in `asked`."""
    async with loopback(answer(200, {}, content_type="application/json")) as it:
        yield it


@pytest.fixture(params=providers(), ids=lambda it: it.name)
async def stage(
    request: pytest.FixtureRequest,
    database_url: str,
    nats_url: str,
    vendor: Server,
    anyio_backend: str,
) -> AsyncIterator[Stage]:
    """A running service; the test fails with every answer that was wrong."""
    async with staged(request.param, database_url, nats_url, vendor.url) as it:
        yield it
        assert not it.wrong, "\n".join(it.wrong)


@pytest.fixture
def hearing(stage: Stage) -> Stage:
    """A stage with a webhook."""
    if not stage.provider.webhook:
        pytest.skip("it hears nothing")
    return stage
