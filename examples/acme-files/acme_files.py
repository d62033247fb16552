"""Acme Files as a source of Journey Atlas: orders by day, out of a JSON file."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from journey_atlas_sdk import (
    Aggregation,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    Grain,
    MetricSpec,
    Observation,
    PullRequest,
    Settings,
    TransientError,
    Unit,
    UnitKind,
    days_of,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Exact, read_model
from pydantic import Field, RootModel

ORDERS: Final = MetricSpec(
    key="orders",
    title="Orders",
    unit=Unit(kind=UnitKind.COUNT),
    aggregation=Aggregation.SUM,
    grains=frozenset({Grain.DAY}),
)


class AcmeFilesSettings(Settings):
    """What a person fills in."""

    file: Path = Field(description='Path of a file such as {"2026-10-01": 41, "2026-10-02": 38}.')


class Days(RootModel[Mapping[date, Exact | None]]):
    """What the file holds."""


class AcmeFiles(Connector[AcmeFilesSettings]):
    """Reads the file anew each time: any window may be asked at any time."""

    info = ConnectorInfo(
        key="acme-files",
        title="Acme Files",
        version="0.1.0",
        settings=AcmeFilesSettings,
        metrics=(ORDERS,),
    )

    def pull(self, request: PullRequest, context: Context) -> Iterator[Observation]:
        """Give each day of the window that the file knows, oldest first."""
        request.chosen({ORDERS.key: ORDERS}).require_answers(request)
        known = self._read().root
        for period in request.periods(context.now()):
            day, _ = days_of(period, request.time_zone)
            if day in known:
                yield request.observation(period, known[day])

    async def check(self, context: Context) -> None:
        """Try the settings out."""
        await context.blocking(self._read)

    def _read(self) -> Days:
        """Read the file; each failure is named by what the host does next."""
        file = self.settings.file
        try:
            content = file.read_bytes()
        except FileNotFoundError as error:  # it asks no more until the settings change
            raise ConfigError(f"{file} does not exist.") from error
        except OSError as error:  # it tries again later
            raise TransientError(f"{file} can't be read: {error.strerror}.") from error
        return read_model(content, Days)  # DataError: it keeps the last good values


@hookimpl
def atlas_connectors() -> list[type[AcmeFiles]]:
    """Bring the connector."""
    return [AcmeFiles]
