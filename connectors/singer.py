"""Singer taps: programs in environments of their own, whose records become observations.

How a tap is installed, and what of its records counts, is told in docs/connectors/singer.md.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractContextManager, closing
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    Settings,
    Unit,
    Window,
    hookimpl,
)
from journey_atlas_sdk.event_rows import Column, Conditions, EventReader, Events, fits, text_of
from journey_atlas_sdk.exact_json import read_number
from journey_atlas_sdk.observation_rows import (
    OWN_COLUMNS,
    REQUIRED,
    NumberedRow,
    RowParameters,
    RowReader,
)
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings, looks_secret
from journey_atlas_sdk.singer import CatalogOption, Tap, secret_object, tap_with
from journey_atlas_sdk.singer_catalog import Catalog
from journey_atlas_sdk.singer_messages import LatestRecords

_LONGEST_RUN: Final = timedelta(minutes=30)
_A_DAY: Final = timedelta(days=1)


def _open(config: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Refuse a key that looks secret: what stands here is shown to everybody."""
    secret = [name for name in config if looks_secret(name)]
    if secret:
        message = f"Write {', '.join(secret)} into `secret_config`."
        raise ValueError(message)
    return config


class _Records(Settings):
    """Which records of the tap count."""

    stream: Annotated[str, Field(min_length=1, description="As the tap's catalog calls it.")]
    where: Conditions = Field(
        default_factory=dict[str, None], description="What a record must have in its columns."
    )
    metadata: Mapping[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        description="Of the stream, laid over the catalog's: `{replication-method: FULL_TABLE}`.",
    )


class MetricRows(_Records):
    """A record is an observation."""

    columns: Mapping[str, Column] = Field(
        description="By an observation's field (`period_start` and `value` are needed) or by "
        "dimension: where it stands in a record."
    )
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if not set(REQUIRED) <= set(self.columns) or "metric" in self.columns:
            message = f"`columns` needs {' and '.join(REQUIRED)}, and has no `metric`."
            raise ValueError(message)
        return self

    @property
    def reads(self) -> set[str]:
        """The columns of a record that are looked at."""
        return {*self.columns.values(), *self.where}

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is."""
        return MetricSpec(
            key=metric,
            title=metric,
            unit=self.unit,
            dimensions=tuple(sorted(set(self.columns) - OWN_COLUMNS)),
            parameters=RowParameters,
            restates_for=restates_for,
        )

    def answer(
        self, rows: Iterable[NumberedRow], request: PullRequest, spec: MetricSpec, *, now: datetime
    ) -> list[Observation]:
        """Give the rows of exactly the asked dimensions, oldest first."""
        reader = RowReader(request=request, now=now - spec.restates_for, number=read_number)
        return reader.answer(map(self._renamed, rows))

    def _renamed(self, row: NumberedRow) -> NumberedRow:
        cells = {
            name: row.cells[column] if name in OWN_COLUMNS else text_of(row, column)
            for name, column in self.columns.items()
        }
        return NumberedRow(row.metric, row.number, cells)


class EventRows(_Records, Events):
    """A record is something that happened."""

    @property
    def reads(self) -> set[str]:
        """The columns of a record that are looked at."""
        return {*super().columns, *self.where}

    def answer(
        self, rows: Iterable[NumberedRow], request: PullRequest, spec: MetricSpec, *, now: datetime
    ) -> list[Observation]:
        """Give what the rows amount to in each period, oldest first."""
        reader = EventReader(events=self, spec=spec, request=request, now=now, number=read_number)
        return reader.answer(rows)


Metric = MetricRows | EventRows


class SingerSettings(RestatingSettings):
    """Which of the operator's taps runs, how it is configured, and what of it each metric is."""

    tap: str = Field(description="The name of its program, one of the server's operator's.")
    config: Annotated[Mapping[str, JsonValue], AfterValidator(_open)] = Field(
        default_factory=dict[str, JsonValue],
        description="The tap's own configuration, without what is secret in it.",
    )
    secret_config: Secret | None = Field(
        default=None, description="A JSON object, laid over `config`: its keys and passwords."
    )
    metrics: Mapping[str, Metric] = Field(
        min_length=1, description="By metric: records that are observations, or things that happen."
    )
    start_date_key: str | None = Field(
        default="start_date",
        description="The key of the tap's configuration that says from when on; null: it has none.",
    )
    end_date_key: str | None = Field(
        default=None, description="The key that says until when, where the tap has one."
    )
    catalog: Catalog | None = Field(
        default=None, description="As `--discover` prints it; left out: asked for at each pull."
    )
    catalog_option: CatalogOption | None = Field(
        default="catalog", description="How the tap takes its catalog; null: it takes none."
    )
    restates_days: RestatesDays = Field(
        default=1, description="For how long records may come late: so long it is provisional."
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=_LONGEST_RUN.seconds)] = Field(
        default=300, description="After which a run of the tap is ended."
    )
    max_records: Annotated[int, Field(ge=1, le=50_000_000)] = Field(
        default=2_000_000, description="Of one pull; more are refused, not cut short."
    )


