"""A real Prometheus with a history that promtool made, on the loopback, for one run."""

import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

PASSWORD = "hunter2"  # noqa: S105 -- of a server that lives for a test
# bcrypt of the password above, at its cheapest.
USERS = 'basic_auth_users: {reader: "$2b$04$UbBrlQnMr.CL8wHYdvfTDOVybIvS8cLitrEeBhxywUxWR3.9nL0FW"}'
CONFIGURATION = "global: {scrape_interval: 1h}"

Sample = tuple[datetime, str, str]
"""When, which series and which value."""


def is_installed() -> bool:
    """Tell whether Debian's package `prometheus`, or another with both programs, is here."""
    return all(shutil.which(program) for program in ("prometheus", "promtool"))


def open_metrics(samples: Mapping[str, list[Sample]]) -> str:
    """Write samples by metric in the format that promtool imports."""
    lines: list[str] = []
    for metric, series in samples.items():
        lines.append(f"# TYPE {metric} gauge")
        lines += [
            f"{metric}{labels} {value} {at.timestamp():.3f}"
            for at, labels, value in sorted(series, key=lambda one: (one[1], one[0]))
        ]
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def a_prometheus(folder: Path, port: int, samples: Mapping[str, list[Sample]]) -> Generator[str]:
    """Import samples, start the server and give its address; it asks for reader's password."""
    (folder / "samples.om").write_text(open_metrics(samples))
    (folder / "prometheus.yml").write_text(CONFIGURATION)
    (folder / "web.yml").write_text(USERS)
    command = [
        _program("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "samples.om",
        "data",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                _program("prometheus"),
                "--config.file=prometheus.yml",
                "--web.config.file=web.yml",
                f"--web.listen-address=127.0.0.1:{port}",
                "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y",
            ],
            cwd=folder,
            stderr=log,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/-/ready", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _program(name: str) -> str:
    return shutil.which(name) or name


def _wait_until_ready(url: str, log: Path) -> None:
    until = datetime.now(UTC) + timedelta(seconds=30)
    while datetime.now(UTC) < until:
        try:
            if httpx.get(url, auth=("reader", PASSWORD)).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    message = f"Prometheus did not start: {log.read_text()[-2000:]}"
    raise AssertionError(message)
