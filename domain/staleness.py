"""When a value is too old to be believed: older than twice the time in which a new one was due."""

from datetime import datetime, timedelta

from domain.metric import SECONDS_OF_CADENCE, Cadence, Metric
from domain.value import latest_observed_at
from domain.view import View

PATIENCE = 2
"""How many cadences may pass before an observation is stale."""


def is_older_than_cadence(observed_at: datetime | None, cadence: Cadence, at: datetime) -> bool:
    """Tell whether an observation's end lies more than twice the cadence before a moment.

    Without any observation there is nothing that could be stale: False.
    """
    if observed_at is None:
        return False
    return at - observed_at > timedelta(seconds=PATIENCE * SECONDS_OF_CADENCE[cadence])


def is_stale(view: View, metric: Metric) -> bool:
    """Tell whether a metric's newest undimensioned observation is stale on the view's day."""
    observed_at = latest_observed_at(view, metric)
    return is_older_than_cadence(observed_at, metric.cadence, view.instant)
