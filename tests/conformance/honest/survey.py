"""A survey tool over HTTP: dated answers, in pages, behind a token; it sends webhooks too."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import httpx
from pydantic import BaseModel, ValidationError

from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Delivery,
    Dirty,
    Grain,
    Limit,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    Secret,
    Settings,
    Unit,
    UnitKind,
    UnknownMetric,
    Window,
    hookimpl,
    parse_decimal,
    parse_moment,
    period_of,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.terms import terms

GRAINS = frozenset({Grain.HOUR, Grain.DAY, Grain.WEEK, Grain.MONTH})
OLDEST_DELIVERY = timedelta(minutes=5)


class Campaign(Settings):
    """Which answers are meant."""

    campaign: str = "all"


METRICS = (
    MetricSpec(
        key="people",
        title="People who answered",
        grains=GRAINS,
        aggregation=Aggregation.UNIQUE,
        parameters=Campaign,
    ),
    MetricSpec(
        key="promoters",
        title="Share of promoters",
        unit=Unit(kind=UnitKind.RATIO),
        grains=GRAINS,
        aggregation=Aggregation.RATIO,
        parameters=Campaign,
    ),
    MetricSpec(
        key="score",
        title="Mean score",
        grains=GRAINS,
        aggregation=Aggregation.WEIGHTED_MEAN,
        parameters=Campaign,
    ),
)


class SurveySettings(Settings):
    """Where the tool is, and how it and we know each other."""

    url: str
    token: Secret
    webhook_secret: Secret


class Answer(BaseModel):
    """One person's answer."""

    id: int
    at: str
    updated_at: str
    score: str
    who: str


class Paging(BaseModel):
    """The way to the next page; empty on the last."""

    next: str | None


class Page(BaseModel):
    """A page of answers."""

    answers: list[Answer]
    paging: Paging


@dataclass(slots=True)
class Bucket:
    """What is kept of a period's answers: never the answers themselves."""

    total: Decimal = Decimal(0)
    answers: int = 0
    promoters: int = 0
    people: set[str] = field(default_factory=set[str])


class Survey(Connector[SurveySettings]):
    """Reads answers page by page, and adds them up by period."""

    info: ClassVar = ConnectorInfo(
        key="survey",
        title="Survey tool",
        version="1.0",
        settings=SurveySettings,
        metrics=METRICS,
        capabilities=frozenset({Capability.HISTORY, Capability.PUSH}),
        limits=(Limit(count=20, seconds=60), Limit(count=100, seconds=3_600, weight=2)),
        max_window=timedelta(days=130),
    )

    expect: ClassVar[frozenset[int]] = frozenset()

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the periods in which somebody answered, oldest first."""
        if request.metric not in {spec.key for spec in METRICS}:
            raise UnknownMetric(request.metric, known=[spec.key for spec in METRICS])
        buckets: dict[Window, Bucket] = {}
        async for answer in self.answers(request, context):
            period = self.period(answer, request)
            self.add(answer, buckets.setdefault(period, Bucket()), request)
        for period in sorted(buckets, key=lambda each: each.start):
            yield self.observation(period, buckets[period], request, now=context.now())

    async def check(self, context: Context) -> None:
        """Ask who we are."""
        await self.get("/me", {}, context)

    async def receive(self, delivery: Delivery, context: Context) -> Sequence[Dirty]:
        """Say what changed, once the signature holds."""
        self.require_signed(delivery, context.secret("webhook_secret"))
        sent_at = datetime.fromisoformat(delivery.headers["x-sent-at"])
        if abs(delivery.received_at - sent_at) > OLDEST_DELIVERY:
            message = "The delivery is too old."
            raise AuthError(message)
        start, end, event = delivery.body.decode().split()
        window = Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
        return [Dirty(window=window, event_id=event)]

    def require_signed(self, delivery: Delivery, secret: str) -> None:
        signature = delivery.headers.get("x-signature", "")
        if not hmac.compare_digest(signature, signed(delivery, secret)):
            message = "The delivery's signature is not the tool's."
            raise AuthError(message)

    async def answers(self, request: PullRequest, context: Context) -> AsyncIterator[Answer]:
        """Walk all answers of a window."""
        seen: set[str] = set()
        after: str | None = ""
        while after is not None and after not in seen:
            seen.add(after)
            page = await self.page(request, after, context)
            for answer in page.answers:
                yield answer
            after = page.paging.next or None
        if after is not None:
            message = f"The page after {after!r} leads to itself."
            raise DataError(message)

    async def page(self, request: PullRequest, after: str, context: Context) -> Page:
        parameters = {
            "from": request.window.start.isoformat(),
            "to": request.window.end.isoformat(),
            "campaign": Campaign.read(request.parameters).campaign,
            **self.position(after),
        }
        body = await self.get("/answers", parameters, context)
        try:
            return Page.model_validate_json(body)
        except ValidationError as error:
            message = "The tool's answer holds no answers."
            raise DataError(message, detail=repr(body[:200])) from error

    def position(self, after: str) -> dict[str, str]:
        return {"after": after}

    async def get(self, path: str, parameters: Mapping[str, str], context: Context) -> bytes:
        return (await self.send(path, parameters, context)).content

    async def send(
        self, path: str, parameters: Mapping[str, str], context: Context
    ) -> httpx.Response:
        return await context.http.get(
            f"{self.settings.url}{path}",
            params=parameters or None,  # httpx drops an address's own where there are none
            headers={"Accept": "application/json"},
            auth=Bearer(context.secret("token")),
            extensions=terms(expect=self.expect),
            follow_redirects=not self.expect,
        )

    def period(self, answer: Answer, request: PullRequest) -> Window:
        at = parse_moment(answer.at, request.time_zone)
        return period_of(at, request.grain, request.time_zone)

    def add(self, answer: Answer, bucket: Bucket, request: PullRequest) -> None:
        score = parse_decimal(answer.score)
        if score is None:
            return
        bucket.total += score
        bucket.answers += 1
        bucket.promoters += score >= 9
        if request.metric == "people":
            bucket.people.add(answer.who)

    def observation(
        self, period: Window, bucket: Bucket, request: PullRequest, *, now: datetime
    ) -> Observation:
        is_ratio = request.metric == "promoters" and bucket.answers
        return Observation(
            metric=request.metric,
            start=period.start,
            end=period.end,
            value=self.value(bucket, request.metric),
            sample_size=bucket.answers,
            numerator=Decimal(bucket.promoters) if is_ratio else None,
            denominator=Decimal(bucket.answers) if is_ratio else None,
            state=ObservationState.FINAL if period.end <= now else ObservationState.PROVISIONAL,
        )

    def value(self, bucket: Bucket, metric: str) -> Decimal | None:
        if not bucket.answers:
            return None
        if metric == "people":
            return Decimal(len(bucket.people))
        total = bucket.total if metric == "score" else Decimal(bucket.promoters)
        return total / bucket.answers


def signed(delivery: Delivery, secret: str) -> str:
    """Give the signature of a delivery's time and body."""
    text = delivery.headers.get("x-sent-at", "").encode() + delivery.body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


@hookimpl
def atlas_connectors() -> list[type[Survey]]:
    """Bring the survey connector."""
    return [Survey]
