"""Qualtrics' API v3 for response exports, as a maintained client and its recordings tell it.

An export is a job that is done at the third look. A file has three lines above its rows (names,
labels in the account's language, import ids) and holds what was recorded from `startDate` to before
`endDate`; times have no offset. Refuses a bad token, another data centre's host (both with 401),
unknown fields, and more than `most_at_once` unfinished exports (with a 429 that names no time).
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "qx-token-canary-33e8"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "qx-narrow-canary-33e8"
"""The token of a user who may not use the API."""

LOOKS: Final = 2
"""How often an export is looked at before it is done."""

FIELDS: Final = frozenset(
    {
        *("format", "startDate", "endDate", "useLabels", "timeZone", "questionIds", "compress"),
        *("embeddedDataIds", "surveyMetadataIds", "limit", "breakoutSets", "seenUnansweredRecode"),
    }
)
COLUMNS: Final = {
    "startDate": ("StartDate", "Anfangsdatum"),
    "endDate": ("EndDate", "Enddatum"),
    "status": ("Status", "Antworttyp"),
    "ipAddress": ("IPAddress", "IP-Adresse"),
    "finished": ("Finished", "Beendet"),
    "recordedDate": ("RecordedDate", "Erfassungsdatum"),
    "recipientEmail": ("RecipientEmail", "E-Mail des Empfängers"),
    "distributionChannel": ("DistributionChannel", "Verteilungskanal"),
}
"""Metadata by import id: its name, and its label in an account that speaks German."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A response; `answers` by import id, such as QID63."""

    recorded_at: datetime
    answers: Mapping[str, str]
    status: str = "0"
    finished: str = "1"
    channel: str = "anonymous"


@dataclass(slots=True, kw_only=True)
class Export:
    """A job: what it was asked for, and how often it was looked at."""

    asked: Json
    looks: int = 0


@dataclass(slots=True, kw_only=True)
class Qualtrics(Fake):
    """The service, with one survey; what a test changes in it holds from the next request on."""

    survey: str = "SV_3gbwq8aJgqPwQDP"
    questions: Sequence[str] = ("QID1",)
    """Import ids of the columns that answers stand in."""
    responses: list[Answered] = field(default_factory=list[Answered])
    recall: Callable[[datetime, datetime], Iterable[Answered]] | None = None
    """Gives the responses of a half-open span, where they are too many for a list."""
    host: str | None = None
    """The data centre's own; None: any."""
    fails: bool = False
    most_at_once: int = 20
    exports: dict[str, Export] = field(default_factory=dict[str, Export])
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        exports = "/API/v3/surveys/{survey}/export-responses"
        return [
            Route("/API/v3/surveys/{survey}", self._definition),
            Route(exports, self._begin, methods=["POST"]),
            Route(f"{exports}/{{job}}", self._look),
            Route(f"{exports}/{{file}}/file", self._file),
        ]

    async def _definition(self, request: Request) -> Response:
        self._admit(request)
        known = {question.partition("_")[0] for question in self.questions}
        questions = {one: {"questionType": {"type": "MC"}} for one in sorted(known)}
        return _answer({"id": self.survey, "name": "Survey", "questions": questions})

    async def _begin(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        if not set(asked) <= FIELDS or asked.get("format") != "csv":
            raise _refused(400, "RP_0.1")
        if sum(one.looks <= LOOKS for one in self.exports.values()) >= self.most_at_once:
            raise _refused(429, "QM_8")
        job = f"ES_{len(self.exports):04}"
        self.exports[job] = Export(asked=asked)
        return _answer({"progressId": job, "percentComplete": 0.0, "status": "inProgress"})

    async def _look(self, request: Request) -> Response:
        self._admit(request)
        job = request.path_params["job"]
        export = self._export(job)
        export.looks += 1
        if self.fails:
            return _answer({"percentComplete": 0.0, "status": "failed"})
        if export.looks <= LOOKS:
            return _answer({"percentComplete": 40.0 * export.looks, "status": "inProgress"})
        return _answer({"fileId": f"{job}-def", "percentComplete": 100.0, "status": "complete"})

    async def _file(self, request: Request) -> Response:
        self._admit(request)
        export = self._export(request.path_params["file"].removesuffix("-def"))
        content = self._written(export.asked).encode()
        if export.asked.get("compress", True):
            return Response(_zipped(content), media_type="application/zip")
        return Response(content, media_type="text/csv")

    def _export(self, job: str) -> Export:
        if job not in self.exports:
            raise _refused(404, "EXP_1")
        return self.exports[job]

    def _written(self, asked: Json) -> str:
        start, end = (datetime.fromisoformat(asked[name]) for name in ("startDate", "endDate"))
        zone = ZoneInfo(asked["timeZone"])
        metadata = asked.get("surveyMetadataIds") or list(COLUMNS)
        wanted = asked.get("questionIds")
        questions = [one for one in self.questions if not wanted or one.partition("_")[0] in wanted]
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow([*(COLUMNS[name][0] for name in metadata), *questions])
        lines.writerow([*(COLUMNS[name][1] for name in metadata), *map(_asks, questions)])
        lines.writerow([json.dumps({"ImportId": name}) for name in (*metadata, *questions)])
        for one in self._between(start, end):
            cells = _cells(one, zone)
            lines.writerow(
                [cells[name] for name in metadata] + [one.answers.get(q, "") for q in questions]
            )
        return text.getvalue()

    def _between(self, start: datetime, end: datetime) -> Iterable[Answered]:
        if self.recall is not None:
            return self.recall(start, end)
        return [one for one in self.responses if start <= one.recorded_at < end]

    def _admit(self, request: Request) -> None:
        """Refuse what the vendor refuses before it looks at a request's content."""
        self.requests.append(f"{request.method} {request.url.path}")
        token = request.headers.get("X-API-TOKEN")
        if token == NARROW:
            raise _refused(403, "AUTH_7.0")
        if token != TOKEN or self.host not in (None, request.url.hostname):
            raise _refused(401, "AUTH_6.0")
        if request.path_params["survey"] != self.survey:
            raise _refused(404, "RTE_1")


def _asks(question: str) -> str:
    return f'What do you say to "{question}",\nof all things?'


def _cells(one: Answered, zone: ZoneInfo) -> dict[str, str]:
    recorded = f"{one.recorded_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return {
        "startDate": recorded,
        "endDate": recorded,
        "status": one.status,
        "ipAddress": "203.0.113.7",
        "finished": one.finished,
        "recordedDate": recorded,
        "recipientEmail": "ada@example.org",
        "distributionChannel": one.channel,
    }


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("Survey.csv", content)
    return packed.getvalue()


def _answer(result: Json) -> Response:
    meta = {"requestId": "7a91", "httpStatus": "200 - OK"}
    return JSONResponse({"result": result, "meta": meta})


def _refused(status: int, code: str) -> Refused:
    told = {"errorMessage": "No.", "errorCode": code}
    body = {"meta": {"httpStatus": f"{status} - No", "error": told, "requestId": "7a91"}}
    return Refused(JSONResponse(body, status))
