"""Real taps of others, each installed into an environment of its own as the page says.

tap-jsonl (Apache-2.0) is built on Meltano's SDK; pipelinewise-tap-postgres (AGPL-3.0) is Wise's, on
a singer-python of its own. Neither is imported, and neither comes with the product.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import make_url

from api.app import answered, open_product
from api.cli.importing import import_file
from api.cli.syncing import SyncTask, sync
from api.settings import read_settings
from connectors.singer import Singer, SingerSettings
from journey_atlas_sdk import (
    ConfigError,
    ConnectorError,
    Grain,
    PullRequest,
    TransientError,
    Window,
)
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.acceptance.product import ROOT
from tests.connectors.databases import as_psycopg, fill

pytestmark = pytest.mark.slow

Json = Any  # Any: JSON

TAPS: Final = {
    "tap-jsonl": "tap-jsonl==0.3.1",
    "tap-postgres": "pipelinewise-tap-postgres==2.1.0",
}
UNREACHABLE: Final = ("failed to fetch", "error sending request", "network was disabled")

ATLAS: Final = """
format: journey-atlas/1
organization: {key: shop, title: The Shop, time_zone: Europe/Oslo}
connections:
  - key: answers
    title: Answers
    connector: singer
    settings:
      tap: tap-jsonl
      config: {path: "${folder}/answers-*.jsonl", stream_name: answers, primary_keys: [id]}
      metrics:
        nps:
          {stream: answers, time: answered_at, measure: NPS, column: score, where: {valid: true},
           dimensions: {team: asked_by.team}}
metrics:
  - {key: MT-NPS, title: NPS, unit: SCORE, better: HIGHER, aggregation: RATIO,
     sources: [{connection: answers, metric: nps, grain: MONTH, breakdowns: [[], [team]]}]}
"""
ROWS: Final = """
query {
  observationRows(metrics: ["MT-NPS"]) { startDate value sampleSize dimensions }
}
"""
NOVEMBER: Final = "2026-11-22T12:00Z"
ANSWERS: Final = (
    # when, score, team, valid: in Oslo the first is given on 1 October, the last on 1 November
    ("2026-09-30T22:30:00Z", 10, "claims", True),
    ("2026-10-12T08:00:00Z", 9, "claims", True),
    ("2026-10-13T08:00:00Z", 3, "sales", True),
    ("2026-10-13T09:00:00Z", 0, "sales", False),
    ("2026-10-31T21:59:00Z", 8, "claims", True),
    ("2026-10-31T23:01:00Z", 10, "claims", True),
)

TABLE: Final = (
    "CREATE TABLE visits (id int PRIMARY KEY, at timestamptz NOT NULL, who text, minutes numeric)",
    """INSERT INTO visits VALUES
        (1, '2026-10-01 10:00Z', 'ada', 0.1), (2, '2026-10-02 11:00Z', 'ada', 0.2),
        (3, '2026-10-02 12:00Z', 'bob', NULL), (4, '2026-11-01 00:00Z', 'eve', 7)""",
)
OCTOBER: Final = PullRequest(
    metric="visitors",
    window=Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    grain=Grain.MONTH,
    time_zone=ZoneInfo("UTC"),
)


def install(folder: Path, tap: str, package: str) -> subprocess.CompletedProcess[str]:
    """Make an environment that bears the tap's name, and install the tap into it."""
    uv = shutil.which("uv", path=f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert uv, "dev.py puts uv into .tools"
    place = str(folder / tap)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
    command = [uv, "pip", "install", "--quiet", "--python", place, package]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def taps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install them all at once, from the index that the machine's installer knows."""
    folder = tmp_path_factory.mktemp("taps")
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(install, folder, *each) for each in TAPS.items()]
    for done in (each.result() for each in waiting):
        if done.returncode and any(words in done.stderr.lower() for words in UNREACHABLE):
            pytest.skip("REAL SINGER TAPS ARE NOT TESTED: no package index can be reached")
        assert done.returncode == 0, done.stderr
    return folder


