"""What a semantic layer tells by its own names becomes observations."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from journey_atlas_sdk import DataError, Grain, Observation, ObservationState
from journey_atlas_sdk.layers import LayerReport, LayerRow, LayerSettings
from tests.plugins.questions import a_question, days

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


class Visits(LayerReport):
    """How many came, by the layer's names `Visits.count` and `Visits.channel`."""

    @property
    def columns(self) -> dict[str, str]:
        return {"value": "Visits.count"}


VISITS = Visits.read({"dimensions": {"channel": "Visits.channel"}})


def answered(*rows: LayerRow, by: tuple[str, ...] = ()) -> list[Observation]:
    question = a_question(
        "visits", grain=Grain.DAY, window=days("2026-11-01", "2026-11-03"), dimensions=by
    )
    spec = VISITS.spec("visits", restates_for=timedelta(days=1))
    return VISITS.observations(rows, question, spec, time="Visits.day", now=NOW)


def test_a_row_is_told_by_our_names_and_settled_once_it_no_longer_changes() -> None:
    first, second = answered(
        {"Visits.day": "2026-11-02", "Visits.count": "7"},
        {"Visits.day": "2026-11-01", "Visits.count": 12},
    )

    assert (first.value, first.state) == (Decimal(12), ObservationState.FINAL)
    assert (second.value, second.state) == (Decimal(7), ObservationState.PROVISIONAL)


def test_the_case_of_a_layers_names_does_not_count() -> None:
    row = {"VISITS.DAY": "2026-11-01", "visits.count": 12, "visits.CHANNEL": "web"}

    (found,) = answered(row, by=("channel",))

    assert (found.value, found.dimensions) == (Decimal(12), (("channel", "web"),))


def test_a_name_that_is_missing_is_told() -> None:
    with pytest.raises(DataError, match=r"without Visits\.channel, Visits\.count"):
        answered({"Visits.day": "2026-11-01"}, by=("channel",))


def test_the_metrics_that_have_a_report_are_listed() -> None:
    source = {"url": "https://layer.test", "reports": {"visits": VISITS}}

    (spec,) = LayerSettings[Visits].read(source).specs()

    assert (spec.key, spec.dimensions) == ("visits", ("channel",))
    assert spec.restates_for == timedelta(days=2)
