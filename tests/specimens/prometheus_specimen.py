"""Prometheus, of which the fake knows what the connector asks: sums over ranges, by labels."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.prometheus import Prometheus
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    fact,
    share,
    total,
)

TOKEN = "scraper-token-7c1f"  # noqa: S105 -- of a fake
NARROW = "narrow-token-7c1f"
MOST_POINTS = 11_000

SUM = re.compile(
    r"sum by \((?P<labels>[^)]*)\) \(sum_over_time\((?P<name>\w+)\[(?P<seconds>\d+)s\]\)\)"
)

Labels = tuple[tuple[str, str], ...]
Point = tuple[Decimal, str]


def server(world: World) -> App:
    """Answer range queries as Prometheus does."""

    async def query_range(request: Request) -> Response:
        statuses = {f"Bearer {TOKEN}": 200, f"Bearer {NARROW}": 403}
        status = statuses.get(request.headers.get("Authorization", ""), 401)
        if status != 200:
            return Response("no", status_code=status)
        return evaluated(world, request.query_params)

    return Starlette(routes=[Route("/api/v1/query_range", query_range)])


def evaluated(world: World, asked: Mapping[str, str]) -> Response:
    start, end, step = (Decimal(asked[name]) for name in ("start", "end", "step"))
    moments = [start + step * nth for nth in range(int((end - start) / step) + 1)]
    if len(moments) > MOST_POINTS:
        return refused("exceeded maximum resolution of 11,000 points per timeseries.")
    if asked["query"] == "vector(1)":
        return matrix({(): [(moment, "1") for moment in moments]})
    found = SUM.fullmatch(asked["query"])
    if found is None:
        return refused(f"parse error: {asked['query']}")
    names = [name for name in found["labels"].split(", ") if name]
    series: dict[Labels, list[Point]] = {}
    for moment in moments:
        facts = before(world, moment, seconds=int(found["seconds"]))
        for labels, text in sums(facts, found["name"], names).items():
            series.setdefault(labels, []).append((moment, text))
    return matrix(series)


def before(world: World, moment: Decimal, *, seconds: int) -> Sequence[Fact]:
    """Give the facts of a range, which holds its end and not its start."""
    end = EPOCH + MILLISECOND * int(moment * 1000)
    return world.between(end - timedelta(seconds=seconds) + MILLISECOND, end + MILLISECOND)


def sums(facts: Sequence[Fact], name: str, labels: Sequence[str]) -> dict[Labels, str]:
    """Add samples up by label; where one is no number, neither is the sum."""
    samples: dict[Labels, list[str]] = {}
    for each in facts:
        if each.value:
            key = tuple((label, each.dimensions[label]) for label in labels)
            samples.setdefault(key, []).append(SAMPLES[name](each.value))
    return {key: added(texts) for key, texts in samples.items()}


def added(texts: Sequence[str]) -> str:
    try:
        return str(sum(map(Decimal, texts), Decimal(0))).replace("Infinity", "+Inf")
    except InvalidOperation:
        return texts[0]


def matrix(series: Mapping[Labels, Sequence[Point]]) -> Response:
    result = [
        {"metric": dict(labels), "values": [[float(at), text] for at, text in points]}
        for labels, points in series.items()
    ]
    return JSONResponse({"status": "success", "data": {"resultType": "matrix", "result": result}})


def refused(message: str) -> Response:
    body = {"status": "error", "errorType": "bad_data", "error": message}
    return JSONResponse(body, status_code=400)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SAMPLES: Mapping[str, Callable[[str], str]] = {
    "visits": lambda written: written,
    "good": lambda written: "1" if Decimal(written) > 5 else "0",
    "all": lambda _: "1",
}

specimen = Specimen(
    connector=Prometheus,
    golden=Golden(
        metric="visits",
        grain=Grain.DAY,
        known=(Known("2026-09-07", "0.3"), Known("2026-09-08", "5")),
        facts=(
            fact("2026-09-07T00:00:01", "0.1"),
            fact("2026-09-07T23:59", "0.2"),
            fact("2026-09-08T12:00", "5"),
        ),
    ),
    source=server,
    settings={
        "url": "https://prometheus.example",
        "token": TOKEN,
        "queries": {
            "visits": "sum by ($dimensions) (sum_over_time(visits[$period]))",
            "happy": {
                "numerator": "sum by ($dimensions) (sum_over_time(good[$period]))",
                "denominator": "sum by ($dimensions) (sum_over_time(all[$period]))",
            },
        },
    },
    keeps=Keeps.EVENTS,
    measures={"visits": total, "happy": share(lambda number: number > 5)},
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": NARROW}, AccessDenied),
)
