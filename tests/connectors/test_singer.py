"""A tap is run as a program: told what it needs, named by its failure, over when nobody waits."""

import asyncio
import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from connectors.singer import Singer, SingerSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    PullRequest,
    RateLimited,
    TransientError,
    Window,
)
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.programs import install, is_running, wait_until

Json = Any  # Any: JSON

CANARY: Final = "c4n4ry-of-the-shop"
SECRET: Final = json.dumps({"api_key": CANARY})
OCTOBER: Final = PullRequest(
    metric="answers",
    window=Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    grain=Grain.MONTH,
    time_zone=ZoneInfo("UTC"),
)
COUNT: Final = {"stream": "answers", "time": "at", "measure": "COUNT"}
SCHEMA: Final = {
    "type": "SCHEMA",
    "stream": "answers",
    "schema": {"type": "object"},
    "key_properties": ["id"],
}
CATALOG: Final = {"streams": [{"tap_stream_id": "answers", "schema": {"type": "object"}}]}

TELLING: Final = """
    import json
    import sys

    if "--discover" in sys.argv:
        print(json.dumps({catalog!r}))
        sys.exit()
    for message in {messages}:
        print(json.dumps(message), flush=True)
    {then}
"""


def a_record(**columns: Json) -> Json:
    return {"type": "RECORD", "stream": "answers", "record": columns}


def a_tap(folder: Path, *messages: Json, then: str = "", catalog: Json = CATALOG) -> None:
    """Install a tap that tells these messages, then does something."""
    source = TELLING.format(catalog=catalog, messages=list(messages), then=then)
    install(folder, "tap-shop", source)


def settings(metric: Json = COUNT, **more: Json) -> SingerSettings:
    given = {"tap": "tap-shop", "metrics": {"answers": metric}, **more}
    return SingerSettings.read(given)


async def pull(
    folder: Path, given: SingerSettings | None = None, *, request: PullRequest = OCTOBER
) -> list[Observation]:
    """Ask the tap of a folder about October."""
    context = FakeContext(programs=folder, secrets={"secret_config": SECRET})
    return await pull_all(Singer(given or settings()), request, context)


def lending(folder: Path) -> Lending:
    """Lend as the product does, with all of its redaction and its deadline."""
    return Lending(
        connection="test",
        budgets=MemoryBudgets(RealClock()),
        secrets={"secret_config": SECRET},
        programs=folder,
    )


# ---- what comes of records


async def test_records_are_things_that_happened(tmp_path: Path) -> None:
    days = ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z")
    a_tap(tmp_path, SCHEMA, *(a_record(id=n, at=at) for n, at in enumerate(days)))

    [month] = await pull(tmp_path)

    assert (month.value, month.state) == (Decimal(2), ObservationState.FINAL)


async def test_records_are_observations(tmp_path: Path) -> None:
    table: Json = {
        "stream": "answers",
        "columns": {"period_start": "month", "value": "kpi.trust", "n": "n", "channel": "via"},
        "where": {"team": ["claims", None], "is_draft": False},
    }
    rows: list[Json] = [
        {"team": "claims", "kpi": {"trust": "66.40"}, "n": 12, "via": "app", "is_draft": False},
        {"team": None, "kpi": {"trust": None}, "n": 0, "via": None, "is_draft": False},
        {"team": "sales", "kpi": {"trust": 1}, "n": 1, "via": "app", "is_draft": False},
        {"team": "claims", "kpi": {"trust": 2}, "n": 1, "via": "app", "is_draft": True},
    ]
    a_tap(tmp_path, *(a_record(month="2026-10-01", **row) for row in rows))

    [whole] = await pull(tmp_path, settings(table))
    [part] = await pull(
        tmp_path, settings(table), request=replace(OCTOBER, dimensions=("channel",))
    )

    assert (whole.value, whole.sample_size) == (None, 0)
    assert (part.value, part.sample_size) == (Decimal("66.40"), 12)
    assert part.dimensions == (("channel", "app"),)
    assert part.source_ref == "answers, row 1"


