"""Runs a Singer tap: a program that reads a source and tells its records.

For connectors whose source is a tap; imported by its own name. No tap is ever imported.
`singer_catalog` chooses what it tells, `singer_messages` reads that.
"""

import json
import re
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    RateLimited,
)
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.programs import ProgramFailed, running, whole, workplace, write_private
from journey_atlas_sdk.singer_catalog import Catalog
from journey_atlas_sdk.singer_messages import Told, told_of

Json = Any  # Any: JSON

CatalogOption = Literal["catalog", "properties"]
"""How a tap is given its catalog: old ones call the option `properties`."""

# A tap that fails says why in words alone. A number is a status only where it is called one.
_STATUS: Final = r"(?:code|status|http)\W{{0,3}}{0}\b|\b{0} client error"
_BY_WORDS: Final[Mapping[str, type[ConnectorError]]] = {
    r"config\w* (?:is|are|was|validation|file)|missing required": ConfigError,
    _STATUS.format(401) + "|unauthori[sz]ed|authentication failed": AuthError,
    r"invalid (?:credentials|token|api.?key)": AuthError,
    _STATUS.format(403) + "|forbidden|permission denied|access denied": AccessDenied,
    _STATUS.format(429) + "|too many requests|rate.?limit": RateLimited,
}


@dataclass(slots=True, kw_only=True)
class Tap:
    """A tap that can be run, each time for so many seconds at most; `tap_with` makes it.

    `catalog` None: it takes none, and tells all of its streams. Everything blocks.
    """

    program: Path
    config: Path
    context: Context
    seconds: float
    option: CatalogOption | None
    catalog: Catalog | None = None

    def discover(self) -> None:
        """Ask it for its catalog, where it takes one and none was given."""
        if self.option is not None and self.catalog is None:
            with self._running("--discover") as lines:
                self.catalog = read_model(whole(lines), Catalog)

    def require(self, stream: str, columns: Collection[str]) -> frozenset[str]:
        """Give the names that a stream's messages may bear.

        ConfigError where the catalog has no such stream, or it none of these columns.
        """
        return self.catalog.require(stream, columns) if self.catalog else frozenset({stream})

    def told(
        self, stream: str, columns: Collection[str], metadata: Mapping[str, Json]
    ) -> Generator[Told]:
        """Run it, and walk what it tells of these columns of a stream; close the walk to end it.

        `metadata` is laid over the catalog's own of the stream.
        """
        names, arguments = self.require(stream, columns), list[str]()
        if self.catalog is not None:
            written = self.catalog.choosing(stream, columns, metadata).written()
            file = write_private(self.config.with_name("catalog.json"), written)
            arguments = [f"--{self.option}", str(file)]
        with self._running(*arguments) as lines:
            yield from told_of(names, lines)

    @contextmanager
    def _running(self, *arguments: str) -> Generator[Iterator[bytes]]:
        try:
            with running(
                self.program,
                ("--config", str(self.config), *arguments),
                self.context,
                folder=self.config.parent,
                seconds=self.seconds,
            ) as lines:
                yield lines
        except ProgramFailed as failed:
            raise _named(failed) from failed


def secret_object(setting: str, context: Context) -> dict[str, Json]:
    """Give the JSON object that a secret setting holds; ConfigError, without it, for all else."""
    try:
        return dict(json.loads(context.secret(setting)).items())
    except (ValueError, AttributeError):  # whose words hold parts of it
        message = f"`{setting}` is no JSON object."
        raise ConfigError(message) from None


@contextmanager
def tap_with(
    config: Mapping[str, Json],
    program: Path,
    context: Context,
    *,
    seconds: float,
    option: CatalogOption | None,
    catalog: Catalog | None,
) -> Generator[Tap]:
    """Lay a tap's configuration where the server alone can read it, while the block lasts.

    `option` None: it takes no catalog; `catalog` None: it is asked for its own.
    """
    with workplace() as folder:
        tap = Tap(
            program=program,
            config=write_private(folder / "config.json", json.dumps(config)),
            context=context,
            seconds=seconds,
            option=option,
            catalog=catalog if option else None,
        )
        tap.discover()
        yield tap


def _named(failed: ProgramFailed) -> ConnectorError:
    """Name a tap's failure by what happens next, as far as its last words tell."""
    for words, kind in _BY_WORDS.items():
        if re.search(words, failed.message, re.IGNORECASE):
            return kind(failed.message, detail=failed.detail)
    return failed
