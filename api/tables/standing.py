"""Columns of what has a progress and a status: objectives, key results, and these day by day."""

from api.context import Reading
from api.tables.columns import Columns, number, reason_code
from domain.okr import KeyResult, Objective
from domain.progress import Progress, key_result_progress
from domain.rollup import objective_progress
from domain.snapshot import Snapshot
from domain.status import Status, key_result_status, objective_status

Standing = Objective | KeyResult | Snapshot

standing = Columns[Standing]()


def progress_of(record: Standing, reading: Reading) -> Progress:
    """Give how far it is on the reading's day; the view remembers it for all columns."""
    match record:
        case Objective():
            return objective_progress(reading.view, record)
        case KeyResult():
            return key_result_progress(reading.view, record)
        case Snapshot():
            return key_result_progress(reading.view, record.key_result)


def status_of(record: Standing, reading: Reading) -> Status:
    """Give how it stands by the organization's own policy."""
    match record:
        case Objective():
            return objective_status(reading.view, record)
        case KeyResult():
            return key_result_status(reading.view, record)
        case Snapshot():
            return key_result_status(reading.view, record.key_result)


class StandingRow:
    """Columns of progress and status."""

    progress = standing.maybe(
        float,
        "How far it is, 0 to 1; null with `reason`, never 0, where that isn't known.",
        lambda record, reading: number(progress_of(record, reading).value),
    )
    raw_progress = standing.maybe(
        float,
        "The same uncut: below 0 where it got worse, above 1 beyond the target; null likewise.",
        lambda record, reading: number(progress_of(record, reading).raw),
    )
    progress_state = standing.of(
        str,
        "What kind of answer the progress is: MEASURED, REGRESSED, EXCEEDED, NO_DATA or "
        "INDETERMINATE.",
        lambda record, reading: progress_of(record, reading).state.value,
    )
    reason = standing.maybe(
        str,
        "Why there is no progress, for programs (`NO_OBSERVATION` …); null where there is one.",
        lambda record, reading: reason_code(progress_of(record, reading).reason),
    )
    data_coverage = standing.of(
        float,
        "The part, 0 to 1, of the counted weight that has a value.",
        lambda record, reading: number(progress_of(record, reading).data_coverage),
    )
    is_stale = standing.of(
        bool,
        "Whether the newest observation behind it was older than twice its metric's cadence.",
        lambda record, reading: progress_of(record, reading).is_stale,
    )
    expected = standing.of(
        float,
        "The progress expected by the day, 0 to 1.",
        lambda record, reading: number(status_of(record, reading).expected),
    )
    gap = standing.maybe(
        float,
        "Expected minus actual progress: above 0 is behind, below 0 ahead; null without progress.",
        lambda record, reading: number(status_of(record, reading).gap),
    )
    status = standing.of(
        str,
        "How it stands by the organization's policy: NOT_STARTED, NO_DATA, ACHIEVED, MISSED, "
        "ON_TRACK, AT_RISK or OFF_TRACK.",
        lambda record, reading: status_of(record, reading).code.value,
    )
    is_within_noise = standing.maybe(
        bool,
        "Whether the 95 % interval of the last value would allow another status; null where no "
        "standard error is known.",
        lambda record, reading: status_of(record, reading).is_within_noise,
    )


class ExplainedRow(StandingRow):
    """Columns of a status in words."""

    policy = standing.of(
        str,
        "The policy that decided.",
        lambda record, reading: status_of(record, reading).policy.id,
    )
    explanation = standing.of(
        str,
        "One line that says why.",
        lambda record, reading: status_of(record, reading).explanation,
    )
    is_overdue = standing.maybe(
        bool,
        "Whether a check-in is late; null while no check-ins are kept.",
        lambda record, reading: status_of(record, reading).is_overdue,
    )
