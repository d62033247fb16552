"""Which journeys have what, as a matrix."""

from collections.abc import Sequence
from decimal import Decimal

import strawberry

from api.context import Reading
from api.errors import BadUserInput, NotFound
from api.fields import attribute, computed, described, maybe
from api.types.enums import public_enum
from api.types.references import JOURNEY
from domain import coverage
from domain.coverage import CoverageAspect
from domain.journey import Journey, JourneyLevel
from domain.view import View

ROWS_AT_MOST = 500
"""Journeys in one matrix; more of them nobody reads, and each is a walk."""

COVERAGE_ASPECT = public_enum(
    CoverageAspect,
    "What a journey can have, in the order of a matrix's columns.",
    OWNER="An owning team.",
    PERSONA="Personas.",
    STEP="Steps.",
    MOMENT_THAT_MATTERS="Moments that matter: steps or micro journeys, or the journey itself.",
    INSIGHT="Insights seen in it.",
    CUSTOMER_GOAL="Goals of customers that it serves.",
    BUSINESS_GOAL="Goals of the business that it serves.",
    EFFECTIVENESS="Success measures of effectiveness.",
    EFFICIENCY="Success measures of efficiency.",
    OPPORTUNITY="Opportunities that improve it, dropped ones left out.",
    SOLUTION="Solutions for these, cancelled ones left out.",
    OBJECTIVE="Objectives that hang on any of these.",
)


def covered(
    view: View,
    reading: Reading,
    *,
    level: JourneyLevel | None = None,
    journeys: list[str] | None = None,
    cycle: str | None = None,
) -> coverage.Coverage:
    """Tell what each journey has, in order of key or in the order asked."""
    asked = reading.cycle_named(cycle)
    rows = [each for each in _asked(view, journeys) if level is None or each.level is level]
    if len(rows) > ROWS_AT_MOST:
        message = (
            f"The matrix would have {len(rows):,} journeys; at most {ROWS_AT_MOST} are possible. "
            "Name those that you ask for by their keys (`journeys`), or their `level`."
        )
        raise BadUserInput(message)
    return coverage.coverage(view, rows, cycle=asked.id if asked else None)


def _asked(view: View, keys: Sequence[str] | None) -> Sequence[Journey]:
    if keys is None:
        return list(view.atlas.all(Journey))
    return [_journey(view, key) for key in dict.fromkeys(keys)]


def _journey(view: View, key: str) -> Journey:
    found = view.atlas.find(key, Journey)
    if found is None:
        message = f"No journey has the key {key!r}."
        raise NotFound(message)
    return found


@strawberry.type(description="How much of an aspect a journey has.")
class CoverageCell:
    """The public face of `domain.coverage.CoverageCell`."""

    aspect: str = described("What is looked for.", graphql_type=COVERAGE_ASPECT)
    own: int = described("How many the journey has itself, on its steps or for them.")
    beneath: int = described(
        "How many more its micro journeys have; always 0 of owner, personas, goals and measures, "
        "which say nothing of the journey above."
    )
    is_covered = computed(attribute("is_covered"), bool, "Whether there is any.")


@strawberry.type(description="A journey's row of the matrix.")
class CoverageRow:
    """The public face of `domain.coverage.CoverageRow`."""

    journey = computed(attribute("journey"), JOURNEY, "The journey.")
    cells: list[CoverageCell] = described("One cell an aspect, in the order of the aspects.")
    share: float = described("The part of the aspects that are covered, 0 to 1.")
    share_exact = computed(attribute("share"), Decimal, "The same number, exact.")


@strawberry.type(description="An aspect over all journeys of the matrix.")
class CoverageTotal:
    """The public face of `domain.coverage.CoverageTotal`."""

    aspect: str = described("What is looked for.", graphql_type=COVERAGE_ASPECT)
    covered: int = described("How many of the journeys have any.")
    share: float | None = described("Their part of all journeys, 0 to 1; null without journeys.")
    share_exact = computed(attribute("share"), maybe(Decimal), "The same number, exact.")


@strawberry.type(description="The coverage of journeys: what they have, and what is missing.")
class Coverage:
    """The public face of `domain.coverage.Coverage`."""

    rows: list[CoverageRow] = described("One row a journey.")
    totals: list[CoverageTotal] = described("One total an aspect, in the order of the aspects.")


COVERAGE = computed(
    covered,
    Coverage,
    "Which journeys have an owner, insights, goals, measures, objectives: the matrix that shows "
    f"where the atlas is blank. At most {ROWS_AT_MOST} journeys, else BAD_USER_INPUT.",
    level="Only journeys of this level; where nothing is said, of both.",
    journeys="Only the journeys with these keys, in this order; where nothing is said, all, in "
    "order of key.",
    cycle="A cycle's key: objectives of it and of the cycles inside it. Where nothing is said, the "
    "atlas's `cycle`, else all active cycles.",
)
"""The field that gives the matrix."""
