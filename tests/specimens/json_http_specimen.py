"""A help desk that answers with JSON, page by page."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.json_http import JsonHttp
from journey_atlas_sdk import AccessDenied, Grain, parse_moment
from journey_atlas_sdk.conformance import (
    OSLO,
    App,
    Fact,
    Golden,
    Known,
    Pages,
    Refused,
    Specimen,
    World,
)

TOKEN: Final = "desk-token-7c1f"  # noqa: S105 -- of a fake
NARROW: Final = "narrow-token-7c1f"
SIZE: Final = 500


def help_desk(world: World) -> App:
    """Tell the facts between two days as buckets."""

    async def report(request: Request) -> Response:
        known = {f"Bearer {TOKEN}": 200, f"Bearer {NARROW}": 403}
        status = known.get(request.headers.get("Authorization", ""), 401)
        if status != 200:
            return JSONResponse({"message": "no"}, status)
        asked = request.query_params
        start, end = (parse_moment(asked[name], OSLO) for name in ("from", "until"))
        first = int(asked.get("after", 0))
        found = world.between(start, end)
        page = [bucket(each) for each in found[first : first + SIZE]]
        more = first + SIZE < len(found)
        cursor = str(first + SIZE) if more else None
        return JSONResponse({"data": {"buckets": page}, "meta": {"cursor": cursor}})

    return Starlette(routes=[Route("/v2/reports/first-contact", report)])


def bucket(each: Fact) -> dict[str, object]:
    return {
        "date": each.at.isoformat(),
        "solved": {"share": each.value},
        "contacts": each.sample_size,
        "parts": {"of": each.numerator, "all": each.denominator},
        "channel": {"name": each.dimensions.get("channel")},
    }


specimen = Specimen(
    connector=JsonHttp,
    golden=Golden(
        metric="solved-at-once",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", "0.71", sample_size=1204),
            Known("2026-10-25", "0.25", sample_size=4, numerator="1", denominator="4"),
            Known("2026-10-26", None),
        ),
    ),
    source=help_desk,
    settings={
        "url": "https://desk.example/v2",
        "token": TOKEN,
        "queries": {
            "solved-at-once": {
                "path": "/reports/first-contact",
                "parameters": {"from": ":start", "until": ":end"},
                "rows": "data.buckets",
                "fields": {
                    "period_start": "date",
                    "value": "solved.share",
                    "sample_size": "contacts",
                    "numerator": "parts.of",
                    "denominator": "parts.all",
                },
                "dimensions": {"channel": "channel.name"},
                "paging": {"cursor": "meta.cursor", "parameter": "after"},
            }
        },
    },
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": NARROW}, AccessDenied),
    pages=Pages(size=SIZE, link="meta.cursor"),
)
