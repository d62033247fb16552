"""Dates of an atlas file lie in years in which arithmetic on them holds."""

import pytest

from tests.atlas_file.files import Bank


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("0001-01-01", "2026-12-31", id="before the calendar"),
        pytest.param("2026-01-01", "9999-12-31", id="at the calendar's end"),
    ],
)
async def test_a_cycle_out_of_range_is_refused_at_its_place(start: str, end: str) -> None:
    body = f"cycles: [{{key: C, title: C, start: {start}, end: {end}}}]"

    problems = await Bank().refuses(body)

    assert [problem.line for problem in problems] == [3]
    assert "from 1900 to 2999" in problems[0].message
