"""What every vendor's fake is made of: its routes, and the answers that it refuses with."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


class Refused(Exception):
    """A request that a vendor turns down, and what it answers."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class Fake(ABC):
    """A service as an ASGI app; what a test changes in it holds from the next request on.

    Its handlers are coroutines: plain functions run in threads, which a virtual clock overtakes.
    """

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI app does."""
        app = Starlette(routes=list(self.routes()), exception_handlers={Refused: _refusal})
        await app(scope, receive, send)


async def _refusal(request: Request, error: Exception) -> Response:
    del request
    if isinstance(error, Refused):  # as Starlette promises
        return error.answer
    raise error
