"""The routes of the first page: at `/`, and at `/graphql` for who reads HTML rather than JSON.

Nothing of it comes from elsewhere, and its policy forbids the browser to ask anybody else.
"""

from pathlib import Path

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.first_page.examples import example_operations
from api.media_types import HTML, JSON, OFFERED, wanted

STATIC = Path(__file__).parent / "static"
FILES = "/first-page"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    # The editor writes its themes, and the place of each line, as inline styles.
    "style-src": "'self' 'unsafe-inline'",
    # The page's style sheet embeds its fonts and icons.
    "font-src": "'self' data:",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "content-security-policy": "; ".join(f"{kind} {source}" for kind, source in _POLICY.items()),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Kept by browsers, but asked for anew each time: an upgrade shows at once.
    "cache-control": "no-cache",
}


def first_page_routes(*, graphql: str = "/graphql") -> list[BaseRoute]:
    """Make the page's routes; they go before the one that answers GraphQL at `graphql`."""
    return [
        Route("/", _page),
        _PageForReaders(graphql, _page),
        Route(f"{FILES}/examples.json", _examples),
        Mount(FILES, _Files(directory=STATIC)),
    ]


class _PageForReaders(Route):
    """Matches who opens the address in a browser, and nobody who asks the API something."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        return (found, child) if found is Match.FULL and _reads(scope) else (Match.NONE, {})


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={**HEADERS, "vary": "accept"})


def _examples(_: Request) -> Response:
    """Give the examples; no coroutine, so that reading their files holds nobody up."""
    return Response(orjson.dumps(example_operations()), media_type=JSON, headers=HEADERS)


def _reads(scope: Scope) -> bool:
    """Tell whether HTML is liked better than JSON, and no document came along."""
    accept = Request(scope).headers.get("accept")
    asks = "query" in QueryParams(scope["query_string"])
    return not asks and wanted(accept, (*OFFERED, HTML)) == HTML