async def test_late_records_keep_a_period_provisional(tmp_path: Path) -> None:
    table = {"stream": "answers", "columns": {"period_start": "month", "value": "value"}}
    a_tap(tmp_path, a_record(month="2026-10-01", at="2026-10-01", value=1))

    states = [
        (await pull(tmp_path, settings(metric, restates_days=days)))[0].state
        for metric in (table, COUNT)
        for days in (21, 22)  # it is noon of 22 November
    ]

    assert states == [ObservationState.FINAL, ObservationState.PROVISIONAL] * 2


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"value": "value"}, "needs period_start and value"),
        ({"period_start": "a", "value": "b", "metric": "c"}, "has no `metric`"),
    ],
)
def test_an_observation_needs_its_columns(columns: Json, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        settings({"stream": "answers", "columns": columns})


# ---- what a tap is told


KEEPING: Final = """
    import os, shutil, sys
    place = sys.argv[2]
    with open("{0}/seen", "a") as seen:
        modes = [oct(os.stat(each).st_mode & 0o777) for each in (place, os.path.dirname(place))]
        print(*modes, place, *sys.argv[3:], file=seen)
    shutil.copy(place, "{0}/config.json")
    print('{{"type": "SCHEMA", "stream": "answers"}}')
"""


async def test_its_configuration_is_a_file_for_it_alone(tmp_path: Path) -> None:
    install(tmp_path, "tap-shop", KEEPING.format(tmp_path))
    given = settings(
        config={"shop": 7, "api_key_id": 1, "start_date": "2001-01-01"},
        secret_config=SECRET,
        end_date_key="until",
        catalog_option=None,
    )

    await pull(tmp_path, given)

    assert json.loads((tmp_path / "config.json").read_text()) == {
        "shop": 7,
        "api_key_id": 1,
        "api_key": CANARY,
        "start_date": "2026-10-01T00:00:00Z",
        "until": "2026-11-01T00:00:00Z",
    }
    [seen] = (tmp_path / "seen").read_text().splitlines()
    file_mode, folder_mode, place = seen.split()
    assert (file_mode, folder_mode) == ("0o600", "0o700")
    assert not Path(place).parent.exists()


@pytest.mark.parametrize("option", ["catalog", "properties"])
async def test_a_given_catalog_saves_asking_for_one(option: str, tmp_path: Path) -> None:
    install(tmp_path, "tap-shop", KEEPING.format(tmp_path))

    await pull(tmp_path, settings(catalog=CATALOG, catalog_option=option))

    [seen] = (tmp_path / "seen").read_text().splitlines()
    assert seen.split()[3] == f"--{option}"


def test_a_given_catalog_is_one() -> None:
    with pytest.raises(ConfigError, match=r"catalog\.streams\.0\.tap_stream_id: Field required"):
        settings(catalog={"streams": [{"stream": "answers"}]})


def test_what_looks_secret_does_not_stand_in_the_open() -> None:
    with pytest.raises(ConfigError, match="config: Write api_key into `secret_config`"):
        settings(config={"api_key": CANARY})


@pytest.mark.parametrize("secret", ["[1]", CANARY, '{"api_key": '])
async def test_what_is_no_object_is_no_configuration(secret: str, tmp_path: Path) -> None:
    a_tap(tmp_path)
    context = FakeContext(programs=tmp_path, secrets={"secret_config": secret})

    with pytest.raises(ConfigError, match=r"^`secret_config` is no JSON object\.$") as refused:
        await pull_all(Singer(settings(secret_config=secret)), OCTOBER, context)

    assert refused.value.__cause__ is None


# ---- what goes wrong


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("CRITICAL 401 Client Error for url", AuthError),
        ("HTTP-error-code: 401, Error: who are you?", AuthError),
        ("singer_sdk.exceptions.FatalAPIError: Authentication failed", AuthError),
        ("HTTP-error-code: 403, Error: Forbidden", AccessDenied),
        ("429 Client Error: Too Many Requests", RateLimited),
        ("requests.HTTPError: status 429", RateLimited),
        ("Exception: Config is missing required keys: ['password']", ConfigError),
        ("Config validation failed: 'url' is a required property", ConfigError),
        ("requests.exceptions.ConnectionError: Name or service not known", TransientError),
        ("ValueError: record 401 of 403 is empty", TransientError),
        ("", TransientError),
    ],
)
async def test_a_failure_is_named_by_the_last_words(
    words: str, error: type[ConnectorError], tmp_path: Path
) -> None:
    a_tap(tmp_path, SCHEMA, a_record(id=1, at="2026-10-01"), then=f"sys.exit({words!r})")

    with pytest.raises(ConnectorError, match="tap-shop ended with 1, saying") as failed:
        await pull(tmp_path)

    assert isinstance(failed.value, error)
    assert type(failed.value).__mro__.index(error) <= 1
    assert words in failed.value.message


