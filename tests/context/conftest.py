"""A database with the context service's tables in it."""

from importlib.resources import files

import pytest

from shared.store.database import Database
from shared.store.migrate import migrate


@pytest.fixture
async def db(db: Database) -> Database:
    """The open Database of this test, with the schema `context`."""
    await migrate(db, files("services.context").joinpath("migrations"), "context")
    return db