async def test_a_tap_of_meltanos_feeds_a_metric_of_the_product(
    taps: Path, tmp_path: Path, database_url: str
) -> None:
    for half, answers in enumerate((ANSWERS[:3], ANSWERS[3:])):
        file = tmp_path / f"answers-{half}.jsonl"
        file.write_text("".join(json.dumps(record(*each)) + "\n" for each in answers))
    atlas = tmp_path / "atlas.yaml"
    atlas.write_text(ATLAS)
    settings = read_settings(
        {"DATABASE_URL": database_url, "ATLAS_PROGRAMS_DIR": str(taps), "ATLAS_CLOCK": NOVEMBER}
    )
    task = SyncTask(connections=(), since="2026-10-01", demo=False)

    assert await import_file(settings, atlas, dry_run=False, as_json=True) == 0
    assert await sync(settings, task, as_json=True) == 0
    async with open_product(settings) as product:
        rows = (await answered(product, {"query": ROWS}))["data"]["observationRows"]

    october = [row for row in rows if row["startDate"] == "2026-10-01"]
    # 100 × (2 promoters − 1 detractor) / 4; claims: 2 of 3; sales: −1 of 1
    assert [(row["dimensions"], row["value"], row["sampleSize"]) for row in october] == [
        (None, 25, 4),
        ('{"team":"claims"}', pytest.approx(200 / 3), 3),
        ('{"team":"sales"}', -100, 1),
    ]


def record(at: str, score: int, team: str, valid: bool) -> Json:  # noqa: FBT001 -- a row of a table
    told = {"answered_at": at, "score": score, "asked_by": {"team": team}, "valid": valid}
    return {"id": f"{at}/{team}", **told}


async def test_a_tap_under_the_agpl_reads_a_database_as_a_program_apart(
    taps: Path, database_url: str
) -> None:
    fill(as_psycopg(database_url), *TABLE)
    visits = {
        "stream": "public-visits",
        "time": "at",
        "metadata": {"replication-method": "FULL_TABLE"},
    }
    metrics = {
        "visitors": {**visits, "measure": "UNIQUE", "column": "who"},
        "minutes": {**visits, "measure": "MEAN", "column": "minutes"},
    }
    connector, context = a_postgres_tap(taps, metrics, reached(database_url))

    await connector.check(context)
    [visitors] = await pull_all(connector, OCTOBER, context)
    [minutes] = await pull_all(connector, replace(OCTOBER, metric="minutes"), context)

    assert visitors.value == 2
    assert minutes.value == Decimal("0.15")  # the mean of 0.1 and 0.2
    assert minutes.sample_size == 2


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"dbname": "nowhere"}, TransientError, 'database "nowhere" does not exist'),
        ({"port": None}, ConfigError, r"Config is missing required keys: \['port'\]"),
    ],
)
async def test_a_real_taps_refusals_are_named(
    changed: Json, error: type[ConnectorError], says: str, taps: Path, database_url: str
) -> None:
    metrics = {"visitors": {"stream": "public-visits", "time": "at", "measure": "COUNT"}}
    config = {**reached(database_url), **changed}
    connector, context = a_postgres_tap(taps, metrics, config)

    with pytest.raises(error, match=f"tap-postgres ended with 1, saying: .*{says}"):
        await connector.check(context)


def reached(database_url: str) -> dict[str, Json]:
    """Tell as the tap wants it how the tests' server is reached, through its socket."""
    url = make_url(database_url)
    return {"user": url.username, "password": "", "dbname": url.database, **url.query}


def a_postgres_tap(
    taps: Path, metrics: Json, config: Mapping[str, Json]
) -> tuple[Singer, FakeContext]:
    secret = json.dumps({name: value for name, value in config.items() if value is not None})
    given = {"tap": "tap-postgres", "secret_config": secret, "metrics": metrics}
    context = FakeContext(programs=taps, secrets={"secret_config": secret})
    return Singer(SingerSettings.read(given)), context
