"""The survey tool's fake, as strict as the tool, and what is known of it by heart."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from journey_atlas_sdk import AccessDenied, Delivery, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Pages,
    Refused,
    Specimen,
    World,
    fact,
    mean,
    share,
    unique,
)
from tests.conformance.honest.survey import Survey, signed

TOKEN = "right-token-7c1f"  # noqa: S105 -- of a fake
NARROW = "narrow-token-7c1f"
WEBHOOK_SECRET = "webhook-secret-7c1f"  # noqa: S105 -- of a fake
LONGEST = timedelta(days=130)
SIZE = 50


def survey_tool(world: World) -> App:
    """Answer as the tool does."""
    return Starlette(routes=routes(world, lambda token: token == TOKEN))


def routes(world: World, is_good: Callable[[str], bool]) -> list[Route]:
    """Answer whoever has a good token."""

    def refusal(request: Request) -> Response | None:
        _, _, token = request.headers.get("Authorization", "").partition("Bearer ")
        if token == NARROW:
            return JSONResponse({"message": "no scope answers:read"}, status_code=403)
        return None if is_good(token) else JSONResponse({"message": "who?"}, status_code=401)

    async def me(request: Request) -> Response:
        return refusal(request) or JSONResponse({"name": "Norrhavn"})

    async def answers(request: Request) -> Response:
        return refusal(request) or page(request.query_params)

    def page(asked: QueryParams) -> Response:
        start, end = (datetime.fromisoformat(asked[name]) for name in ("from", "to"))
        if end - start > LONGEST:
            return JSONResponse({"message": "at most 130 days"}, status_code=400)
        rest, link = part(world.between(start, end), asked)
        return JSONResponse({"answers": [written(each) for each in rest], "paging": {"next": link}})

    return [Route("/me", me), Route("/answers", answers)]


def part(found: Sequence[Fact], asked: QueryParams) -> tuple[Sequence[Fact], str | None]:
    """Give a page and the way to the next: a cursor, which stays where it is, or an offset."""
    if "offset" in asked:
        first = int(asked["offset"] or 0)
    else:
        first = bisect_right(found, asked["after"], key=cursor)
    rest = found[first : first + SIZE]
    if first + SIZE >= len(found):
        return rest, None
    return rest, str(first + SIZE) if "offset" in asked else cursor(rest[-1])


def cursor(each: Fact) -> str:
    return f"{each.at.astimezone(UTC).isoformat()}|{each.number:09}"


def written(each: Fact) -> dict[str, object]:
    return {
        "id": each.number,
        "at": each.at.isoformat(),
        "updated_at": (each.updated_at or each.at).isoformat(),
        "score": each.value,
        "who": each.who,
    }


def delivery(now: datetime) -> Delivery:
    """Write a webhook of the tool's."""
    body = f"{(now - timedelta(days=1)).isoformat()} {now.isoformat()} event-7".encode()
    bare = Delivery(body=body, headers={"x-sent-at": now.isoformat()}, received_at=now)
    return replace(bare, headers={**bare.headers, "x-signature": signed(bare, WEBHOOK_SECRET)})


GOLDEN = Golden(
    metric="score",
    grain=Grain.DAY,
    known=(
        Known("2026-09-07", "5.333333333333333333333333333", sample_size=3),  # (7 + 8 + 1) / 3
        Known("2026-09-08", "9.5", sample_size=2),  # (9 + 10) / 2
    ),
    facts=(
        fact("2026-09-07T00:00:01", "7", number=1),
        fact("2026-09-07T14:30", "8", number=2, who="ada@example.org"),
        fact("2026-09-07T23:59:59", "1", number=3, who="ada@example.org"),
        fact("2026-09-08T06:00", "9", number=4),
        fact("2026-09-08T21:00", "10", number=5),
    ),
)

specimen = Specimen(
    connector=Survey,
    golden=GOLDEN,
    source=survey_tool,
    settings={
        "url": "https://survey.example",
        "token": TOKEN,
        "webhook_secret": WEBHOOK_SECRET,
    },
    keeps=Keeps.EVENTS,
    measures={"score": mean, "promoters": share(lambda score: score >= 9), "people": unique},
    answers=("10", "3", "9", "6"),
    narrow=Refused({"token": NARROW}, AccessDenied),
    pages=Pages(size=SIZE, link="paging.next"),
    delivery=delivery,
    documentation=(Path(__file__).parent / "survey.md").read_text(encoding="utf-8"),
)
