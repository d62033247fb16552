"""A CSV file on a web server that asks for a token."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.csv_http import CsvHttp
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Refused, Specimen, World
from tests.specimens.written import table

TOKEN = "files-token-7c1f"  # noqa: S105 -- of a fake
NARROW = "narrow-token-7c1f"


def web_server(world: World) -> App:
    """Serve the facts as trust.csv."""

    async def trust(request: Request) -> Response:
        known = {f"Bearer {TOKEN}": 200, f"Bearer {NARROW}": 403}
        status = known.get(request.headers.get("Authorization", ""), 401)
        text = table(world.facts) if status == 200 else "no"
        return PlainTextResponse(text, status_code=status, media_type="text/csv")

    return Starlette(routes=[Route("/exports/trust.csv", trust)])


specimen = Specimen(
    connector=CsvHttp,
    golden=Golden(
        metric="trust",
        grain=Grain.MONTH,
        known=(
            Known("2026-08-01", "64.0", sample_size=1190),
            Known("2026-09-01", "65.1", sample_size=1204),
            Known("2026-10-01", "66.4", sample_size=1180),
        ),
    ),
    source=web_server,
    settings={"url": "https://files.example/exports/trust.csv", "token": TOKEN},
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": NARROW}, AccessDenied),
)
