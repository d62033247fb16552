"""A survey connector makes scores of what its author counts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from journey_atlas_sdk import (
    ConfigError,
    ConnectorInfo,
    Context,
    Dirty,
    Grain,
    ObservationState,
    Pending,
    PullRequest,
    Window,
)
from journey_atlas_sdk.scores import ScoreKind, Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.plugins.questions import OSLO, days

AUTUMN = days("2026-09-01", "2026-12-01")
NOW = datetime(2026, 11, 5, tzinfo=UTC)


class Ballot(SurveyConnector[SurveySettings[Scoring], Scoring]):
    """A tool that needs a minute, and in which nine promoters and one detractor answer a month."""

    info = ConnectorInfo(
        key="ballot", title="Ballot", version="1", settings=SurveySettings[Scoring]
    )

    async def counts(
        self, question: Scoring, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted | Pending]:
        del question
        if request.resume is None:
            yield Pending(resume="job 1", retry_after=timedelta(minutes=1))
        for period in request.periods(context.now()):
            yield period, {10: 9, 0: 1}


def a_ballot() -> Ballot:
    nps, ease = {"score": "NPS"}, {"score": "CES"}
    questions = {"questions": {"nps": nps, "ease": ease}, "restates_days": 10}
    return Ballot(SurveySettings[Scoring].read({"url": "https://ballot.test", **questions}))


def asked(*, window: Window = AUTUMN, resume: str | None = "job 1") -> PullRequest:
    return PullRequest(
        metric="nps", window=window, grain=Grain.MONTH, time_zone=OSLO, resume=resume
    )


async def test_counts_become_scores_that_stay_provisional_while_answers_may_change() -> None:
    found = await pull_all(a_ballot(), asked(), FakeContext(moment=NOW))

    # 100 × (9 − 1) / 10; October ended less than ten days ago
    assert [one.value for one in found] == [80, 80, 80]
    assert [one.sample_size for one in found] == [10, 10, 10]
    assert [one.state for one in found] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


async def test_a_tool_that_still_works_answers_with_that_alone() -> None:
    found = [each async for each in a_ballot().pull(asked(resume=None), FakeContext(moment=NOW))]

    assert found == [Pending(resume="job 1", retry_after=timedelta(minutes=1))]


async def test_nothing_is_counted_where_no_period_has_begun() -> None:
    winter = days("2026-12-01", "2027-01-01")

    assert await pull_all(a_ballot(), asked(window=winter), FakeContext(moment=NOW)) == []


async def test_each_metric_of_the_settings_is_listed_in_order() -> None:
    found = await a_ballot().discover(FakeContext())

    assert [spec.key for spec in found] == ["ease", "nps"]
    assert {spec.restates_for for spec in found} == {timedelta(days=10)}


async def test_a_connection_without_questions_is_refused() -> None:
    with pytest.raises(ConfigError, match="questions"):
        SurveySettings[Scoring].read({"url": "https://ballot.test", "questions": {}})


def test_an_event_makes_those_metrics_dirty_whose_question_it_touches() -> None:
    found = a_ballot().dirty(AUTUMN, "7", touches=lambda one: one.score is ScoreKind.CES)

    assert found == [Dirty(window=AUTUMN, metric="ease", event_id="7:ease")]


def test_a_tally_counts_each_answer_in_its_period_and_none_outside() -> None:
    september, november = days("2026-09-01", "2026-10-01"), days("2026-11-01", "2026-12-01")
    tally = AnswerTally([september, november])

    tally.add(september.start, 10)
    tally.add(september.start, 10)
    tally.add(september.end, 3)  # October: nobody asked for it
    tally.add(september.start - timedelta(seconds=1), 3)

    assert tally.span == Window(september.start, november.end)
    assert list(tally.items()) == [(september, {10: 2}), (november, {})]
