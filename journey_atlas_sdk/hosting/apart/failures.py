"""A contract's error told to another process, and raised there as it was."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from journey_atlas_sdk.errors import (
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
from journey_atlas_sdk.hosting.failures import Missing
from journey_atlas_sdk.hosting.gate import OutOfTurn

_PLAIN: Final[dict[str, type[ConnectorError]]] = {
    kind.__name__: kind
    for kind in (
        *(ConfigError, AuthError, AccessDenied, PlanLimit, Missing),
        *(TransientError, DataError, ConnectorBug),
    )
}
_WAITING: Final[dict[str, type[RateLimited | QuotaExhausted]]] = {
    kind.__name__: kind for kind in (RateLimited, QuotaExhausted)
}
_OTHER: Final = (UnknownMetric.__name__, OutOfTurn.__name__)
_KNOWN: Final = frozenset((*_PLAIN, *_WAITING, *_OTHER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error of the contract; `error` is its class, of an author's own the nearest that we know.

    `retry_after`, `metric` and `known` are None or empty where its class has none.
    """

    kind: Literal["failure"] = "failure"
    error: str
    message: str
    detail: str | None = None
    retry_after: timedelta | None = None
    metric: str | None = None
    known: tuple[str, ...] = ()

    def again(self) -> ConnectorError:
        """Make the error anew."""
        if self.error == OutOfTurn.__name__ and self.retry_after is not None:
            return OutOfTurn(self.message, self.retry_after)
        if self.error == UnknownMetric.__name__ and self.metric is not None:
            return UnknownMetric(self.metric, known=self.known, detail=self.detail)
        if waiting := _WAITING.get(self.error):
            return waiting(self.message, retry_after=self.retry_after, detail=self.detail)
        return _PLAIN.get(self.error, ConnectorBug)(self.message, detail=self.detail)


def failure_of(error: ConnectorError) -> Failure:
    """Tell an error."""
    names = (kind.__name__ for kind in type(error).__mro__)
    told = Failure(
        error=next((name for name in names if name in _KNOWN), ConnectorBug.__name__),
        message=error.message,
        detail=error.detail,
    )
    match error:
        case RateLimited() | QuotaExhausted():
            return replace(told, retry_after=error.retry_after)
        case UnknownMetric():
            return replace(told, metric=error.metric, known=error.known)
        case _:
            return told
