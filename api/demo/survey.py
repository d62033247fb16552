"""The bank's relationship survey: answers that add up to what its CSV exports tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from api.clock import real_clock
from api.demo.exports import OSLO, values_of
from api.demo.vendors import surveymonkey as vendor
from journey_atlas_sdk import Grain, Window, period_of

RECOMMENDS: Final = "725296472"
EASE: Final = "725296473"
ANSWERS: Final = 200
"""How many answers a month has: an even number of hundreds, so that each score comes out whole."""

PASSIVES: Final = 60
"""How many of them neither promote nor detract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """What the survey found in each month, by the month's first instant."""

    score: Mapping[datetime, Decimal]
    ease: Mapping[datetime, Decimal]


def service(observations: Path) -> vendor.SurveyMonkey:
    """Make the service out of the folder of the bank's exports."""
    months = Months(
        score=values_of(observations / "net-promoter-score.csv"),
        ease=values_of(observations / "customer-effort.csv"),
    )
    return vendor.SurveyMonkey(
        now=real_clock,
        questions=[_question(RECOMMENDS, range(11)), _question(EASE, range(1, 8))],
        recall=partial(_answered, months),
    )


def _question(key: str, scale: range) -> vendor.Question:
    choices = [vendor.Choice(id=_choice(key, n), text=str(n), weight=n) for n in scale]
    return vendor.Question(id=key, page="182294525", choices=choices)


def _choice(key: str, number: int) -> str:
    return f"{key}{number:02}"


def _answered(months: Months, start: datetime, end: datetime) -> Iterator[vendor.Answered]:
    """Give the answers of a span, its ends included: each month's stand evenly in it."""
    month = period_of(start, Grain.MONTH, OSLO)
    while month.start <= end:
        if month.start in months.score and month.start in months.ease:
            answers = _of_month(months, month)
            yield from (each for each in answers if start <= each.created_at <= end)
        month = period_of(month.end, Grain.MONTH, OSLO)


def _of_month(months: Months, month: Window) -> Iterator[vendor.Answered]:
    score, ease = months.score[month.start], months.ease[month.start]
    promoters = (ANSWERS - PASSIVES + int(score) * ANSWERS // 100) // 2
    easier = int(ease % 1 * ANSWERS)
    apart = (month.end - month.start) / ANSWERS
    for number in range(ANSWERS):
        is_passive = number < promoters + PASSIVES
        liking = 9 if number < promoters else 8 if is_passive else 5
        yield vendor.Answered(
            created_at=(month.start + apart * number).replace(microsecond=0),
            choices={
                RECOMMENDS: _choice(RECOMMENDS, liking),
                EASE: _choice(EASE, int(ease) + (number < easier)),
            },
        )
