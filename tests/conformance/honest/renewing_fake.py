"""The survey tool's fake, with a source of tokens: each refresh token is good for one exchange."""

from dataclasses import replace
from itertools import count
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from journey_atlas_sdk.conformance import App, World
from tests.conformance.honest import survey_fake
from tests.conformance.honest.renewing import RenewingSurvey

REFRESH_TOKEN = "first-refresh-token-7c1f"  # noqa: S105 -- of a fake


def renewing_tool(world: World) -> App:
    """Answer as the tool does, to whoever has the newest token."""
    good = {"refresh_token": REFRESH_TOKEN, "access_token": ""}
    numbers = count(1)

    async def token(request: Request) -> Response:
        asked = dict(parse_qsl((await request.body()).decode()))
        if asked.get("refresh_token") != good["refresh_token"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        number = next(numbers)
        good.update((name, f"{name}-{number}-7c1f") for name in list(good))
        return JSONResponse({**good, "expires_in": 3_600})

    answering = survey_fake.routes(world, lambda token: token == good["access_token"])
    return Starlette(routes=[Route("/token", token, methods=["POST"]), *answering])


specimen = replace(
    survey_fake.specimen,
    connector=RenewingSurvey,
    source=renewing_tool,
    settings={
        "url": "https://survey.example",
        "refresh_token": REFRESH_TOKEN,
        "webhook_secret": survey_fake.WEBHOOK_SECRET,
    },
    narrow=None,
    renews="/token",
    documentation=f"{survey_fake.specimen.documentation} `refresh_token`",
)
