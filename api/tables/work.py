"""What is done: opportunities with delivery and outcome, and solutions."""

from datetime import date

from api.context import Reading
from api.tables.columns import Columns, number
from api.tables.nodes import ON_A_DAY, OwnedRow, node_table
from api.types.links import named_in
from api.types.opportunity import divergence, opportunity_statement
from domain.anchor import AnchorScore, anchor_progress
from domain.delivery import Delivery, delivery
from domain.insight import Insight
from domain.links import Relation
from domain.opportunity import Opportunity, Priority
from domain.solution import Solution
from domain.view import remembered

opportunity = Columns[Opportunity]()
solution = Columns[Solution]()
either = Columns[Opportunity | Solution]()

UNSCORED = Priority()


def outcome_of(record: Opportunity | Solution, reading: Reading) -> AnchorScore:
    """Give what the objectives on it come to, in the asked cycle or all active ones."""
    cycle = None if reading.cycle is None else reading.cycle.id
    return anchor_progress(reading.view, record.id, cycle=cycle).own


def delivery_of(record: Opportunity, reading: Reading) -> Delivery:
    """Give how many of its solutions are out, counted once for all columns."""
    view = reading.view
    return remembered(view, ("delivery", record.id), lambda: delivery(view, record))


def scores_of(record: Opportunity) -> Priority:
    """Give what people think it is worth; nothing where nobody scored it."""
    return record.priority or UNSCORED


def divergence_of(record: Opportunity, reading: Reading) -> str | None:
    """Tell where delivery and outcome part."""
    found = divergence(record, reading)
    return None if found is None else found.value


class OutcomeRow:
    """Columns of what the objectives on something come to."""

    objective_count = either.of(
        int,
        "How many objectives of the asked cycle, else of all active ones, hang on it.",
        lambda record, reading: len(outcome_of(record, reading).objectives),
    )
    outcome = either.maybe(
        float,
        "The mean progress of these objectives, 0 to 1: did anything move? Null where none has a "
        "value.",
        lambda record, reading: number(outcome_of(record, reading).value),
    )
    outcome_coverage = either.of(
        float,
        "The part, 0 to 1, of these objectives that has a value.",
        lambda record, reading: number(outcome_of(record, reading).data_coverage),
    )


class OpportunityRow(OwnedRow, OutcomeRow):
    """An opportunity on a day, with its scores, its delivery and its outcome."""

    statement = opportunity.of(
        str,
        "The whole sentence: in which journey, which change, to which end.",
        opportunity_statement,
    )
    change = opportunity.of(str, 'The change, as it completes "we will".', lambda o, _: o.change)
    aspects = opportunity.of(
        str,
        "What it changes (PATH, PERCEPTION), with commas between; empty where nobody said.",
        lambda o, _: ",".join(o.aspects),
    )
    persona_id, persona_key, persona_title = opportunity.node(
        "the persona whose path it is", named_in("persona"), null="for anyone's"
    )
    status = opportunity.of(
        str,
        "How far it has come: IDENTIFIED, PRIORITISED, IN_DELIVERY, DONE or DROPPED.",
        lambda o, _: o.status.value,
    )
    hypothesis = opportunity.of(
        str,
        "What is known of the belief behind it: UNTESTED, VALIDATED or REFUTED.",
        lambda o, _: o.hypothesis.value,
    )
    confidence = opportunity.maybe(
        float,
        "How sure a person is that it works, 0 to 1; null where nobody said.",
        lambda o, _: number(o.confidence),
    )
    customer_value = opportunity.maybe(
        float,
        "What it is worth to customers, 0 to 100; null where nobody scored it.",
        lambda o, _: number(scores_of(o).customer_value),
    )
    business_value = opportunity.maybe(
        float,
        "What it is worth to the business, 0 to 100; null where nobody scored it.",
        lambda o, _: number(scores_of(o).business_value),
    )
    effort = opportunity.maybe(
        float,
        "What it takes, 0 to 5; null where nobody scored it.",
        lambda o, _: number(scores_of(o).effort),
    )
    insight_count = opportunity.of(
        int,
        "How many insights speak for it.",
        lambda o, reading: len(reading.view.atlas.sources(o.id, Relation.SUPPORTS, Insight)),
    )
    solution_count = opportunity.of(
        int,
        "How many solutions that aren't cancelled address it.",
        lambda o, reading: len(delivery_of(o, reading).counted),
    )
    released_count = opportunity.of(
        int,
        "How many of these were released by the asked day.",
        lambda o, reading: len(delivery_of(o, reading).released),
    )
    delivery = opportunity.maybe(
        float,
        "`releasedCount` / `solutionCount`, 0 to 1; null without a solution. It never counts as "
        "progress.",
        lambda o, reading: number(delivery_of(o, reading).value),
    )
    divergence = opportunity.maybe(
        str,
        "Where delivery and outcome part: SHIPPED_NOT_MOVED or MOVED_NOT_SHIPPED; null where they "
        "don't, or where the outcome isn't known.",
        divergence_of,
    )


class SolutionRow(OwnedRow, OutcomeRow):
    """A solution on a day, with its outcome."""

    kind = solution.of(
        str,
        "What it is: FEATURE, SERVICE, POLICY, CONTENT or PLATFORM.",
        lambda s, _: s.solution_kind.value,
    )
    status = solution.of(
        str,
        "How far it has come: IDEA, APPROVED, BUILDING, RELEASED or CANCELLED.",
        lambda s, _: s.status.value,
    )
    released_on = solution.maybe(
        date, "The day of its release; null before, or unknown.", lambda s, _: s.released_at
    )
    link = solution.maybe(
        str, "Its place in the delivery tracker; null without one.", lambda s, _: s.url
    )
    opportunity_count = solution.of(
        int,
        "How many opportunities it addresses.",
        lambda s, r: len(r.view.atlas.targets(s.id, Relation.ADDRESSES, Opportunity)),
    )


OPPORTUNITIES = node_table(
    "opportunityRows",
    Opportunity,
    OpportunityRow,
    "The opportunities: scores, delivery and outcome on a day.",
    reads=ON_A_DAY,
)
SOLUTIONS = node_table(
    "solutionRows",
    Solution,
    SolutionRow,
    "The solutions, and the outcome of their own objectives on a day.",
    reads=ON_A_DAY,
)
