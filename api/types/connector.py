"""Connectors: what can be read from, and the plugins that can't be used."""

from dataclasses import dataclass

import strawberry

from api.fields import described
from api.types.scalars import JSON
from journey_atlas_sdk import ConnectorInfo
from plugins.problems import PluginProblem
from plugins.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorEntry:
    """A connector, or a plugin in quarantine: then `info` is None and `error` says why."""

    key: str
    origin: str
    info: ConnectorInfo | None = None
    error: PluginProblem | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.info.title if self.info else self.key

    @property
    def version(self) -> str | None:
        """Its version; None in quarantine."""
        return self.info.version if self.info else None

    @property
    def documentation(self) -> str | None:
        """Where to read about it."""
        return self.info.documentation if self.info else None

    @property
    def settings_schema(self) -> JSON | None:
        """The JSON Schema of its settings, made when it is asked for; None in quarantine."""
        return JSON(self.info.settings_schema) if self.info else None

    @property
    def capabilities(self) -> list[str]:
        """What it can do, in order of name."""
        return sorted(self.info.capabilities) if self.info else []

    @property
    def metrics(self) -> list["MetricEntry"]:
        """What it offers of its own accord."""
        specs = self.info.metrics if self.info else ()
        return [
            MetricEntry(
                key=spec.key,
                title=spec.title,
                unit=spec.unit.kind if spec.unit else None,
                aggregation=spec.aggregation,
                grains=[grain.value for grain in sorted(spec.grains)],
                dimensions=list(spec.dimensions),
            )
            for spec in specs
        ]

    @property
    def limits(self) -> list["LimitEntry"]:
        """What its source allows."""
        limits = self.info.limits if self.info else ()
        return [
            LimitEntry(count=limit.count, seconds=limit.seconds, concurrency=limit.concurrency)
            for limit in limits
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEntry:
    """A metric that a connector offers."""

    key: str
    title: str
    unit: str | None
    aggregation: str | None
    grains: list[str]
    dimensions: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitEntry:
    """How often a source may be asked."""

    count: int
    seconds: int
    concurrency: int | None


def inventory(registry: Registry) -> dict[str, ConnectorEntry]:
    """Give all connectors in order of key, then the plugins in quarantine, by key."""
    working = {
        key: ConnectorEntry(key=key, origin=found.origin, info=found.info)
        for key, found in registry.connectors.items()
    }
    broken = {
        problem.name: ConnectorEntry(key=problem.name, origin=problem.origin, error=problem)
        for problem in registry.problems
        if problem.name not in working
    }
    return working | broken


@strawberry.type(description="Why a plugin can't be used.")
class ConnectorError:
    """The public face of `plugins.problems.PluginProblem`."""

    code: str = described("The kind of problem.")
    reason: str = described("What is wrong, in one line.")
    advice: str = described("What to do about it.")


@strawberry.type(description="A metric that a connector offers.")
class ConnectorMetric:
    """The public face of `MetricEntry`."""

    key: str = described("The connector's name for it.")
    title: str = described("Its title.")
    unit: str | None = described("Its kind of unit; null where the source doesn't say.")
    aggregation: str | None = described("How it aggregates; null where the source doesn't say.")
    grains: list[str] = described("The periods it comes in; empty: any.")
    dimensions: list[str] = described("What it can be broken down by.")


@strawberry.type(description="How often a source may be asked.")
class ConnectorLimit:
    """The public face of `LimitEntry`."""

    count: int = described("How many requests.")
    seconds: int = described("In how many seconds.")
    concurrency: int | None = described("How many at once; null: any number.")


@strawberry.type(description="A plugin that reads a kind of source.")
class Connector:
    """The public face of `ConnectorEntry`."""

    key: str = described("Its name in connections; in quarantine the plugin's.")
    title: str = described("What people call it.")
    version: str | None = described("Its version; null in quarantine.")
    origin: str = described("Where it was found: built in, an installed package, or a file.")
    documentation: str | None = described("Where to read about it; null where nobody said.")
    settings_schema: JSON | None = described(
        "The JSON Schema (2020-12) of a connection's settings; null in quarantine."
    )
    metrics: list[ConnectorMetric] = described(
        "The metrics it offers; empty where they depend on the connection."
    )
    capabilities: list[str] = described("What it can do: HISTORY, DISCOVER, DIMENSIONS.")
    limits: list[ConnectorLimit] = described("How often its source may be asked.")
    error: ConnectorError | None = described("Why it can't be used; null where it can.")
