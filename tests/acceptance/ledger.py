"""A source over real HTTP, with one value a day, and the drop-in connector that reads it."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

SECONDS_A_REQUEST: Final = 0.05

CONNECTOR: Final = """
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

from journey_atlas_sdk import (
    Connector, ConnectorInfo, Context, Grain, MetricSpec, Observation, PullRequest, Settings,
    hookimpl, periods,
)
from journey_atlas_sdk.settings import AllowPrivate


class LedgerSettings(Settings):
    url: str
    allow_private: AllowPrivate = False


class Ledger(Connector[LedgerSettings]):
    info = ConnectorInfo(
        key="ledger",
        title="Ledger",
        version="1",
        settings=LedgerSettings,
        metrics=(MetricSpec(key="entries", title="Entries", grains=frozenset({Grain.DAY})),),
        max_window=timedelta(days=DAYS),
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        days = list(periods(request.window, request.grain, request.time_zone))
        first, last = (f"{day.start:%Y-%m-%d}" for day in (days[0], days[-1]))
        response = await context.http.get(self.settings.url, params={"from": first, "to": last})
        values = response.json()
        for day in days:
            value = Decimal(values[f"{day.start:%Y-%m-%d}"])
            yield Observation(metric=request.metric, start=day.start, end=day.end, value=value)


@hookimpl
def atlas_connectors() -> list[type[Ledger]]:
    return [Ledger]
"""

ATLAS: Final = """\
format: journey-atlas/1
organization: {{key: acme, title: Acme, time_zone: UTC, currency: EUR}}
connections:
  - {{key: ledger, title: Ledger, connector: ledger,
     settings: {{url: "{url}", allow_private: true}}}}
metrics:
  - {{key: MT-1, title: Entries, unit: NUMBER, better: HIGHER, aggregation: SUM, cadence: DAY,
     sources: [{{connection: ledger, metric: entries, grain: DAY}}]}}
"""


def value_of(day: date) -> int:
    """Give what the source says of a day: whatever, but always the same."""
    return day.toordinal() * 7 % 1_000


@dataclass
class Ledger:
    """The running source, and how often it was asked."""

    url: str
    asked: list[str] = field(default_factory=list[str])

    def wait_for(self, requests: int, *, seconds: float = 60) -> None:
        """Wait until it was asked so many times more."""
        wanted, deadline = len(self.asked) + requests, time.monotonic() + seconds
        while len(self.asked) < wanted:
            assert time.monotonic() < deadline, f"It was asked {len(self.asked)} times."
            time.sleep(0.01)


@contextmanager
def a_ledger(folder: Path, *, days: int = 30) -> Generator[Ledger]:
    """Run the source, and write its connector and an atlas file that binds it into a folder.

    `days` is how many it takes in one request.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    ledger = Ledger(f"http://127.0.0.1:{server.server_port}/values")
    server.asked = ledger.asked  # type: ignore[attr-defined]  # handlers know their server alone
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    (folder / "plugins").mkdir()
    (folder / "plugins" / "ledger.py").write_text(CONNECTOR.replace("DAYS", str(days)))
    (folder / "acme.yaml").write_text(ATLAS.format(url=ledger.url))
    try:
        yield ledger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the values of some days, after a while."""
        query = parse_qs(urlsplit(self.path).query)
        first, last = (date.fromisoformat(query[name][0]) for name in ("from", "to"))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]  # as above
        time.sleep(SECONDS_A_REQUEST)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        body = json.dumps({day.isoformat(): value_of(day) for day in days}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as above
        """Say nothing."""
