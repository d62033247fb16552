"""A web server that answers byte for byte what a test says, and may be slow or break off."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """Pieces of an answer as they go over the wire, `pause` seconds apart."""

    pieces: Iterable[bytes]
    pause: float = 0


@dataclass(slots=True)
class WebServer:
    """Its address, what it answers by path, and the heads of the requests that it got."""

    url: str
    replies: Mapping[str, Reply]
    heads: list[str] = field(default_factory=list[str])

    @property
    def paths(self) -> list[str]:
        """The paths it was asked for, in order."""
        return [head.split(" ")[1] for head in self.heads]


def a_reply(
    body: bytes | str = b"", status: str = "200 OK", *, length: int | None = None, **headers: str
) -> Reply:
    """Answer at once; `length` is what Content-Length says, the body's own if left out."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Reply([_head(lines) + content])


def chunked(*pieces: bytes, pause: float = 0, is_whole: bool = True) -> Reply:
    """Answer in chunks, without saying the length; where not whole, the last chunk is missing."""
    head = _head(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"])
    chunks = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces]
    return Reply([head, *chunks, *([b"0\r\n\r\n"] if is_whole else [])], pause)


@asynccontextmanager
async def a_web_server(replies: Mapping[str, Reply]) -> AsyncGenerator[WebServer]:
    """Serve on the loopback; a path without a reply is a 404."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            web.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            path = web.paths[-1].split("?")[0]
            reply = replies.get(path, a_reply("nothing here", "404 Not Found"))
            for piece in reply.pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(reply.pause)
        except ConnectionError:  # the client has heard enough
            pass
        finally:
            writer.close()
            running.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    web = WebServer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", replies)
    try:
        yield web
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _head(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()
