"""Series and marks as a client asks for them."""

from datetime import date
from pathlib import Path

import pytest

from api.errors import BadUserInput
from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn
from tests.builders import a_metric, a_source, an_atlas, an_observation

EXAMPLE = Path(__file__).parents[2] / "examples/queries/metric-by-week-with-releases.graphql"

WEEKS = """
  query ($from: Date!, $to: Date!) {
    atlas { metrics(first: 200) { nodes { series(from: $from, to: $to) { value } } } }
  }
"""


def a_bank(size: int) -> Api:
    records = [
        record
        for number in range(size)
        for record in (a_metric(f"MT-{number}"), a_source(f"MT-{number}"))
    ]
    observed = [
        an_observation(number, metric=f"MT-{number}", end=date(2026, 11, 2))
        for number in range(size)
    ]
    return an_api(an_atlas(*records), observed)


@pytest.mark.parametrize(
    ("size", "start"),
    [
        pytest.param(2, "2026-11-01", id="2 metrics, 4 weeks"),
        pytest.param(20, "2025-11-24", id="20 metrics, 52 weeks"),
    ],
)
async def test_all_series_of_a_query_are_one_statement(size: int, start: str) -> None:
    api = a_bank(size)

    data = await api.ask(WEEKS, **{"from": start, "to": "2026-11-22"})

    found = [each["series"] for each in data["atlas"]["metrics"]["nodes"]]
    seen = [[point["value"] for point in series if point["value"] is not None] for series in found]
    assert sorted(seen) == [[number] for number in range(size)]
    assert api.views.statements == 1


SERIES = '{ atlas { metric(key: "MT-1") { series(from: "2026-10-19", %s) { %s } } } }'
OBSERVED = [
    an_observation(2, end=date(2026, 10, 26)),
    an_observation(4, end=date(2026, 11, 9)),
]


async def series(arguments: str, fields: str) -> list[Json]:
    api = an_api(an_atlas(a_metric(), a_source()), OBSERVED)
    data = await api.ask(SERIES % (arguments, fields))
    points: list[Json] = data["atlas"]["metric"]["series"]
    return points


async def test_points_are_filled_and_compared_as_asked() -> None:
    points = await series(
        'to: "2026-11-08", grain: WEEK, fill: LINEAR, compareTo: PREVIOUS_PERIOD',
        "label value isFilled reason { code } compared change relativeChange",
    )

    measured = {"isFilled": False, "reason": None}
    alone = {"compared": None, "change": None, "relativeChange": None}
    assert points == [
        {"label": "2026-W43", "value": 2, **measured, **alone},
        {  # half way from 2 to 4
            "label": "2026-W44",
            "value": 3,
            "isFilled": True,
            "reason": {"code": "NO_OBSERVATION"},
            **alone,
        },
        {"label": "2026-W45", "value": 4, **measured, **alone},
    ]


async def test_another_zone_and_fiscal_year_cut_other_buckets() -> None:
    points = await series(
        'to: "2026-11-08", grain: QUARTER, timeZone: "UTC", fiscalYearStart: 11', "label start"
    )

    assert points == [
        {"label": "FY2026-Q4", "start": "2026-08-01T00:00:00+00:00"},
        {"label": "FY2027-Q1", "start": "2026-11-01T00:00:00+00:00"},
    ]


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        pytest.param('to: "2026-10-01"', "ends before", id="backwards"),
        pytest.param('timeZone: "Mars/Olympus"', "Mars/Olympus", id="no zone"),
        pytest.param('timeZone: "../passwd"', "../passwd", id="no zone but a path"),
        pytest.param("fiscalYearStart: 13", "from 1 to 12", id="no month"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(arguments: str, seen: str) -> None:
    api = an_api(an_atlas(a_metric()))

    [error] = await api.errors(SERIES % (arguments, "value"))

    assert (error["extensions"]["code"], seen in error["message"]) == (BadUserInput.code, True)


async def test_too_long_a_series_names_the_limit() -> None:
    api = an_api(an_atlas(a_metric()))

    [error] = await api.errors(
        '{ atlas { metric(key: "MT-1") { series(from: "2020-01-01", grain: DAY) { value } } } }'
    )

    assert error["extensions"]["code"] == BadUserInput.code
    assert "at most 1,000 points in a series are possible" in error["message"]


async def test_marks_that_end_before_they_begin_are_refused() -> None:
    api = an_api(an_atlas(a_metric()))

    [error] = await api.errors(
        """{ atlas { metric(key: "MT-1") {
          marks(from: "2026-02-01", to: "2026-01-01") { title }
        } } }"""
    )

    assert error["extensions"]["code"] == BadUserInput.code


@pytest.fixture
def sample() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


async def test_the_sample_shows_a_metric_by_week_with_the_releases_of_its_solutions(
    sample: Api,
) -> None:
    metric = (await sample.ask(EXAMPLE.read_text()))["atlas"]["metric"]

    values = {point["label"]: point["value"] for point in metric["series"]}
    assert (len(values), values["2026-W36"], values["2026-W46"]) == (12, 39.7, 43.8)
    released = [(mark["date"], mark["node"]["key"]) for mark in metric["marks"]]
    assert released == [("2026-09-15", "S9"), ("2026-10-05", "S6")]
    assert {mark["kind"] for mark in metric["marks"]} == {"RELEASE"}