@pytest.mark.parametrize(
    ("catalog", "error", "says"),
    [
        ({"streams": list[Json]()}, ConfigError, "0 streams 'answers'; it has: none"),
        ({"streams": [{"stream": "answers"}]}, DataError, r"streams\.0\.tap_stream_id"),
        ("what?", DataError, "isn't what it should be"),
    ],
)
async def test_a_catalog_without_the_stream_is_told(
    catalog: Json, error: type[ConnectorError], says: str, tmp_path: Path
) -> None:
    a_tap(tmp_path, catalog=catalog)

    with pytest.raises(error, match=says):
        await pull(tmp_path)


async def test_a_failure_amid_records_gives_no_part_of_them(tmp_path: Path) -> None:
    a_tap(tmp_path, SCHEMA, a_record(id=1, at="2026-10-01"), then="print('Traceback')")

    with pytest.raises(DataError, match="no message of Singer's"):
        await pull(tmp_path)


async def test_a_tap_that_hangs_is_ended(tmp_path: Path) -> None:
    a_tap(tmp_path, SCHEMA, then="import time; time.sleep(60)")
    started = time.monotonic()

    with pytest.raises(TransientError, match="did not answer within 1 seconds"):
        await pull(tmp_path, settings(timeout_seconds=1))

    assert time.monotonic() - started < 4


async def test_a_tap_is_over_within_a_second_when_nobody_waits(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    source = f"import os; open('{tmp_path}/new', 'w').write(str(os.getpid()))"
    moved = f"os.rename('{tmp_path}/new', '{begun}')"
    a_tap(tmp_path, then=f"{source}; {moved}; import time; time.sleep(60)")

    async with lend(Singer(settings()), lending(tmp_path)) as context:
        asking = asyncio.create_task(pulling.pull(Singer(settings()), OCTOBER, context))
        await asyncio.to_thread(wait_until, begun.exists)
        process = int(begun.read_text())
        asking.cancel()
        await asyncio.wait({asking})
        cancelled = time.monotonic()
    await asyncio.to_thread(wait_until, lambda: not is_running(process))

    assert asking.cancelled()
    assert time.monotonic() - cancelled < 1


async def test_no_secret_is_told_to_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    says = f"print('key {CANARY}', file=sys.stderr); sys.exit('Unauthorized: {CANARY}')"
    a_tap(tmp_path, SCHEMA, then=says)
    connector = Singer(settings(secret_config=SECRET))

    with caplog.at_level(logging.INFO), pytest.raises(AuthError) as failed:
        async with lend(connector, lending(tmp_path)) as context:
            await pulling.pull(connector, OCTOBER, context)

    assert failed.value.message == "tap-shop ended with 1, saying: Unauthorized: ***"
    assert "tap-shop: key ***" in caplog.messages
    assert CANARY not in caplog.text + str(failed.value.detail)


# ---- trying it out


async def test_a_check_ends_with_the_streams_first_word(tmp_path: Path) -> None:
    a_tap(tmp_path, SCHEMA, then="import time; time.sleep(60)")
    started = time.monotonic()

    await Singer(settings()).check(FakeContext(programs=tmp_path))

    assert time.monotonic() - started < 4


async def test_a_check_looks_for_every_stream(tmp_path: Path) -> None:
    a_tap(tmp_path, SCHEMA)
    metrics = {"answers": COUNT, "orders": {**COUNT, "stream": "orders"}}

    with pytest.raises(ConfigError, match="0 streams 'orders'"):
        await Singer(settings(metrics=metrics)).check(FakeContext(programs=tmp_path))


async def test_a_tap_may_be_asked_for_as_long_as_it_needs() -> None:
    longest = SingerSettings.model_json_schema()["properties"]["timeout_seconds"]["maximum"]

    assert timedelta(seconds=2 * longest) < Singer.info.timeout