class Singer(Connector[SingerSettings]):
    """Runs a tap for each pull, from the window's start on; nothing of it is kept between two."""

    info = ConnectorInfo(
        key="singer",
        title="Singer tap",
        version="1.0.0",
        settings=SingerSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        default_max_age=timedelta(hours=6),
        min_interval=timedelta(minutes=5),
        timeout=2 * _LONGEST_RUN + timedelta(minutes=1),  # to discover, then to read
        documentation="docs/connectors/singer.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give what the tap's records of the window amount to, oldest first."""
        metric = request.chosen(self.settings.metrics)
        spec = self._spec(request.metric, metric)
        spec.require_answers(request)
        read = partial(self._answer, metric, spec, request, context)
        for observation in await context.blocking(read):
            yield observation

    async def check(self, context: Context) -> None:
        """Look for every stream in the catalog, and run the tap until the first one's beginning."""
        await context.blocking(partial(self._check, context))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics of the settings."""
        del context
        return [self._spec(metric, each) for metric, each in sorted(self.settings.metrics.items())]

    def _spec(self, key: str, metric: Metric) -> MetricSpec:
        return metric.spec(key, restates_for=timedelta(days=self.settings.restates_days))

    def _answer(
        self, metric: Metric, spec: MetricSpec, request: PullRequest, context: Context
    ) -> list[Observation]:
        most = self.settings.max_records
        with self._tap(request.window, context) as tap, closing(LatestRecords(most)) as latest:
            with closing(tap.told(metric.stream, metric.reads, metric.metadata)) as told:
                latest.keep(told)
            rows = latest.rows(metric.stream, metric.reads)
            counted = (row for row in rows if fits(row, metric.where))
            return metric.answer(counted, request, spec, now=context.now())

    def _check(self, context: Context) -> None:
        now, metrics = context.now(), self.settings.metrics
        with self._tap(Window(now - _A_DAY, now), context) as tap:
            for each in metrics.values():
                tap.require(each.stream, each.reads)
            first = metrics[min(metrics)]
            with closing(tap.told(first.stream, first.reads, first.metadata)) as told:
                next(told, None)

    def _tap(self, window: Window, context: Context) -> AbstractContextManager[Tap]:
        settings = self.settings
        return tap_with(
            self._config(window, context),
            context.program(settings.tap),
            context,
            seconds=settings.timeout_seconds,
            option=settings.catalog_option,
            catalog=settings.catalog,
        )

    def _config(self, window: Window, context: Context) -> dict[str, JsonValue]:
        settings = self.settings
        secret = secret_object("secret_config", context) if settings.secret_config else {}
        asked = {settings.start_date_key: window.start, settings.end_date_key: window.end}
        dates = {key: f"{at:%Y-%m-%dT%H:%M:%SZ}" for key, at in asked.items() if key is not None}
        return {**settings.config, **secret, **dates}


@hookimpl
def atlas_connectors() -> list[type[Singer]]:
    """Bring the connector for Singer taps."""
    return [Singer]
