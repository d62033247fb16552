"""Survey tools: a connector whose own part is to count how often each answer was given.

    class Mine(SurveyConnector[MineSettings, MineQuestion]):
        info = ConnectorInfo(key="mine", settings=MineSettings, ...)

        async def counts(self, question, request, context):
            for period in request.periods(context.now()):
                yield period, {10: 7, 9: 12, 3: 1}

MineQuestion, a `Scoring`, says which question is meant, MineSettings, of
`SurveySettings[MineQuestion]`, which metric has which question. Scores, their errors and states are
made here, by the formulas of `scores`. Imported by its own name.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import Field

from journey_atlas_sdk.connector import Connector, Dirty, MetricSpec, Pending, PullRequest
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.observations import Grain, Observation, Window
from journey_atlas_sdk.periods import EVERY_PERIOD, ByPeriod
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.settings import RestatingSettings
from journey_atlas_sdk.web import ServiceSettings

Counted = tuple[Window, Mapping[int, int]]
"""A period, and how often each answer was given in it."""

Q = TypeVar("Q", bound=Scoring)
S = TypeVar("S", bound="SurveySettings[Any]")  # Any: whatever its questions are


class SurveySettings(RestatingSettings, ServiceSettings, Generic[Q]):
    """The question of each metric, and how long its answers may change."""

    questions: Mapping[str, Q] = Field(min_length=1, description="By metric.")


class SurveyConnector(Connector[S], Generic[S, Q]):
    """A source that is asked for answers, and answers with scores."""

    grains: ClassVar[frozenset[Grain]] = EVERY_PERIOD

    @abstractmethod
    def counts(
        self, question: Q, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted | Pending]:
        """Count the answers in each of the request's periods, of which there is one at least.

        Each period once, oldest first; one without answers too. Where the tool needs minutes, yield
        one `Pending` and nothing else: it comes again as `request.resume`.
        """

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Give the score of each of the window's whole periods that have begun, oldest first."""
        question: Q = request.chosen(self.settings.questions)
        spec, now = self._spec(request.metric, question), context.now()
        spec.require_answers(request)
        if not request.periods(now):
            return
        async for counted in self.counts(question, request, context):
            if isinstance(counted, Pending):
                yield counted
                return
            period, answers = counted
            score = question.measure(answers)
            yield score.observation(request.metric, period, state=spec.state(period, now))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a question."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.questions.items())]

    def dirty(self, window: Window, event_id: str, *, touches: Callable[[Q], bool]) -> list[Dirty]:
        """Tell of each metric whose question an event `touches` that a window has changed."""
        return [
            Dirty(window=window, metric=metric, event_id=f"{event_id}:{metric}")
            for metric, question in sorted(self.settings.questions.items())
            if touches(question)
        ]

    def _spec(self, metric: str, question: Scoring) -> MetricSpec:
        restates_for = self.settings.restates_for
        return question.spec(metric, grains=self.grains, restates_for=restates_for)


class AnswerTally(ByPeriod[Counter[int]]):
    """Counts how often each answer was given, by the period in which it was."""

    def __init__(self, periods: Sequence[Window]) -> None:
        """Take the periods, in order and without overlap; none has answers yet."""
        super().__init__(periods, Counter)

    def add(self, given_at: datetime, answer: int) -> None:
        """Count an answer; one outside of all periods counts nowhere."""
        counts = self.at(given_at)
        if counts is not None:
            counts[answer] += 1
