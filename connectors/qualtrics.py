"""Qualtrics: NPS, CSAT and CES out of exported responses, of which only the answer is fetched.

An export takes its time, so a pull begins one and looks again later. What is assumed of the
service, and what is not known, is told in docs/connectors/qualtrics.md.
"""

import csv
import io
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Final, Literal

import httpx
from pydantic import AliasPath, AwareDatetime, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    Pending,
    PullRequest,
    Secret,
    Window,
    hookimpl,
    parse_decimal,
    parse_moment,
)
from journey_atlas_sdk.auth import ApiKey
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.periods import UTC_ZONE
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.terms import terms

_METADATA: Final = ("recordedDate", "finished", "status", "distributionChannel")
"""In the order of `_Row`."""

_LOOK_AGAIN: Final = timedelta(seconds=5)


class QualtricsQuestion(Scoring):
    """A question whose answers are numbers, and how they become a score."""

    survey: Annotated[str, Field(pattern=r"^SV_[A-Za-z0-9]+$")]
    question: Annotated[str, Field(pattern=r"^QID[A-Za-z0-9_#]+$")] = Field(
        description="As in QID63; of a matrix with its row, as in QID63_1."
    )


class QualtricsSettings(SurveySettings[QualtricsQuestion]):
    """The account, and the question of each metric. `url` is https://DATACENTER.qualtrics.com."""

    token: Secret = Field(description="The API token of a user who may export responses.")
    statuses: tuple[str, ...] = Field(
        default=("0",),
        description="The kinds of responses that count; 0: neither preview nor spam.",
    )


class Qualtrics(SurveyConnector[QualtricsSettings, QualtricsQuestion]):
    """Exports the responses of all periods of a pull at once."""

    info = ConnectorInfo(
        key="qualtrics",
        title="Qualtrics",
        version="1.0.0",
        settings=QualtricsSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=100, seconds=60),),
        max_window=timedelta(days=366),
        default_max_age=timedelta(hours=6),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/qualtrics.md",
    )

    async def counts(
        self, question: QualtricsQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted | Pending]:
        """Begin an export; once it is done, count the answers in it."""
        periods = request.periods(context.now())
        path = f"/surveys/{question.survey}/export-responses"
        if request.resume is None:
            export = await self._begin(path, question, periods, context)
            yield Pending(resume=export.model_dump_json(), retry_after=_LOOK_AGAIN, progress=0)
            return
        export = read_model(request.resume.encode(), _Export)
        job = await self._look(f"{path}/{export.id}", context)
        if job.file is None:
            yield Pending(resume=request.resume, retry_after=_LOOK_AGAIN, progress=job.progress)
            return
        file = await self._get(f"{path}/{job.file}/file", context)
        tally = AnswerTally([period for period in periods if period.end <= export.until])
        count = partial(_count, file.content, question, self.settings.statuses, tally)
        await context.blocking(count, weight=0)
        for counted in tally.items():
            yield counted

    async def check(self, context: Context) -> None:
        """Read a survey's definition, and find the question in it."""
        _, question = min(self.settings.questions.items())
        survey = await self._get(f"/surveys/{question.survey}", context)
        known = read_model(survey.content, _Survey).questions
        if question.question.partition("_")[0] not in known:
            message = f"The survey {question.survey} has no question {question.question}."
            raise ConfigError(message)

    async def _begin(
        self, path: str, question: QualtricsQuestion, periods: list[Window], context: Context
    ) -> "_Export":
        """Begin an export of what was answered in some periods; nobody's name is asked for."""
        response = await context.http.post(
            self.settings.at(f"/API/v3{path}"),
            json={
                "format": "csv",
                "compress": False,
                "useLabels": False,
                "timeZone": UTC_ZONE.key,
                "startDate": periods[0].start.isoformat(),
                "endDate": periods[-1].end.isoformat(),
                "questionIds": [_whole(question)],
                "surveyMetadataIds": list(_METADATA),
                "embeddedDataIds": [],
            },
            auth=self._auth(context),
            extensions=terms(repeatable=True),
        )
        begun = read_model(response.content, _Begun)
        return _Export(id=begun.id, until=periods[-1].end)

    async def _look(self, path: str, context: Context) -> "_Job":
        """Look how far an export is; DataError, so that it is begun anew, where nothing comes."""
        response = await self._get(path, context, expect={HTTPStatus.NOT_FOUND})
        is_lost = response.status_code == HTTPStatus.NOT_FOUND
        job = None if is_lost else read_model(response.content, _Job)
        if job is None or job.status == "failed":
            message = "Qualtrics gave the export up; the next reading begins another."
            raise DataError(message)
        return job

    async def _get(
        self, path: str, context: Context, *, expect: Collection[int] = ()
    ) -> httpx.Response:
        return await context.http.get(
            self.settings.at(f"/API/v3{path}"),
            auth=self._auth(context),
            extensions=terms(expect=expect),
        )

    def _auth(self, context: Context) -> httpx.Auth:
        return ApiKey(context.secret("token"), header="X-API-TOKEN")


