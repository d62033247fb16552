"""What the author of a plugin imports; everything in `__all__` is frozen.

observations (what is delivered), connector and context (the contract), settings, units, periods
(calendars and time zones), numbers and moments (strict reading), hooks, errors.

Modules that some connectors need are imported by their own names: what is read (delimited,
exact_json, observation_rows, observation_csv, event_rows, queries), what is measured (scores,
surveys, events, series, layers), where and as whom one asks (web, auth, oauth, terms, paging,
warehouses, google_errors), what comes by itself (signatures), programs of the operator (programs,
singer), tests (testing, conformance). All of them: docs/plugin-authors/reference.md.

hosting is the other side: how a host lends, asks and checks, for the product and for the kit that
tests connectors.
"""

from journey_atlas_sdk.connector import (
    Capability,
    Connector,
    ConnectorInfo,
    Delivery,
    Dirty,
    Limit,
    MetricSpec,
    Pending,
    PullReason,
    PullRequest,
)
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorBug,
    ConnectorError,
    DataError,
    Fault,
    PlanLimit,
    QuotaExhausted,
    RateLimited,
    TransientError,
    UnknownMetric,
)
from journey_atlas_sdk.hooks import hookimpl
from journey_atlas_sdk.moments import parse_moment
from journey_atlas_sdk.numbers import parse_decimal, quotient
from journey_atlas_sdk.observations import (
    Dimensions,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    Window,
)
from journey_atlas_sdk.periods import days_of, period_of, periods, start_of_day
from journey_atlas_sdk.settings import Secret, Settings
from journey_atlas_sdk.units import Aggregation, DurationUnit, Unit, UnitKind

__all__ = [
    "AccessDenied",
    "Aggregation",
    "AuthError",
    "Capability",
    "ConfigError",
    "Connector",
    "ConnectorBug",
    "ConnectorError",
    "ConnectorInfo",
    "Context",
    "DataError",
    "Delivery",
    "Dimensions",
    "Dirty",
    "DurationUnit",
    "Fault",
    "Grain",
    "Limit",
    "MetricSpec",
    "Observation",
    "ObservationFlag",
    "ObservationState",
    "Pending",
    "PlanLimit",
    "PullReason",
    "PullRequest",
    "QuotaExhausted",
    "RateLimited",
    "Secret",
    "Settings",
    "TransientError",
    "Unit",
    "UnitKind",
    "UnknownMetric",
    "Window",
    "days_of",
    "hookimpl",
    "parse_decimal",
    "parse_moment",
    "period_of",
    "periods",
    "quotient",
    "start_of_day",
]
