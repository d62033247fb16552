"""What `atlas tree` and `atlas explain` print: legible without colour, no number cut."""

import io
from datetime import date
from decimal import Decimal

import pytest
from rich.console import Console

from api.cli.branches import Shape, branches, roots_of
from api.cli.explained import numbers_of, status_for
from api.cli.explaining import as_data, draw, find
from api.cli.marks import mark, percent
from api.cli.output import Json
from api.cli.tree import draw as draw_tree
from api.errors import CommandError
from domain.health import HealthState
from domain.metric import Aggregation, UnitKind, Window, WindowKind
from domain.node import Node
from domain.policies import StatusCode
from domain.view import View
from tests.builders import Fields, a_metric, a_source, a_view, an_atlas, an_observation
from tests.unit.sample import the_sample_view

WIDE = 200


def printed_tree(width: int = WIDE, *, is_terminal: bool = False) -> str:
    view = the_sample_view()
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=is_terminal, highlight=False)
    found = branches(view, roots_of(view), Shape(key_results=True))
    draw_tree(console, view, found, None)
    return file.getvalue()


def line_of(key: str, text: str) -> str:
    return next(line for line in text.splitlines() if f" {key} " in line)


def explained(key: str, *, policy: str | None = None, view: View | None = None) -> str:
    seen = view or the_sample_view()
    node = find(seen, key)
    file = io.StringIO()
    console = Console(file=file, width=WIDE, highlight=False)
    draw(console, seen, node, numbers_of(seen, node), status_for(seen, node, policy))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def data_of(key: str) -> Json:
    view = the_sample_view()
    node: Node = find(view, key)
    return as_data(view, node, numbers_of(view, node), status_for(view, node, None))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param("O1", ["█████░░░░░  57.5 %", "89.0 %", "■ off track"], id="behind"),
        pytest.param("O7", ["░░░░░░░░░░       –", "? no data"], id="nothing known"),
        pytest.param("O4-KR1", ["100.0 % (121.0 %)", "✔ achieved"], id="beyond its target"),
        pytest.param("O2-KR3", ["0.0 % (−20.0 %)"], id="worse than at its start"),
        pytest.param("O11-KR2", ["(guardrail)", "■ off track"], id="a breached guardrail"),
        pytest.param("BG2", ["mean of 1/2", "47.0 %"], id="a mean of what is known"),
        pytest.param("S1", ["released 2026-10-12"], id="a released solution"),
    ],
)
def test_a_line_of_the_tree_tells_progress_and_status_in_words(key: str, told: list[str]) -> None:
    line = line_of(key, printed_tree())

    assert [part for part in told if part not in line] == []


def test_the_tree_counts_its_objectives_by_status() -> None:
    last = printed_tree().splitlines()[-1]

    # O3, O4 on track; O5, O10, O11 at risk; O1, O2 off track; O7 without data
    assert last == "8 objectives  1 ? no data  2 ● on track  3 ▲ at risk  2 ■ off track"


def test_a_narrow_terminal_cuts_titles_visibly_and_numbers_never() -> None:
    text = printed_tree(width=80)

    assert max(map(len, text.splitlines())) <= 80
    assert "…" in text
    assert "57.5 %" in text
    assert "■ off track" in text


