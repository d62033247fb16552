"""What every test gets: a clean environment, no network, and PostgreSQL if it asks."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import (
    RUN,
    RUN_FOLDER,
    close_run,
    database_url,
    empty_database_url,
    open_run,
    postgres,
    template_database,
)
from tests.sockets import close_sockets

__all__ = ["database_url", "empty_database_url", "postgres", "template_database"]

# A busy machine is no failure of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder in the process that the user started; its workers inherit it."""
    config.stash[RUN_FOLDER] = open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's folder when the last worker has ended."""
    if not hasattr(config, "workerinput"):
        close_run(config.stash[RUN_FOLDER])
        del os.environ[RUN]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the settings of the developer's own installation away."""
    for name in list(os.environ):
        if name.startswith("ATLAS_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def closed_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test leave the machine."""
    close_sockets(monkeypatch)
