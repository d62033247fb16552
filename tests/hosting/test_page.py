"""A connector's facts, as a reader of its page sees them."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from journey_atlas_sdk import (
    Aggregation,
    Capability,
    ConnectorInfo,
    Grain,
    Limit,
    MetricSpec,
    Secret,
    Settings,
    Unit,
    UnitKind,
)
from journey_atlas_sdk.hosting.markdown import put_block, table
from journey_atlas_sdk.hosting.page import facts
from journey_atlas_sdk.hosting.schema_words import fields


class Inner(Settings):
    start: date
    value: int


class Everything(Settings):
    needed: str
    token: Secret | None = None
    mark: Literal[",", " ", "|"] = ","
    size: Annotated[int, Field(ge=1, le=5_000_000)] = 20
    share: Annotated[Decimal, Field(gt=0)] = Decimal("0.5")
    folder: Path | None = Field(default=None, description="Absolute.")
    names: tuple[str, ...] = ()
    is_open: bool = False
    kind: UnitKind = UnitKind.COUNT
    by_name: Mapping[str, str | Inner] = Field(default_factory=dict[str, str | Inner])
    whatever: Any = None  # Any: what a schema says least of


WORDS = {name: (default, takes) for name, default, takes, _ in fields(Everything.json_schema())}


@pytest.mark.parametrize(
    ("name", "default", "takes"),
    [
        ("needed", "needed", "text"),
        ("token", "none", "a secret"),
        ("mark", "`,`", '`,` or `" "` or `|`'),
        ("size", "`20`", "a whole number, at least 1, at most 5,000,000"),
        ("share", "`0.5`", "a number, above 0"),
        ("folder", "none", "a path"),
        ("names", "none", "a list of text"),
        ("is_open", "`false`", "true or false"),
        ("by_name", "none", "{name: text or {`start`, `value`}}"),
        ("whatever", "none", "anything"),
    ],
)
def test_a_setting_is_told_in_words(name: str, default: str, takes: str) -> None:
    assert WORDS[f"`{name}`"] == (default, takes)


def test_a_closed_set_names_its_values() -> None:
    _, takes = WORDS["`kind`"]

    assert takes.split(" or ") == [f"`{kind}`" for kind in UnitKind]


class Question(Settings):
    segment: str | None = Field(default=None, description="One segment alone.")


INFO = ConnectorInfo(
    key="acme",
    title="Acme",
    version="2.1",
    settings=Inner,
    capabilities=frozenset({Capability.HISTORY, Capability.PUSH}),
    limits=(
        Limit(count=60, seconds=3_600),
        Limit(count=1_000, seconds=90, concurrency=5, weight=2),
    ),
    max_window=timedelta(days=90),
    max_points=1_000,
    timeout=timedelta(minutes=2),
    default_max_age=timedelta(days=1),
    metrics=(
        MetricSpec(
            key="nps",
            title="NPS",
            unit=Unit(kind=UnitKind.SCORE),
            aggregation=Aggregation.OPAQUE,
            grains=frozenset({Grain.WEEK, Grain.DAY}),
            minimum=Decimal(-100),
            maximum=Decimal(100),
            dimensions=("channel", "country"),
            parameters=Question,
            restates_for=timedelta(days=3),
        ),
        MetricSpec(key="cost", title="Cost", unit=Unit(kind=UnitKind.MONEY, currency="NOK")),
        MetricSpec(key="any", title="Any"),
    ),
)


@pytest.mark.parametrize(
    "row",
    [
        "| key | `acme` |",
        "| version | 2.1, for contract 1 |",
        "| capabilities | answers for the past (`HISTORY`); takes deliveries (`PUSH`) |",
        (
            "| limits | 60 requests in 1 hour;"
            " 1,000 requests in 90 seconds, 5 at once, a request counts as 2 |"
        ),
        "| one pull | ends after 2 minutes; covers at most 90 days; covers at most 1,000 periods |",
        "| a value is fresh for | 1 day |",
        "| asked at most every | 1 minute |",
        "| `start` | needed | a day |  |",
        (
            "| `nps` | NPS | `SCORE` | `OPAQUE` over several periods; by `DAY`, `WEEK`;"
            " at least -100; at most 100;"
            " broken down by `channel`, `country`; may change for 3 days |"
        ),
        "| `cost` | Cost | `MONEY` NOK |  |",
        "| `any` | Any | that of the metric it feeds |  |",
        "| `segment` | none | text | One segment alone. |",
    ],
)
def test_the_facts_have_a_row_for_each(row: str) -> None:
    assert row in facts(INFO).splitlines()


def test_a_block_is_renewed_and_the_prose_around_it_stays() -> None:
    page = put_block("# Acme\n\nProse.\n", "facts", "old\n") + "\nMore prose.\n"

    renewed = put_block(page, "facts", "new\n")

    assert renewed == (
        "# Acme\n\nProse.\n\n<!-- generated: facts -->\nnew\n<!-- end of facts -->\n\nMore prose.\n"
    )


def test_blocks_of_other_names_are_left_alone() -> None:
    page = put_block(put_block("", "index", "one\n"), "results", "two\n")

    assert put_block(page, "results", "two\n") == page
    assert page.index("one") < page.index("two")


def test_a_block_without_its_end_swallows_nothing() -> None:
    with pytest.raises(ValueError, match="end of facts"):
        put_block("<!-- generated: facts -->\nProse that would be lost.\n", "facts", "new\n")


def test_a_cell_can_hold_a_bar_and_a_line_break() -> None:
    assert table(("a", "b"), [("x|y", "one\ntwo")]).splitlines()[-1] == "| x\\|y | one two |"
