"""What is asked is what is missing and what may have changed, in an order that leaves no gap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.source import MetricSource
from ingest.plan import (
    CHUNK_PERIODS,
    OVERLAP,
    Asking,
    Missing,
    Question,
    Span,
    Target,
    answered,
    fingerprint,
    joined,
    questions,
    share_asked,
)
from journey_atlas_sdk import ConnectorInfo, MetricSpec
from storage.readings import Asked, Breakdown, Progress
from tests.builders import Fields, a_connection, a_metric, a_source, an_atlas

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
DAY = timedelta(days=1)
YEAR = Missing(history=timedelta(days=365))
WHOLE: Breakdown = ()


def asking(*, now: datetime = NOW, spec: MetricSpec | None = None, **fields: Fields) -> Asking:
    info = {name: fields.pop(name) for name in ("max_window", "max_points") if name in fields}
    return Asking(
        source=a_source(**{"grain": "DAY", **fields}),
        info=ConnectorInfo(key="scripted", title="Scripted", version="1", **info),
        spec=spec or MetricSpec(key="MT-1", title="One"),
        zone=ZoneInfo("UTC"),
        now=now,
    )


def asked(start: datetime, end: datetime, newest: datetime | None = NOW) -> dict[Breakdown, Asked]:
    return {WHOLE: Asked(breakdown=WHOLE, start=start, end=end, newest=newest)}


def days(found: list[Question]) -> list[tuple[str, str]]:
    """Write windows as their first day and the day after their last."""
    return [(f"{q.window.start:%m-%d}", f"{q.window.end:%m-%d}") for q in found]


def test_a_source_that_was_never_asked_is_asked_for_all_its_history_newest_first() -> None:
    whom = asking(max_window=timedelta(days=5))

    found = questions(Missing(history=timedelta(days=12)), whom, {})

    # 12 days back from Nov 22 12:00 begin within Nov 10; cut from there by 5 days.
    assert days(found) == [("11-20", "11-23"), ("11-15", "11-20"), ("11-10", "11-15")]


def test_later_only_what_is_new_is_asked() -> None:
    known = asked(NOW - 30 * DAY, NOW - 2 * DAY, newest=NOW - 2 * DAY)

    found = questions(Missing(history=30 * DAY), asking(), known)

    assert days(found) == [("11-20", "11-23")]


RESTATES = [
    pytest.param(timedelta(0), "11-20", id="nothing: the day that was running when asked"),
    pytest.param(timedelta(days=3), "11-17", id="three days: from Nov 20 12:00 back"),
    pytest.param(timedelta(hours=12), "11-20", id="half a day: Nov 19 was settled at 12:00"),
]


@pytest.mark.parametrize(("restates_for", "first"), RESTATES)
def test_what_the_source_still_restated_when_it_was_asked_is_asked_again(
    restates_for: timedelta, first: str
) -> None:
    spec = MetricSpec(key="MT-1", title="One", restates_for=restates_for)
    known = asked(NOW - 30 * DAY, NOW - 2 * DAY, newest=NOW - 2 * DAY)

    found = questions(Missing(history=30 * DAY), asking(spec=spec), known)

    assert days(found) == [(first, "11-23")]


def test_a_source_that_does_not_say_what_it_restates_is_asked_for_a_quarter_again() -> None:
    found = questions(YEAR, replace(asking(), spec=None), asked(NOW - 300 * DAY, NOW))

    assert found[0].window.start == (NOW - OVERLAP).replace(hour=0)


TOLD = [
    pytest.param(NOW - 10 * DAY, "11-12", id="ten days ago: all since is still missing"),
    pytest.param(NOW - 200 * DAY, "08-21", id="long ago: a quarter is looked through"),
    pytest.param(None, "08-21", id="never: a quarter is looked through"),
]


@pytest.mark.parametrize(("newest", "first"), TOLD)
def test_periods_that_the_source_told_nothing_of_yet_are_asked_again(
    newest: datetime | None, first: str
) -> None:
    found = questions(YEAR, asking(), asked(NOW - 300 * DAY, NOW - DAY, newest=newest))

    assert days(found)[0] == (first, "11-23")


def test_a_reader_has_a_quarter_asked_again() -> None:
    target = Missing(history=timedelta(days=365), overlap=OVERLAP)

    found = questions(target, asking(), asked(NOW - 365 * DAY, NOW))

    assert days(found) == [("08-22", "11-23")]


def test_what_is_new_comes_before_what_is_older_than_all_that_was_asked() -> None:
    known = asked(datetime(2026, 11, 10, tzinfo=UTC), NOW - 3 * DAY, newest=NOW - 3 * DAY)
    whom = asking(max_window=timedelta(days=2))

    found = questions(Missing(history=timedelta(days=16)), whom, known)

    # New, oldest first: from Nov 19 on. Older, newest first: Nov 6 to 10.
    assert days(found) == [
        ("11-19", "11-21"),
        ("11-21", "11-23"),
        ("11-08", "11-10"),
        ("11-06", "11-08"),
    ]


def test_afresh_all_is_asked_again() -> None:
    target = Missing(history=timedelta(days=3), afresh=True)

    assert days(questions(target, asking(), asked(NOW - 3 * DAY, NOW))) == [("11-19", "11-23")]


def test_a_stretch_is_asked_newest_first_and_what_is_done_of_it_not_again() -> None:
    target = Span(start=NOW - 10 * DAY, end=NOW - 4 * DAY, name="backfill")
    whom = asking(max_window=timedelta(days=3))
    done = asked(datetime(2026, 11, 15, tzinfo=UTC), NOW - 4 * DAY)

    assert days(questions(target, whom, {})) == [
        ("11-18", "11-19"),
        ("11-15", "11-18"),
        ("11-12", "11-15"),
    ]
    assert days(questions(target, whom, done)) == [("11-12", "11-15")]


def test_a_stretch_goes_no_further_than_the_present() -> None:
    target = Span(start=NOW - DAY, end=NOW + 30 * DAY, name="pull")

    assert days(questions(target, asking(), {})) == [("11-21", "11-23")]


def test_a_long_stretch_is_asked_in_pieces_though_the_source_would_take_it_whole() -> None:
    target = Span(start=NOW - 1_000 * DAY, end=NOW, name="backfill")

    found = questions(target, asking(), {})

    lengths = [(q.window.end - q.window.start) / DAY for q in found]
    # 1,001 days, for both ends lie within a day.
    assert lengths == [1_001 - 2 * CHUNK_PERIODS, CHUNK_PERIODS, CHUNK_PERIODS]


def test_each_breakdown_is_asked_for_what_it_lacks() -> None:
    whom = asking(breakdowns=((), ("channel",)))

    found = questions(Missing(history=5 * DAY), whom, asked(NOW - 5 * DAY, NOW, newest=NOW))

    assert [(q.breakdown, f"{q.window.start:%m-%d}") for q in found] == [
        ((), "11-22"),
        (("channel",), "11-17"),
    ]


def test_a_total_is_always_asked_whole() -> None:
    found = questions(Missing(history=5 * DAY), asking(grain="TOTAL"), asked(NOW - 5 * DAY, NOW))

    assert [(q.window.start, q.window.end) for q in found] == [(NOW - 5 * DAY, NOW)]


def test_instants_are_asked_from_the_last_one_on() -> None:
    known = asked(NOW - 5 * DAY, NOW - DAY, newest=NOW - DAY)

    found = questions(Missing(history=5 * DAY), asking(grain="INSTANT"), known)

    assert [(q.window.start, q.window.end) for q in found] == [(NOW - DAY, NOW)]


def test_where_the_clock_stands_still_the_running_period_is_asked_again() -> None:
    found = questions(Missing(history=5 * DAY), asking(), asked(NOW - 5 * DAY, NOW, newest=NOW))

    assert days(found) == [("11-22", "11-23")]


def test_a_clock_that_was_set_back_does_no_harm() -> None:
    found = questions(Missing(history=5 * DAY), asking(), asked(NOW - 5 * DAY, NOW + 9 * DAY))

    assert days(found) == [("11-22", "11-23")]


def test_an_answer_covers_what_was_over_when_it_was_asked() -> None:
    [question] = questions(Missing(history=2 * DAY), asking(), {})

    after = answered(Progress(), question, [NOW - DAY, NOW - 2 * DAY])

    assert after.asked[WHOLE] == Asked(
        breakdown=WHOLE, start=question.window.start, end=NOW, newest=NOW - DAY
    )


def test_of_two_stretches_with_a_gap_between_only_the_new_one_counts() -> None:
    before = Asked(breakdown=WHOLE, start=NOW - 9 * DAY, end=NOW - 8 * DAY)
    new = Asked(breakdown=WHOLE, start=NOW - DAY, end=NOW)

    assert joined(before, new) == new


@pytest.mark.parametrize(
    ("done", "share"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param({WHOLE: (4, 10)}, 0.3, id="6 of 10 days of one of two breakdowns"),
        pytest.param({WHOLE: (-5, 20), ("channel",): (5, 10)}, 0.75, id="all of one, half of both"),
    ],
)
def test_the_share_of_a_stretch_is_of_its_time(
    done: dict[Breakdown, tuple[int, int]], share: float
) -> None:
    start = NOW - 10 * DAY
    known = {
        b: Asked(breakdown=b, start=start + first * DAY, end=start + last * DAY)
        for b, (first, last) in done.items()
    }
    target = Span(start=start, end=NOW, name="backfill")

    assert share_asked(target, asking(breakdowns=((), ("channel",))), known) == pytest.approx(share)


@given(
    grain=st.sampled_from(["HOUR", "DAY", "WEEK", "MONTH"]),
    ends=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    max_days=st.integers(1, 50),
    stops=st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_however_often_it_is_interrupted_nothing_is_left_out(
    grain: str, ends: list[int], max_days: int, stops: list[int]
) -> None:
    """Read now and then, stop after some of the questions, read on: all that is over was asked."""
    target: Target = Missing(history=timedelta(days=60))
    now, progress = NOW - sum(ends) * DAY, Progress()
    seen: list[tuple[datetime, datetime]] = []
    for wait, stop in zip([*ends, 0], [*stops[: len(ends)], 10**6], strict=True):
        now += wait * DAY
        whom = asking(now=now, grain=grain, max_window=timedelta(days=max_days))
        for question in questions(target, whom, progress.asked)[:stop]:
            window = question.window
            progress = answered(progress, question, [min(window.end, now)])
            seen.append((window.start, min(window.end, now)))

    reached = NOW - timedelta(days=60)
    for start, end in sorted(seen):
        if start <= reached:
            reached = max(reached, end)
    assert reached == NOW


def test_settings_and_stretch_tell_progress_apart() -> None:
    source = a_source()
    stretch = Span(start=NOW - DAY, end=NOW, name="one")
    of: list[tuple[MetricSource, dict[str, Fields], Target]] = [
        (source, {}, YEAR),
        (a_source(parameters={"segment": "new"}), {}, YEAR),
        (a_source(grain="DAY"), {}, YEAR),
        (a_source(remote_metric="other"), {}, YEAR),
        (source, {"settings": {"account": "other"}}, YEAR),
        (source, {"connector": "other"}, YEAR),
        (source, {}, stretch),
        (source, {}, Span(start=NOW - DAY, end=NOW, name="two")),
    ]

    names = {fingerprint_of(each, fields, target) for each, fields, target in of}

    assert len(names) == len(of)


def test_a_title_and_how_far_back_it_goes_tell_no_progress_apart() -> None:
    names = {
        fingerprint_of(a_source(), {}, YEAR),
        fingerprint_of(a_source(title="Another"), {"title": "Another"}, Missing(history=DAY)),
        fingerprint_of(a_source(breakdowns=((), ("channel",))), {}, YEAR),
    }

    assert len(names) == 1


def fingerprint_of(source: MetricSource, connection: dict[str, Fields], target: Target) -> str:
    atlas = an_atlas(a_connection(**connection), a_metric(), source)
    return fingerprint(atlas, source, target)