@hookimpl
def atlas_connectors() -> list[type[Qualtrics]]:
    """Bring the Qualtrics connector."""
    return [Qualtrics]


class _Survey(BaseModel):
    questions: dict[str, object] = Field(validation_alias=AliasPath("result", "questions"))


class _Begun(BaseModel):
    id: Annotated[str, Field(validation_alias=AliasPath("result", "progressId"))]


class _Export(BaseModel):
    """What is needed to go on: which export, and until when its answers were asked for."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    until: AwareDatetime


class _Job(BaseModel):
    status: Annotated[
        Literal["inProgress", "complete", "failed"],
        Field(validation_alias=AliasPath("result", "status")),
    ]
    percent: Annotated[float, Field(validation_alias=AliasPath("result", "percentComplete"))] = 0
    file: Annotated[
        str | None,
        Field(validation_alias=AliasPath("result", "fileId"), pattern=r"^[A-Za-z0-9_-]+$"),
    ] = None

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return min(max(self.percent / 100, 0), 1)


@dataclass(frozen=True, slots=True)
class _Row:
    """A response, as far as it is looked at."""

    recorded: str
    finished: str
    status: str
    channel: str
    answer: str

    @property
    def is_preview(self) -> bool:
        return self.channel == "preview"


class _Column(BaseModel):
    name: str = Field(validation_alias="ImportId")


def _whole(question: QualtricsQuestion) -> str:
    """Give the question that an answer belongs to: QID63 of QID63_1."""
    return question.question.partition("_")[0]


def _count(
    file: bytes, question: QualtricsQuestion, statuses: Sequence[str], tally: AnswerTally
) -> None:
    """Count the answers; a file has three lines above its rows."""
    for number, row in enumerate(_rows(file, question), start=4):
        if row.answer and row.finished == "1" and row.status in statuses and not row.is_preview:
            tally.add(parse_moment(row.recorded, UTC_ZONE), _answer(row.answer, number))


def _rows(file: bytes, question: QualtricsQuestion) -> Iterator[_Row]:
    """Walk the responses; the third line names the columns, in no language."""
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(file), "utf-8-sig", newline=""), strict=True)
    try:
        _, _, ids = islice(lines, 3)
        names = [_import_id(cell) for cell in ids]
        places = [names.index(name) for name in (*_METADATA, question.question)]
    except ValueError as error:
        message = f"The export has no column {question.question}, or is none of responses."
        raise DataError(message, detail=repr(file[:500])) from error
    for line in lines:
        yield _Row(*(line[place] for place in places))


def _import_id(cell: str) -> str:
    return read_model(cell.encode(), _Column).name


def _answer(cell: str, number: int) -> int:
    answer = parse_decimal(cell)
    if answer is None or answer != answer.to_integral_value():
        message = f"Line {number} of the export: {cell!r} is no whole number."
        raise DataError(message)
    return int(answer)
