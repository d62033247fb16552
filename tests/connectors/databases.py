"""Databases to ask: PostgreSQL, SQLite and DuckDB, and one that only ever refuses."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

SSL_REQUEST = (80877103).to_bytes(4, "big")


def as_psycopg(url: str) -> str:
    """Turn the address of the tests' PostgreSQL into one for a driver that blocks."""
    psycopg = make_url(url).set(drivername="postgresql+psycopg")
    return psycopg.render_as_string(hide_password=False)


def address(backend: str, folder: Path) -> str:
    """Give the address of a database file."""
    return f"{backend}:///{quote(str(folder))}/atlas.{backend}"


def fill(url: str, *statements: str) -> str:
    """Run statements that write, and give the address back."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
    return url


@asynccontextmanager
async def a_refusing_postgres(sqlstate: str, said: str) -> AsyncGenerator[str]:
    """Listen on the loopback, answer every client with one FATAL error, and give the address."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _startup(reader)
        if request.startswith(SSL_REQUEST):
            writer.write(b"N")
            await _startup(reader)
        fields = (("S", "FATAL"), ("V", "FATAL"), ("C", sqlstate), ("M", said))
        body = b"".join(f"{kind}{value}\0".encode() for kind, value in fields) + b"\0"
        writer.write(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"postgresql://reader:hunter2@127.0.0.1:{port}/atlas?gssencmode=disable"


async def _startup(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(length - 4)
