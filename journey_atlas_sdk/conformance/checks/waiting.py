"""Checks 27 and 32: who asks to wait is left alone, and a token that expired is renewed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from journey_atlas_sdk.conformance import faults
from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import require_same
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.wire import Answer, Ask, Sent
from journey_atlas_sdk.errors import RateLimited

WAIT: Final = timedelta(seconds=4)
_AT_LEAST: Final = timedelta(seconds=1)
"""What a source is left alone that doesn't say for how long."""

_ROTATIONS: Final = 3

HINTS: Final[Mapping[str, Callable[[datetime], Mapping[str, str]]]] = {
    "Retry-After in seconds": lambda _: {"Retry-After": "4"},
    "Retry-After as a date": lambda then: {"Retry-After": format_datetime(then, usegmt=True)},
    "a reset as an epoch": lambda then: _reset(str(int(then.timestamp()))),
    "a reset in seconds left": lambda _: _reset("4"),
    "a reset in ISO 8601": lambda then: _reset(f"{then:%Y-%m-%dT%H:%M:%SZ}"),
    "a structured RateLimit": lambda _: {"RateLimit": '"project";r=0;t=4'},
    "no hint": lambda _: {},
}
"""The six forms in which sources say how long to wait, and none; made from when that is over."""


def _reset(written: str) -> dict[str, str]:
    return {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": written}


async def waits_as_told(bench: Bench) -> None:
    """27: after a 429 no request comes before its time, whichever way it was told."""
    bench.require_http()
    for told, hint in HINTS.items():
        stage = bench.open()
        headers = hint(_whole_second(stage.clock.now() + WAIT))
        stage.wire.fault = faults.answering(429, which=faults.first, headers=headers)
        await _pull_or_limited(stage, bench, told)
        first, *later = stage.wire.questions
        wait = WAIT if headers else _AT_LEAST
        early = [each.at - first.at for each in later if each.at - first.at < wait]
        if early:
            raise Mismatch(
                expected=f"after a 429 with {told} nothing for {wait.total_seconds():g} s",
                seen=f"the next request after {early[0].total_seconds():.1f} s",
            )


async def _pull_or_limited(stage: Stage, bench: Bench, told: str) -> None:
    """Pull; whoever can't wait so long says for how long the source is to be left alone."""
    try:
        await stage.pull(bench.question())
    except RateLimited as error:
        if error.retry_after is None or error.retry_after < WAIT:
            raise Mismatch(
                expected=f"RateLimited with at least {WAIT} from {told}",
                seen=f"RateLimited({error.retry_after})",
            ) from error


def _whole_second(moment: datetime) -> datetime:
    """Round up: most forms have no fractions."""
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)


async def renews_its_token(bench: Bench) -> None:
    """32: a token that expires in mid-pull is renewed once, and its successor is used after."""
    if bench.specimen.renews is None:
        reason = "its token doesn't expire"
        raise NotApplicable(reason)
    stage = bench.open()
    whole = await stage.pull(bench.question())
    for _ in range(_ROTATIONS):
        before = len(stage.wire.sent)
        expired = _Expired()
        stage.wire.fault = expired.answer
        found = await stage.pull(bench.question())
        require_same(found, whole, bench.specimen.zone)
        _require_one_renewal(expired, stage.wire.sent[before:])


@dataclass(slots=True)
class _Expired:
    """Refuses the first question once, as if its token had just expired."""

    refused: Sent | None = None

    async def answer(self, sent: Sent, ask: Ask) -> Answer:
        if self.refused is None:
            self.refused = sent
            return Answer(status=401, body=b"{}")
        return await ask()


def _require_one_renewal(expired: _Expired, sent: Sequence[Sent]) -> None:
    refused = expired.refused
    if refused is None:
        return
    after = sent[sent.index(refused) + 1 :]
    renewals = [each.line for each in after if not each.number]
    again = [each.line for each in after if each.same == refused.same]
    if (len(renewals), len(again)) != (1, 1):
        raise Mismatch(
            expected="after a 401 one renewal of the token, and the question once more",
            seen=f"{len(renewals)} renewals, the question {len(again)} times more",
        )


CHECKS: Final = (
    Check(27, "no request before its time", Topic.FAILURE, waits_as_told),
    Check(32, "an expired token is renewed once", Topic.FAILURE, renews_its_token),
)
