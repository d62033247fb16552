"""One attempt to read a source: question after question, each answer recorded as it comes."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.atlas import Atlas
from domain.errors import DomainError
from domain.metric import Metric, Observation
from domain.source import Connection, MetricSource, RunState
from ingest.binding import Binding, Provenance, bind
from ingest.failing import LONGEST_PAUSE, SHORTEST_PAUSE, told
from ingest.opening import Opened, Opener
from ingest.plan import Asking, Missing, Question, Span, answered, joined, questions, share_asked
from ingest.reading import Errand, Readings, SyncResult
from journey_atlas_sdk import (
    ConnectorBug,
    ConnectorError,
    DataError,
    Fault,
    Grain,
    Pending,
    PullRequest,
    QuotaExhausted,
    RateLimited,
    TransientError,
    Window,
)
from journey_atlas_sdk import Observation as Observed
from journey_atlas_sdk.hosting.gate import OutOfTurn
from plugins.hooked import Hooks
from storage.readings import Asked, Breakdown, Holding, Progress, Waiting
from storage.sync_runs import SyncRun

UNFORESEEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of an answer that no check foresaw: its run ends, too, and tells of it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """An open connection, what its numbers become, and what it is to be asked."""

    opened: Opened
    binding: Binding
    asking: Asking
    todo: Sequence[Question]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A reading under way. `run` and `progress` are as they were recorded last.

    `older` is what was asked before where all of it is asked afresh.
    """

    atlas: Atlas
    source: MetricSource
    errand: Errand
    opener: Opener
    readings: Readings
    clock: Callable[[], datetime]
    holding: Holding
    run: SyncRun
    progress: Progress
    older: Mapping[Breakdown, Asked] = field(default_factory=dict[Breakdown, Asked])

    async def make(self) -> SyncResult:
        """Ask what is to be asked, and record how it ended.

        What was recorded before a failure stays; of the pull that failed nothing is kept.
        """
        try:
            return await self._ask_all(await self._prepare())
        except OutOfTurn as turn:
            return await self._postpone(turn)
        except ConnectorError as failure:
            return await self._fail(failure)
        except asyncio.CancelledError:
            await self._write(self._over(RunState.CANCELLED), self.progress)
            raise
        except DomainError as error:
            return await self._fail(DataError(f"What the source said can't be kept: {error}"))
        except UNFORESEEN as error:
            _log.exception("What source %s said can't be taken", self.source.key)
            message = f"What the source said can't be taken: {type(error).__name__}."
            return await self._fail(ConnectorBug(message))

    @property
    def _connection(self) -> Connection:
        return self.atlas.get(self.source.connection, Connection)

    @property
    def _hooks(self) -> Hooks:
        return self.opener.registry.hooks

    async def _prepare(self) -> _Prepared:
        opened = await self.opener.open(self.atlas, self._connection, reason=self.errand.reason)
        spec = await opened.describe(self.source.remote_metric)
        binding = bind(self.source, self.atlas.get(self.source.metric, Metric), spec)
        asking = Asking(
            source=self.source,
            info=opened.info,
            spec=spec,
            zone=self.atlas.organization.zone,
            now=self.opener.clock(),
        )
        todo = self._todo(asking)
        if todo:
            start = min(question.window.start for question in todo)
            self.run = replace(self.run, window_start=start, window_end=asking.now)
        return _Prepared(opened=opened, binding=binding, asking=asking, todo=todo)

    def _todo(self, asking: Asking) -> list[Question]:
        """Give the question that the source still works on first, then what is left."""
        target, waiting = self.errand.target, self.progress.waiting
        if isinstance(target, Missing) and target.afresh:
            self.older, self.progress = self.progress.asked, replace(self.progress, asked={})
        if waiting is None:
            return questions(target, asking, self.progress.asked)
        first = Question(
            breakdown=waiting.breakdown,
            window=Window(waiting.start, waiting.end),
            asked_at=waiting.asked_at,
            resume=waiting.resume,
        )
        after = answered(self.progress, first, ())
        return [first, *questions(target, asking, after.asked)]

    async def _ask_all(self, prepared: _Prepared) -> SyncResult:
        if not prepared.todo:
            await self._write(self._over(RunState.OK, progress=1), self.progress)
        for left, question in zip(reversed(range(len(prepared.todo))), prepared.todo, strict=True):
            answer = await prepared.opened.pull(self._request(prepared.asking, question))
            if isinstance(answer, Pending):
                return await self._wait(question, answer)
            await self._keep(prepared, question, answer, left=left)
            if self.run.finished_at is not None and left:
                return self._result(go_on_at=self.clock())
        return self._result()

    def _request(self, asking: Asking, question: Question) -> PullRequest:
        return PullRequest(
            metric=self.source.remote_metric,
            window=question.window,
            grain=Grain(self.source.grain),
            time_zone=asking.zone,
            parameters=self.source.parameters,
            dimensions=question.breakdown,
            reason=self.errand.reason,
            resume=question.resume,
        )

    async def _keep(
        self, prepared: _Prepared, question: Question, answer: Sequence[Observed], *, left: int
    ) -> None:
        """Record an answer; with the last of all, or of the time, the run is over."""
        observations = self._accept(prepared, answer)
        progress = answered(self.progress, question, [each.end for each in answer])
        share = self._share(prepared, progress, left=left)
        if not left:
            asked = {b: joined(self.older.get(b), new) for b, new in progress.asked.items()}
            progress = replace(progress, asked=asked)
        is_over = not left or self._is_time_up()
        run = self._over(RunState.OK, progress=share) if is_over else self.run
        await self._write(replace(run, progress=share), progress, observations)
        await self._hooks.accepted(self._connection.key, answer)

    def _accept(self, prepared: _Prepared, answer: Sequence[Observed]) -> list[Observation]:
        made = Provenance(
            connector=self.run.connector,
            version=self.run.connector_version,
            sync_run=self.run.id,
        )
        now, recorded_at = prepared.asking.now, self.clock()
        try:
            return [
                prepared.binding.accept(seen, made, now=now, recorded_at=recorded_at)
                for seen in answer
            ]
        except DataError:
            self.run = replace(self.run, skipped=self.run.skipped + len(answer))
            raise

    def _share(self, prepared: _Prepared, progress: Progress, *, left: int) -> float:
        """Give how much is done: of a stretch by its time, else of the questions."""
        if isinstance(self.errand.target, Span):
            return share_asked(self.errand.target, prepared.asking, progress.asked)
        return 1 - left / len(prepared.todo)

    def _is_time_up(self) -> bool:
        most = self.errand.most_seconds
        return most is not None and (self.clock() - self.run.started_at).total_seconds() >= most

    async def _wait(self, question: Question, pending: Pending) -> SyncResult:
        """Remember what the source works on, to be asked again, maybe by another process."""
        pause = max(SHORTEST_PAUSE, min(pending.retry_after, LONGEST_PAUSE))
        retry_at = self.clock() + pause
        waiting = Waiting(
            breakdown=question.breakdown,
            start=question.window.start,
            end=question.window.end,
            asked_at=question.asked_at,
            retry_at=retry_at,
            resume=pending.resume,
            progress=pending.progress,
        )
        run = self._over(RunState.WAITING, progress=pending.progress)
        await self._write(run, replace(self.progress, waiting=waiting))
        return self._result(go_on_at=retry_at)

    async def _postpone(self, turn: OutOfTurn) -> SyncResult:
        """Go on when our own budget has room again: nothing failed, the source said nothing."""
        run = self._over(RunState.WAITING, progress=self.run.progress)
        await self._write(run, self.progress)
        wait = LONGEST_PAUSE if turn.retry_after is None else turn.retry_after
        return self._result(go_on_at=self.clock() + min(wait, LONGEST_PAUSE))

    async def _fail(self, failure: ConnectorError) -> SyncResult:
        error = told(failure, at=self.clock())
        _log.warning("Source %s failed (%s): %s", self.source.key, error.code, error.message)
        is_customers = error.fault == Fault.CUSTOMER
        state = RunState.NEEDS_ATTENTION if is_customers else RunState.FAILING
        passes = isinstance(failure, TransientError | RateLimited | QuotaExhausted)
        # What a source calls wrong isn't asked again the same way: the next reading begins anew.
        progress = self.progress if passes else replace(self.progress, waiting=None)
        run = replace(self._over(state, progress=self.run.progress), error=error)
        await self._write(run, progress)
        await self._hooks.failed(self._connection.key, self.source.remote_metric, failure)
        return self._result()

    def _over(self, state: RunState, *, progress: float | None = None) -> SyncRun:
        return replace(self.run, state=state, finished_at=self.clock(), progress=progress)

    async def _write(
        self, run: SyncRun, progress: Progress, observations: Sequence[Observation] = ()
    ) -> None:
        run = replace(run, step=self.run.step + 1)
        recorded = await self.readings.record(
            self.holding, observations, run=run, progress=progress, now=self.clock()
        )
        self.run = replace(run, recorded=run.recorded + recorded)
        self.progress = progress

    def _result(self, *, go_on_at: datetime | None = None) -> SyncResult:
        return SyncResult(source=self.source, run=self.run, go_on_at=go_on_at)
