"""Survey scores by stated formulas: NPS, CSAT and CES out of how often each answer was given.

    NPS        100 × (promoters − detractors) / answers; promoters answer 9 or 10, detractors 0 to 6
    CSAT       answers among the `top` highest of the scale / answers
    CSAT_MEAN  sum of answers / number of answers
    CES        the same; by default on a scale from 1 to 7, where 7 is the least effort

Each is a mean of points (NPS: 100, 0 or −100; CSAT: 1 or 0; else the answer itself). So the
standard error is that of a mean, s / √n with s² = Σ (point − mean)² / (n − 1), and adding up
numerators and denominators of several periods gives the score of them all. Imported by its own
name, by connectors whose source is a survey.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from journey_atlas_sdk.connector import MetricSpec
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.numbers import EXACT, QUOTIENT, quotient
from journey_atlas_sdk.observations import (
    Dimensions,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    Window,
)
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Aggregation, Unit, UnitKind

_PROMOTER: Final = 9
_DETRACTOR: Final = 6
_POINTS: Final = 100


class ScoreKind(StrEnum):
    """NPS: −100 to 100. CSAT: a share, 0 to 1. CSAT_MEAN and CES: on the question's scale."""

    NPS = "NPS"
    CSAT = "CSAT"
    CSAT_MEAN = "CSAT_MEAN"
    CES = "CES"


_SCALES: Final = {
    ScoreKind.NPS: (0, 10),
    ScoreKind.CSAT: (1, 5),
    ScoreKind.CSAT_MEAN: (1, 5),
    ScoreKind.CES: (1, 7),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score and what it is made of: value = numerator / denominator, None without answers."""

    value: Decimal | None
    numerator: Decimal
    denominator: Decimal
    standard_error: Decimal | None
    """None for fewer than two answers."""

    @property
    def sample_size(self) -> int:
        """How many answers were counted."""
        return int(self.denominator)

    def observation(
        self,
        metric: str,
        period: Window,
        *,
        state: ObservationState,
        dimensions: Dimensions = (),
        source_ref: str | None = None,
    ) -> Observation:
        """Tell the score as that of a period; one without answers is flagged EMPTY."""
        return Observation(
            metric=metric,
            start=period.start,
            end=period.end,
            value=self.value,
            dimensions=dimensions,
            sample_size=self.sample_size,
            numerator=self.numerator,
            denominator=self.denominator,
            standard_error=self.standard_error,
            state=state,
            flags=frozenset() if self.sample_size else frozenset({ObservationFlag.EMPTY}),
            source_ref=source_ref,
        )


class Scoring(Settings):
    """How the answers to a question become one number; the base of a survey question's settings.

    A tool that doesn't ask for all kinds of scores narrows `kinds`.
    """

    kinds: ClassVar[frozenset[ScoreKind]] = frozenset(ScoreKind)

    score: ScoreKind
    scale: tuple[int, int] | None = Field(
        default=None,
        description="Lowest and highest answer; left out: NPS 0 to 10, CSAT 1 to 5, CES 1 to 7.",
    )
    top: Annotated[int, Field(ge=1)] = Field(
        default=2, description="How many of the highest answers are satisfied ones; for CSAT."
    )

    @model_validator(mode="after")
    def _a_scale_that_fits(self) -> Self:
        low, high = self.bounds
        if self.score not in self.kinds:
            message = f"There is no {self.score} here, but {' and '.join(sorted(self.kinds))}."
            raise ValueError(message)
        if low >= high:
            message = f"A scale goes up, got {low} to {high}."
            raise ValueError(message)
        if self.score is ScoreKind.NPS and (low, high) != _SCALES[ScoreKind.NPS]:
            message = "NPS is asked on a scale from 0 to 10."
            raise ValueError(message)
        if self.score is ScoreKind.CSAT and self.top > high - low:
            message = f"`top` leaves no unsatisfied answer on the scale {low} to {high}."
            raise ValueError(message)
        return self

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest answer."""
        return self.scale or _SCALES[self.score]

    @property
    def unit(self) -> Unit:
        """RATIO for CSAT, else SCORE."""
        return Unit(kind=UnitKind.RATIO if self.score is ScoreKind.CSAT else UnitKind.SCORE)

    def spec(self, metric: str, *, grains: frozenset[Grain], restates_for: timedelta) -> MetricSpec:
        """Say what the metric of this score is."""
        least, most = self.legal
        return MetricSpec(
            key=metric,
            title=metric,
            unit=self.unit,
            aggregation=Aggregation.RATIO,
            grains=grains,
            minimum=least,
            maximum=most,
            restates_for=restates_for,
        )

    @property
    def legal(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest value that the score can have."""
        low, high = (self._points(answer) for answer in self.bounds)
        return Decimal(low), Decimal(high)

    def measure(self, answers: Mapping[int, int]) -> Score:
        """Give the score of answers, each with how often it was given.

        DataError for an answer off the scale and for a count below 0.
        """
        low, high = self.bounds
        for answer, count in answers.items():
            if not low <= answer <= high or count < 0:
                message = f"{answer} was answered {count} times; the scale is {low} to {high}."
                raise DataError(message)
        return mean_of((Decimal(self._points(answer)), count) for answer, count in answers.items())

    def _points(self, answer: int) -> int:
        match self.score:
            case ScoreKind.NPS:
                return _POINTS * ((answer >= _PROMOTER) - (answer <= _DETRACTOR))
            case ScoreKind.CSAT:
                return int(answer > self.bounds[1] - self.top)
            case ScoreKind.CSAT_MEAN | ScoreKind.CES:
                return answer


def mean_of(points: Iterable[tuple[Decimal, int]]) -> Score:
    """Give the mean of points, each with how often it came; one may come in several pairs."""
    pairs = list(points)
    size = sum(count for _, count in pairs)
    with localcontext(EXACT):
        total = sum((point * count for point, count in pairs), Decimal(0))
        squares = sum((point * point * count for point, count in pairs), Decimal(0))
        # (n − 1) s² n, which is a whole number where the points are.
        spread = size * squares - total * total
    return Score(
        value=quotient(total, Decimal(size)),
        numerator=total,
        denominator=Decimal(size),
        standard_error=_standard_error(size, spread),
    )


def _standard_error(size: int, spread: Decimal) -> Decimal | None:
    if size < 2:  # noqa: PLR2004 -- one answer tells nothing of how answers differ
        return None
    return QUOTIENT.sqrt(QUOTIENT.divide(spread, Decimal(size * size * (size - 1))))
