"""What a connector's failure is told as, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from domain.source import SourceError
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorBug,
    ConnectorError,
    DataError,
    PlanLimit,
    QuotaExhausted,
    RateLimited,
    TransientError,
    UnknownMetric,
)

LONGEST_PAUSE = timedelta(days=7)
"""What a source may ask for at most when it wants to be left alone; more is its mistake."""

SHORTEST_PAUSE = timedelta(seconds=1)
"""How soon a source that needs time is asked again at the earliest, however soon it says."""


class SwitchedOff(ConnectorBug):
    """An operator switched the connector off: nothing is asked through it, and no circuit opens."""

    code = "SWITCHED_OFF"


ADVICE: Mapping[str, str] = MappingProxyType(
    {
        ConfigError.code: "Correct the connection's settings or the source's parameters.",
        AuthError.code: "Give the connection credentials that the source accepts.",
        AccessDenied.code: "Let the source's administrator give the credentials this right.",
        PlanLimit.code: "The plan at the vendor doesn't include it: change the plan, or unbind.",
        UnknownMetric.code: "Bind another of the source's metrics; discoverMetrics lists them.",
        TransientError.code: "Nothing to do: it is tried again by itself.",
        RateLimited.code: "Nothing to do: it is asked again when the source allows it.",
        QuotaExhausted.code: "It goes on when the quota is filled up; ask less often, or for less.",
        DataError.code: "Look at what the source delivers: it isn't what it promised.",
        ConnectorBug.code: "Report it to whoever wrote the connector.",
        SwitchedOff.code: "Ask whoever runs the server to switch the connector on again.",
    }
)
"""What to do about a failure, by its code."""


def told(failure: ConnectorError, *, at: datetime) -> SourceError:
    """Tell a failure as it is kept and shown."""
    return SourceError(
        code=failure.code,
        fault=failure.fault,
        message=failure.message,
        at=at,
        retry_at=_retry_at(failure, at),
    )


def advice_for(code: str) -> str:
    """Say what to do; of a code that a newer connector may bring, to read the message."""
    return ADVICE.get(code, "Read the message; nothing more is known of this failure here.")


def _retry_at(failure: ConnectorError, at: datetime) -> datetime | None:
    if isinstance(failure, RateLimited | QuotaExhausted) and failure.retry_after is not None:
        return at + min(failure.retry_after, LONGEST_PAUSE)
    return None
