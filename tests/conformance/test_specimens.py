"""A specimen that no check could use is refused where it is written."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import Given, Golden, Known, World
from journey_atlas_sdk.conformance.measures import (
    count,
    last,
    mean,
    median,
    net_promoter_score,
    share,
    total,
    unique,
)
from journey_atlas_sdk.conformance.specimen import secrets_of
from journey_atlas_sdk.conformance.world import fact
from tests.conformance.honest.survey import Survey
from tests.conformance.honest.survey_fake import specimen


def nothing(_: World) -> Given:
    return {}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(
            lambda: replace(specimen, source=None), "`source` or `lay`", id="no way to its source"
        ),
        pytest.param(lambda: replace(specimen, lay=nothing), "`source` or `lay`", id="two ways"),
        pytest.param(lambda: replace(specimen, measures={}), "a measure of 'score'", id="no truth"),
        pytest.param(
            lambda: Golden(metric="score", grain=Grain.DAY, known=()),
            "at least one known value",
            id="nothing known",
        ),
        pytest.param(
            lambda: Golden(metric="score", grain=Grain.TOTAL, known=(Known("2026-09-01", "1"),)),
            "a grain of the calendar",
            id="no calendar",
        ),
    ],
)
def test_what_is_missing_is_told(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


def test_a_secret_too_short_to_be_found_again_is_refused() -> None:
    with pytest.raises(ValueError, match="Give token at least 8 characters"):
        secrets_of(Survey, {**specimen.settings, "token": "short"})


FACTS = [
    fact(f"2026-09-07T1{n}:00", value, number=n, who=who)
    for n, (value, who) in enumerate([("10", "ada"), ("9", "ada"), ("7", "bob"), ("0", "cy")])
]


@pytest.mark.parametrize(
    ("measure", "value", "of_nothing"),
    [
        pytest.param(count, 4, 0, id="count"),
        pytest.param(total, 26, None, id="total"),  # 10 + 9 + 7 + 0
        pytest.param(mean, 6.5, None, id="mean"),  # 26 / 4
        pytest.param(median, 8, None, id="median"),  # between 7 and 9 of 0, 7, 9, 10
        pytest.param(last, 0, None, id="last"),
        pytest.param(unique, 3, None, id="unique"),  # ada, bob, cy
        pytest.param(net_promoter_score, 25, None, id="NPS"),  # 2 promoters, 1 detractor of 4
        pytest.param(share(lambda number: number > 8), 0.5, None, id="share"),  # 2 of 4
    ],
)
def test_a_measure_tells_the_truth_of_facts(
    measure: Callable[..., object], value: float, of_nothing: float | None
) -> None:
    assert (measure(FACTS), measure([])) == (value, of_nothing)
