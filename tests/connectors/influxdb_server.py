"""A real InfluxDB 1.x with some points, on the loopback, for one run."""

import shutil
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from tests.vendors.influxdb import DATABASE, NARROW, PASSWORD, READER, Point

_ADMIN: Final = ("admin", "admin-of-a-test")
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

CONFIGURATION: Final = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "meta"
[data]
  dir = "data"
  wal-dir = "wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = true
"""


def is_installed() -> bool:
    """Tell whether Debian's package `influxdb`, or another with the server of 1.x, is here."""
    return shutil.which("influxd") is not None


@contextmanager
def an_influxdb(folder: Path, port: int, points: Sequence[Point]) -> Generator[str]:
    """Start the server, write the points and give its address; it knows the fake's users."""
    (folder / "influxdb.conf").write_text(CONFIGURATION.format(port=port))
    program = shutil.which("influxd") or "influxd"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "run", "-config", "influxdb.conf"], cwd=folder, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(f"{url}/ping", folder / "log")
        _fill(url, points)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _fill(url: str, points: Sequence[Point]) -> None:
    admin, password = _ADMIN
    first = f"CREATE USER {admin} WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
    httpx.post(f"{url}/query", data={"q": first}).raise_for_status()
    others = (
        f"CREATE DATABASE {DATABASE}; CREATE USER {READER} WITH PASSWORD '{PASSWORD}'; "
        f"GRANT READ ON {DATABASE} TO {READER}; CREATE USER {NARROW} WITH PASSWORD '{PASSWORD}'"
    )
    httpx.post(f"{url}/query", data={"q": others}, auth=_ADMIN).raise_for_status()
    written = httpx.post(
        f"{url}/write",
        params={"db": DATABASE, "precision": "u"},
        content="\n".join(map(line_of, points)),
        auth=_ADMIN,
    )
    written.raise_for_status()


def line_of(point: Point) -> str:
    """Write a point in the line protocol; a text is quoted, a number is a float."""
    tags = "".join(f",{name}={value}" for name, value in sorted(point.tags.items()))
    fields = ",".join(f"{name}={_cell(value)}" for name, value in point.fields.items())
    return f"{point.measurement}{tags} {fields} {(point.at - _EPOCH) // _MICROSECOND}"


def _cell(value: float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _wait_until_ready(url: str, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    message = f"InfluxDB did not start: {log.read_text()[-2000:]}"
    raise AssertionError(message)
