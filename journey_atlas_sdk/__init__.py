"""What the author of a plugin imports; everything in `__all__` is frozen.

observations (what is delivered), connector and context (the contract), settings, units, periods
(calendars and time zones), numbers and moments (strict reading), hooks, errors. By their own names:
delimited (CSV files), observation_rows (rows that hold observations), observation_csv (files of
them), exact_json (JSON without loss), scores (NPS, CSAT, CES), events (counts and medians by
period), web (settings of a source over HTTP), auth and oauth (who asks), terms (of one request),
paging, signatures (of deliveries), unpacking (gzip within bounds), stopping (a driver's work),
testing (fakes for an author's tests).
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
