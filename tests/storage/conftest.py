"""The stores, each on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.observations import StoredObservations
from storage.secrets import StoredSecrets


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def atlases(engine: AsyncEngine) -> StoredAtlases:
    return StoredAtlases(engine)


@pytest.fixture
def observations(engine: AsyncEngine) -> StoredObservations:
    return StoredObservations(engine)


@pytest.fixture
def secrets(engine: AsyncEngine) -> StoredSecrets:
    return StoredSecrets(engine)
