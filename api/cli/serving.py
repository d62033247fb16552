"""`atlas serve`: the GraphQL API over HTTP."""

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import uvicorn

from api.access import is_loopback
from api.app import build_app, open_product
from api.cli.output import tell
from api.errors import CommandError
from api.execution.limits import Limits
from api.product import Product
from api.settings import Settings
from api.streaming.streams import Streams

LONGEST_HEADER_BYTES = 64 * 1024
SHUT_DOWN_WITHIN_SECONDS = 10
ENDING = (signal.SIGINT, signal.SIGTERM)


class OrderlyServer(uvicorn.Server):
    """A server that ends like any function: what was opened around it is closed in order.

    uvicorn raises the signal again that ended it, and the process would die of it before the
    database is given back.
    """

    def __init__(self, config: uvicorn.Config, *, welcome: str, streams: Streams) -> None:
        super().__init__(config)
        self._welcome = welcome
        self._streams = streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        tell(self._welcome)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves, then answer what is left."""
        self._streams.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take the signals that end a server while it runs."""
        before = {number: signal.signal(number, self.handle_exit) for number in ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def serve(settings: Settings, *, demo: bool) -> int:
    """Serve until a signal ends it; running requests are answered first."""
    with listen(settings) as listener:
        async with open_product(settings, of_demo=demo) as product:
            welcome, limits = _welcome(settings, listener, product, demo=demo), Limits()
            streams = Streams(limits.streams)
            config = uvicorn.Config(
                build_app(product, streams),
                ws="websockets-sansio",
                ws_max_size=limits.frame_bytes,
                ws_per_message_deflate=False,
                log_config=None,
                log_level=settings.log_level,
                access_log=False,
                server_header=False,
                h11_max_incomplete_event_size=LONGEST_HEADER_BYTES,
                timeout_graceful_shutdown=SHUT_DOWN_WITHIN_SECONDS,
            )
            server = OrderlyServer(config, welcome=welcome, streams=streams)
            async with product.working() if settings.worker else nullcontext():
                await server.serve(sockets=[listener])
    return 0


def listen(settings: Settings) -> socket.socket:
    """Take the port first: a second server must fail before it touches a database."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        message = (
            f"{settings.host}:{settings.port} can't be listened on ({error.strerror}): "
            "choose another with --port, or --port 0 for any free one."
        )
        raise CommandError(message) from error
    try:
        _require_closed(settings, listener)
    except CommandError:
        listener.close()
        raise
    return listener


def _require_closed(settings: Settings, listener: socket.socket) -> None:
    """Refuse to let anybody write from beyond this machine, unless the operator lets them in."""
    is_guarded = settings.access_control == "external" or not settings.mutations
    if is_guarded or is_loopback(listener.getsockname()[0]):
        return
    message = (
        f"{settings.host} is reached from beyond this machine, and there is no authentication yet. "
        "Listen on loopback, or set ATLAS_MUTATIONS=false to only read; where an access control of "
        "your own lets in whoever reaches this server, say so with ATLAS_ACCESS_CONTROL=external."
    )
    raise CommandError(message)


def _welcome(settings: Settings, listener: socket.socket, product: Product, *, demo: bool) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Journey Atlas answers at http://{shown}:{port}/graphql (Ctrl-C ends it)."]
    if demo:
        lines.append("It serves the sample atlas, in a database of its own.")
    if settings.clock:
        told = f"{product.clock():%Y-%m-%dT%H:%MZ}"
        lines.append(f"Its clock stands still at {told}; --clock now lets it run.")
    if is_loopback(host):
        lines.append("It answers this machine alone: there is no authentication yet.")
    else:
        lines.append("WARNING: it listens beyond this machine, and there is no authentication yet.")
    return "\n".join(lines)
