"""CSV files: one metric a file, named after it, or many in one with a column `metric`.

What a file may hold and how its cells are read is told in docs/connectors/csv.md.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from pydantic import Field, model_validator

from journey_atlas_sdk import (
    AccessDenied,
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    MetricSpec,
    Observation,
    PullRequest,
    TransientError,
    hookimpl,
)
from journey_atlas_sdk.observation_csv import CsvFormat, ObservationFile, answer, open_file, specs

T = TypeVar("T")

MOST_FILES: Final = 1_000


class CsvSettings(CsvFormat):
    """Where the files are and how their cells are written; give `folder` or `file`."""

    folder: Path | None = Field(
        default=None, description="An absolute path, whose *.csv files are read."
    )
    file: Path | None = Field(
        default=None, description="Instead of a folder: the absolute path of one file."
    )

    @model_validator(mode="after")
    def _one_absolute_place(self) -> Self:
        places = [place for place in (self.folder, self.file) if place is not None]
        if len(places) != 1:
            message = "Give either `folder` or `file`."
            raise ValueError(message)
        if not places[0].is_absolute():
            message = f"Write an absolute path instead of {str(places[0])!r}."
            raise ValueError(message)
        return self


class CsvFiles(Connector[CsvSettings]):
    """Reads local CSV files anew at each pull; files are small and may be replaced at any time."""

    info = ConnectorInfo(
        key="csv",
        title="CSV files",
        version="1.0.0",
        settings=CsvSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        documentation="docs/connectors/csv.md",
    )

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        """Give the rows of the metric that have exactly the asked dimensions, oldest first."""
        yield from answer(self._files(request.metric), request, self.settings, now=context.now())

    async def check(self, context: Context) -> None:
        """Read the header of every file."""
        await context.blocking(lambda: list(self._files()))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the files name, with the columns that break them down."""
        return await context.blocking(lambda: specs(self._files(), self.settings.units))

    def _files(self, metric: str | None = None) -> Iterator[ObservationFile]:
        """Open the file that is named after a metric, or all files where there is none.

        So that one broken file among many leaves the others' metrics alone.
        """
        paths = _paths(self.settings)
        for path in [path for path in paths if path.stem == metric] or paths:
            content = _reading(path, partial(_bytes, path, self.settings.max_bytes))
            yield open_file(path.name, path.stem, content, self.settings)


@hookimpl
def atlas_connectors() -> list[type[CsvFiles]]:
    """Bring the CSV connector."""
    return [CsvFiles]


def _paths(settings: CsvSettings) -> list[Path]:
    if settings.file is not None:
        return [settings.file]
    folder = settings.folder or Path()
    entries = _reading(folder, lambda: sorted(folder.iterdir()))
    files = [path for path in entries if path.suffix.casefold() == ".csv"]
    if not 0 < len(files) <= MOST_FILES:
        message = f"{folder} holds {len(files)} files *.csv; 1 to {MOST_FILES} are expected."
        raise ConfigError(message)
    return files


def _bytes(path: Path, most: int) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        message = f"{path} is not a file."
        raise ConfigError(message)
    with path.open("rb") as file:
        is_too_long = os.fstat(file.fileno()).st_size > most
        return file.read(most + 1 if is_too_long else -1)


def _reading(path: Path, read: Callable[[], T]) -> T:
    """Read something of the disk, naming what stands in the way by what happens next."""
    try:
        return read()
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{path} does not exist."
        raise ConfigError(message) from error
    except PermissionError as error:
        message = f"The server may not read {path}."
        raise AccessDenied(message) from error
    except OSError as error:
        message = f"{path} can't be read: {error.strerror}."
        raise TransientError(message) from error
