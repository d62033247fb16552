"""Why a pull failed, named by what the host does next.

ConnectorError
├── ConfigError           not retried: the source needs attention until its settings change
│   ├── AuthError         the source doesn't accept the credentials
│   ├── AccessDenied      the credentials don't reach this data
│   ├── PlanLimit         the customer's plan at the vendor doesn't include it
│   └── UnknownMetric     the source has no metric of that name
├── TransientError        retried later with backoff; the last value stays, marked stale
├── RateLimited           asked again after `retry_after`
├── QuotaExhausted        asked again after `retry_after`: hours, so it is rescheduled
├── DataError             not retried: the answer can't be trusted; the last good value stays
└── ConnectorBug          any other exception of a plugin; after three the connector is paused
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Fault(StrEnum):
    """Who can put it right: who set the source up, who runs it, or who wrote the plugin."""

    CUSTOMER = "CUSTOMER"
    VENDOR = "VENDOR"
    PLUGIN = "PLUGIN"


class ConnectorError(Exception):
    """The root. `message` is shown to customers; `detail` is for operators and gets redacted."""

    code: ClassVar[str] = "CONNECTOR_ERROR"
    fault: ClassVar[Fault] = Fault.PLUGIN

    def __init__(self, message: str, *, detail: str | None = None) -> None:
        """Say what was seen, what was expected and what to do; never a secret."""
        _require_type("message", message, str)
        super().__init__(message)
        self.message = message
        self.detail = detail


class ConfigError(ConnectorError):
    """The settings or parameters can't work; nothing is asked again until they change."""

    code = "CONFIG_ERROR"
    fault = Fault.CUSTOMER


class AuthError(ConfigError):
    """The source doesn't accept the credentials (HTTP 401)."""

    code = "AUTH_ERROR"


class AccessDenied(ConfigError):
    """The credentials are good, but don't reach this data (HTTP 403)."""

    code = "ACCESS_DENIED"


class PlanLimit(ConfigError):
    """The customer's plan at the vendor doesn't include it (HTTP 402)."""

    code = "PLAN_LIMIT"


class UnknownMetric(ConfigError):
    """The source has no metric of that name."""

    code = "UNKNOWN_METRIC"

    def __init__(
        self, metric: str, *, known: Sequence[str] = (), detail: str | None = None
    ) -> None:
        """Name the metric asked for and, where the source can tell them, the ones it has."""
        names = f" It has: {', '.join(known)}." if known else ""
        super().__init__(f"The source has no metric {metric!r}.{names}", detail=detail)
        self.metric = metric
        self.known = tuple(known)


class TransientError(ConnectorError):
    """It may work in a while: a time-out, a broken connection, a server's own failure."""

    code = "TRANSIENT_ERROR"
    fault = Fault.VENDOR


class RateLimited(ConnectorError):
    """The source asks to wait. `retry_after` None: it didn't say how long."""

    code = "RATE_LIMITED"
    fault = Fault.VENDOR

    def __init__(
        self,
        message: str = "The source asks to slow down.",
        *,
        retry_after: timedelta | None = None,
        detail: str | None = None,
    ) -> None:
        """Tell how long the source wants to be left alone."""
        super().__init__(message, detail=detail)
        if retry_after is not None:
            _require_type("retry_after", retry_after, timedelta)
        self.retry_after = retry_after


class QuotaExhausted(ConnectorError):
    """The quota of the hour or the day is used up. `retry_after` None: it didn't say until when."""

    code = "QUOTA_EXHAUSTED"
    fault = Fault.VENDOR

    def __init__(
        self,
        message: str = "The source's quota is used up.",
        *,
        retry_after: timedelta | None = None,
        detail: str | None = None,
    ) -> None:
        """Tell when the quota is filled up again."""
        super().__init__(message, detail=detail)
        if retry_after is not None:
            _require_type("retry_after", retry_after, timedelta)
        self.retry_after = retry_after


class DataError(ConnectorError):
    """The source answered, but the answer can't be read as what it promised."""

    code = "DATA_ERROR"
    fault = Fault.VENDOR


class ConnectorBug(ConnectorError):
    """The plugin broke the contract or raised something else; the host wraps it in this."""

    code = "CONNECTOR_BUG"
    fault = Fault.PLUGIN


def _require_type(name: str, given: object, wanted: type) -> None:
    """Refuse what the host could do nothing with: authors' code is not always typed."""
    if not isinstance(given, wanted):
        message = f"`{name}` must be a {wanted.__name__}, got {given!r}."
        raise TypeError(message)
