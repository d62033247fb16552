"""Whether a source's numbers fit a metric: exact conversion, or a refusal."""

from decimal import Decimal

import pytest

from domain import metric as domain
from ingest.binding import exact_factor
from journey_atlas_sdk import ConfigError, Unit, UnitKind


def given(kind: str, currency: str | None = None, per: int | None = None) -> Unit:
    return Unit(kind=UnitKind(kind), currency=currency, per=per)


def wanted(kind: str, currency: str | None = None, per: int | None = None) -> domain.Unit:
    return domain.Unit(kind=domain.UnitKind(kind), currency=currency, per=per)


@pytest.mark.parametrize(
    ("source", "metric", "factor"),
    [
        pytest.param(given("RATIO"), wanted("PERCENT"), "100", id="0.44 is 44 %"),
        pytest.param(given("PERCENT"), wanted("RATIO"), "0.01", id="44 % is 0.44"),
        pytest.param(given("RATE", per=1000), wanted("RATE", per=10_000), "10", id="per 10k"),
        pytest.param(given("RATE", per=10_000), wanted("RATE", per=1000), "0.1", id="per 1k"),
        pytest.param(given("COUNT"), wanted("NUMBER"), "1", id="a count is a number"),
        pytest.param(given("MONEY", "NOK"), wanted("MONEY", "NOK"), "1", id="same currency"),
        pytest.param(given("DURATION"), wanted("DURATION"), "1", id="seconds are seconds"),
    ],
)
def test_units_that_meet_exactly_are_converted(
    source: Unit, metric: domain.Unit, factor: str
) -> None:
    assert exact_factor(source, metric) == Decimal(factor)


@pytest.mark.parametrize(
    ("source", "metric"),
    [
        pytest.param(given("MONEY", "NOK"), wanted("MONEY", "EUR"), id="another currency"),
        pytest.param(given("NUMBER"), wanted("PERCENT"), id="a bare number as a percentage"),
        pytest.param(given("RATE", per=3000), wanted("RATE", per=1000), id="a third is not exact"),
        pytest.param(given("COUNT"), wanted("DURATION"), id="a count as a duration"),
    ],
)
def test_units_that_dont_meet_are_refused(source: Unit, metric: domain.Unit) -> None:
    with pytest.raises(ConfigError):
        exact_factor(source, metric)
