"""What the conformance kit must know of Acme Metrics: a fake, settings, values known by heart."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Specimen, World
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acme_metrics import AcmeMetrics

TOKEN: Final = "token-of-the-fake"
LONGEST: Final = timedelta(days=90)


def fake(world: World) -> App:
    """Answer as the source does, from the facts of a world; refuse what the source refuses."""

    async def orders(request: Request) -> Response:
        since, until = (date.fromisoformat(request.query_params[end]) for end in ("since", "until"))
        zone = ZoneInfo(request.query_params["zone"])
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "TOKEN"}, status_code=401)
        if until - since > LONGEST:
            return JSONResponse({"error": "TOO_LONG"}, status_code=400)
        days = {each.at.astimezone(zone).date(): each.value for each in world.facts}
        asked = {f"{day}": orders for day, orders in days.items() if since <= day <= until}
        return JSONResponse({"days": asked})

    return Starlette(routes=[Route("/v1/orders", orders)])


specimen = Specimen(
    connector=AcmeMetrics,
    source=fake,
    settings={"url": "https://api.acme-metrics.example", "token": TOKEN},
    golden=Golden(
        metric="orders",
        grain=Grain.DAY,
        known=(Known("2026-10-24", "41"), Known("2026-10-25", "0"), Known("2026-10-26", "38")),
    ),
    documentation=(Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8"),
)