def test_colours_come_on_a_terminal_and_go_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = printed_tree(is_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = printed_tree(is_terminal=True)

    assert "\x1b[31m■ off track" in coloured
    assert "\x1b[31m" not in plain
    assert "■ off track" in plain


def test_no_two_statuses_look_the_same_without_colour() -> None:
    assert len({mark(code).plain[0] for code in StatusCode}) == len(StatusCode)
    assert len({mark(state).plain[0] for state in HealthState}) == len(HealthState)


def test_a_percentage_keeps_one_decimal_and_the_sign() -> None:
    assert [percent(share) for share in (Decimal("0.5"), Decimal("-0.2"), None)] == [
        "50.0 %",
        "−20.0 %",
        "–",
    ]


def test_a_key_result_is_explained_down_to_its_observation() -> None:
    text = explained("O3-KR1")

    # (44.2 - 40) / (48 - 40) = 0.525
    assert "progress  0.5250" in text
    assert "formula: (value - baseline) / (target - baseline)" in text
    assert "40 %" in line_of("baseline", text)
    assert "44.2 %" in line_of("value", text)
    assert "2026-11-22 00:00" in line_of("value", text)
    assert "why: 0.5250 against 0.5652 expected: 0.93 of it." in text


def test_counts_of_periods_have_no_unit() -> None:
    lines = explained("O5-KR1").splitlines()
    met = next(line for line in lines if "met periods  " in line)
    bound = next(line for line in lines if "lower bound" in line)

    assert met.split()[:3] == ["met", "periods", "5"]
    assert "95 %" in bound
    assert "%" not in met


def test_an_objective_names_weights_and_what_it_leaves_out() -> None:
    text = explained("O3")

    assert line_of("O3-KR1", text).split() == ["O3-KR1", "0.5250", "2"]
    assert "left out: O3-KR3, GUARDRAIL" in text


def test_another_policy_gives_another_status_and_says_so() -> None:
    assert "▲ at risk" in explained("O10")
    assert "● on track" in explained("O10", policy="pace-gap")
    assert "policy: pace-gap (at_risk_points 25, on_track_points 10" in explained(
        "O10", policy="pace-gap"
    )


def test_an_anchor_has_its_own_objectives_and_those_beneath() -> None:
    numbers = {each["name"]: each["exact"] for each in data_of("OP1")["numbers"]}

    # O3 is 0.55, O11 beneath 4.5 / 7
    assert round(numbers["own objectives"], 4) == Decimal("0.5500")
    assert round(numbers["objectives beneath"], 4) == Decimal("0.6429")
    assert round(numbers["all of these"], 4) == Decimal("0.5964")
    assert numbers["delivery"] == 1


def test_the_json_is_complete_enough_to_compute_again() -> None:
    number = data_of("O3-KR1")["numbers"][0]
    given = {each["name"]: each["exact"] for each in number["inputs"]}

    way = given["target"] - given["baseline"]
    assert (given["value"] - given["baseline"]) / way == number["exact"]
    assert number["inputs"][2]["metric"] == "MT-PREAPP"


@pytest.mark.parametrize(
    ("aggregation", "value", "formula"),
    [
        pytest.param(Aggregation.LAST, "30", "last value", id="last"),
        pytest.param(Aggregation.SUM, "40", "sum of values", id="10 + 30"),
        pytest.param(Aggregation.MEAN, "20", "sum of values / observations", id="40 / 2"),
        pytest.param(Aggregation.MAX, "30", "largest value", id="max"),
        pytest.param(Aggregation.MIN, "10", "smallest value", id="min"),
        pytest.param(
            Aggregation.WEIGHTED_MEAN,
            "25",
            "sum of value x sample size / sum of sample sizes",
            id="(10 x 1 + 30 x 3) / 4",
        ),
        pytest.param(
            Aggregation.RATIO,
            "0.25",
            "sum of numerators / sum of denominators",
            id="(1 + 4) / (4 + 16)",
        ),
    ],
)
def test_a_metrics_value_is_explained_by_its_aggregation(
    aggregation: Aggregation, value: str, formula: str
) -> None:
    metric = a_metric(
        "MT-1",
        unit=UnitKind.COUNT,
        aggregation=aggregation,
        window=Window(kind=WindowKind.TRAILING, days=60),
    )
    first: dict[str, Fields] = {"numerator": Decimal(1), "denominator": Decimal(4)}
    second: dict[str, Fields] = {"numerator": Decimal(4), "denominator": Decimal(16)}
    view = a_view(
        an_atlas(metric, a_source("MT-1")),
        observations=[
            an_observation(10, metric="MT-1", end=date(2026, 11, 8), sample_size=1, **first),
            an_observation(30, metric="MT-1", end=date(2026, 11, 15), sample_size=3, **second),
        ],
    )

    text = explained("MT-1", view=view)

    assert f"value  {value}\n" in text
    assert f"formula: {formula}\n" in text


def test_an_unknown_key_is_answered_with_keys_like_it() -> None:
    with pytest.raises(CommandError, match="Did you mean O3-KR1"):
        find(the_sample_view(), "o3-kr1")


def test_a_node_without_a_number_is_refused_with_the_kinds_that_have_one() -> None:
    with pytest.raises(CommandError, match=r"is a cycle and has no number.*key result"):
        find(the_sample_view(), "FY26")
