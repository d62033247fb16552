"""Medallia Experience Cloud: NPS, CSAT and CES out of one field of the feedback records.

What is assumed of the service, and what is not known, is told in docs/connectors/medallia.md.
"""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from operator import attrgetter
from typing import Annotated, Final

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    PullRequest,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Epoch, Whole, read_model
from journey_atlas_sdk.moments import epoch_of
from journey_atlas_sdk.oauth import Client, ClientCredentials
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.surveys import AnswerTally, Counted, SurveyConnector, SurveySettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says

_LONGEST: Final = 90  # seconds, after which Medallia itself gives a query up

# In order of time and number, and from behind the last record on: so none is told twice, nor passed
# over, whatever comes in meanwhile.
_QUERY: Final = """
query Answers($answer: ID!, $date: ID!, $id: ID!, $start: String!, $after: String!, $end: String!) {
  feedback(
    first: 1000
    orderBy: [{direction: ASC, fieldId: $date}, {direction: ASC, fieldId: $id}]
    filter: {and: [
      {fieldIds: [$date], lt: $end}
      {or: [
        {fieldIds: [$date], gt: $start}
        {and: [{fieldIds: [$date], gte: $start}, {fieldIds: [$id], gt: $after}]}
      ]}
      %s
    ]}
  ) {
    totalCount
    nodes {
      id: fieldData(fieldId: $id) { values }
      date: fieldData(fieldId: $date) { values }
      answer: fieldData(fieldId: $answer) { values }
    }
  }
}
"""

FieldId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]


class MedalliaQuestion(Scoring):
    """The field that holds the answers, and which records count."""

    field: FieldId = Field(description="The field of the answers, such as q_recommend.")
    filters: Mapping[FieldId, tuple[str, ...]] = Field(
        default={}, description="By field the values, one of which a record must have."
    )

    def query(self) -> str:
        """Write the query with these filters in it; a JSON list of texts is one of GraphQL too."""
        return _QUERY % " ".join(
            f'{{fieldIds: ["{field}"], in: {json.dumps(values, ensure_ascii=False)}}}'
            for field, values in self.filters.items()
        )


class MedalliaSettings(SurveySettings[MedalliaQuestion]):
    """The company, and the question of each metric. `url` is https://COMPANY.apis.medallia.com."""

    token_url: str = Field(
        description="https://INSTANCE.medallia.com/oauth/COMPANY/token; a path is one at `url`."
    )
    client_id: str = Field(description="Of an OAuth client with the Query API.")
    client_secret: Secret = Field(description="Of that client.")
    date_field: FieldId = Field(
        default="k_initialfinishdate_epoch_int",
        description="The field of when a response was finished, in seconds since 1970.",
    )
    id_field: FieldId = Field(default="a_surveyid", description="The field of a record's number.")


class Medallia(SurveyConnector[MedalliaSettings, MedalliaQuestion]):
    """Walks the feedback records of all periods of a pull at once, oldest first."""

    info = ConnectorInfo(
        key="medallia",
        title="Medallia",
        version="1.0.0",
        settings=MedalliaSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=10, seconds=1),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=5),
        documentation="docs/connectors/medallia.md",
    )

    async def counts(
        self, question: MedalliaQuestion, request: PullRequest, context: Context
    ) -> AsyncIterator[Counted]:
        """Count the answers when the responses were finished."""
        auth, tally = self._auth(context), AnswerTally(request.periods(context.now()))
        start, end = epoch_of(tally.span.start), epoch_of(tally.span.end)
        page = partial(self._page, question, end=end, context=context, auth=auth)
        async for record in pages(page, f"{start} 0", identity=attrgetter("id")):
            if record.answer is not None:
                tally.add(record.date, record.answer)
        for counted in tally.items():
            yield counted

    async def check(self, context: Context) -> None:
        """Ask for the records of the last second, so that all fields are looked for."""
        _, question = min(self.settings.questions.items())
        auth, end = self._auth(context), epoch_of(context.now())
        await self._page(question, f"{end - 1} 0", end=end, context=context, auth=auth)

    def budget_key(self) -> str:
        """Name the company: its requests are counted together."""
        return f"medallia:{httpx.URL(self.settings.url).host}"

    def _auth(self, context: Context) -> httpx.Auth:
        token_url = str(httpx.URL(self.settings.url).join(self.settings.token_url))
        client = Client(self.settings.client_id, context.secret("client_secret"), in_header=True)
        return ClientCredentials(context, token_url=token_url, client=client)

    async def _page(
        self, asked: MedalliaQuestion, behind: str, *, end: int, context: Context, auth: httpx.Auth
    ) -> "Page[_Record, str]":
        """Ask for records from behind a second and a record's number to before the second `end`."""
        start, _, after = behind.partition(" ")
        names = {"date": self.settings.date_field, "id": self.settings.id_field}
        span = {"start": start, "after": after, "end": str(end)}
        response = await context.http.post(
            self.settings.at("/data/v0/query"),
            json={
                "query": asked.query(),
                "variables": {"answer": asked.field, **names, **span},
            },
            auth=auth,
            timeout=_LONGEST,
            extensions=terms(repeatable=True),
        )
        answer = read_model(response.content, _Answer)
        if answer.errors or answer.feedback is None:  # or beside some records
            raise DataError(says("Medallia", "; ".join(each.message for each in answer.errors)))
        return answer.feedback.nodes, answer.feedback.last


@hookimpl
def atlas_connectors() -> list[type[Medallia]]:
    """Bring the Medallia connector."""
    return [Medallia]


class _Record(BaseModel):
    """A record; each field is a list of texts, an empty one where nothing was answered."""

    id: str = Field(validation_alias=AliasPath("id", "values", 0))
    date: Epoch = Field(validation_alias=AliasPath("date", "values", 0))
    answer: Whole | None = Field(default=None, validation_alias=AliasPath("answer", "values", 0))


class _Feedback(BaseModel):
    total: int = Field(validation_alias="totalCount")
    nodes: list[_Record]

    @property
    def last(self) -> str | None:
        """The second and the number of the last record, None where no other follows."""
        has_more = 0 < len(self.nodes) < self.total
        return f"{epoch_of(self.nodes[-1].date)} {self.nodes[-1].id}" if has_more else None


class _Problem(BaseModel):
    message: str


class _Answer(BaseModel):
    feedback: _Feedback | None = Field(default=None, validation_alias=AliasPath("data", "feedback"))
    errors: list[_Problem] = []
