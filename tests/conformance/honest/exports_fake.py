"""The warehouse's fake: an export is ready 45 seconds after it was begun."""

from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import App, Golden, Keeps, Known, Specimen, World, fact, total
from tests.conformance.honest.exports import Exports

TAKES = timedelta(seconds=45)


def warehouse(world: World) -> App:
    """Answer as the warehouse does."""
    begun: dict[str, tuple[datetime, datetime, datetime]] = {}

    async def name(request: Request) -> Response:
        del request
        return JSONResponse({"name": "warehouse"})

    async def begin(request: Request) -> Response:
        window = await request.json()
        job = f"export-{len(begun) + 1}"
        start, end = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
        begun[job] = (world.now(), start, end)
        return JSONResponse({"id": job}, status_code=201)

    async def fetch(request: Request) -> Response:
        job = request.path_params["job"]
        if job not in begun:
            return JSONResponse({"message": "no such export"}, status_code=404)
        at, start, end = begun[job]
        if world.now() < at + TAKES:
            return JSONResponse({"state": "running"}, status_code=202)
        rows = [(each.at.isoformat(), each.value) for each in world.between(start, end)]
        return JSONResponse({"rows": rows})

    return Starlette(
        routes=[
            Route("/", name),
            Route("/exports", begin, methods=["POST"]),
            Route("/exports/{job}", fetch),
        ]
    )


specimen = Specimen(
    connector=Exports,
    golden=Golden(
        metric="revenue",
        grain=Grain.DAY,
        known=(Known("2026-09-07", "199.95"), Known("2026-09-08", "0.05")),
        facts=(
            fact("2026-09-07T09:00", "99.90"),
            fact("2026-09-07T17:00", "100.05"),
            fact("2026-09-08T09:00", "0.05"),
        ),
    ),
    source=warehouse,
    settings={"url": "https://warehouse.example"},
    keeps=Keeps.EVENTS,
    measures={"revenue": total},
    exports=True,
)
