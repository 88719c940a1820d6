"""One stage for every provider that the catalogue holds, today's and later ones."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shared.config.catalogue import providers
from tests.conftest import fresh_database
from tests.fakes.loopback import Server, answer, loopback
from tests.hostile.stage import Stage, staged


@pytest.fixture(scope="module")
async def everybody(anyio_backend: str) -> AsyncIterator[Server]:
    """Every provider's API and token endpoint, which have nothing to say."""
    async with loopback(answer(200, {}, content_type="application/json")) as it:
        yield it


@pytest.fixture(scope="module", params=providers(), ids=lambda it: it.name)
async def house(
    request: pytest.FixtureRequest,
    postgres_url: str,
    migrated: str,
    nats_url: str,
    everybody: Server,
) -> AsyncIterator[Stage]:
    """A running service of one provider, which the tests of a module share."""
    with fresh_database(postgres_url, migrated) as url:
        async with staged(request.param, url, nats_url, everybody.url) as it:
            yield it


@pytest.fixture
def stage(house: Stage) -> Iterator[Stage]:
    """The service; a test fails with every answer to it that was wrong."""
    house.wrong.clear()
    house.clock[0] = 0.0
    yield house
    assert not house.wrong, "\n".join(house.wrong)


@pytest.fixture
def vendor(everybody: Server) -> Server:
    """The provider; `asked` is what it was asked in this test."""
    everybody.asked.clear()
    return everybody


@pytest.fixture
def hearing(stage: Stage) -> Stage:
    """A stage with a webhook."""
    if not stage.provider.webhook:
        pytest.skip("it hears nothing")
    return stage
