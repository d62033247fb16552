"""The fixture `recorded`: a source is asked once, and answers from a file without secrets after."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from journey_atlas_sdk import ConfigError
from journey_atlas_sdk.hosting.cassettes import NotRecorded
from journey_atlas_sdk.recordings import Recorded
from plugins.drop_ins import import_file
from tests.connectors.web_server import a_reply, a_web_server
from tests.hosting.lent import a_connector

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugin-authors" / "write-a-connector.md").read_text()
SETTINGS = 'AcmeMetricsSettings(token="is asked of the context")'
CANARY = "canary-of-acme"
ORDERS = a_reply(
    '{"days": {"2026-10-24": 41}, "by": "ada@acme.example"}', Content_Type="application/json"
)


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:  # Any: a module's names
    """The example plugin, importable as the page's test imports it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    sys.modules["acme_metrics"] = import_file(ROOT / "examples/acme-metrics/acme_metrics.py")
    yield sys.modules["acme_metrics"]
    for name in set(sys.modules) - before:
        del sys.modules[name]


async def run_the_pages_test(recorded: Recorded, url: str) -> None:
    """Run the test that the page shows, its source moved to the loopback."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert SETTINGS in code
    here = SETTINGS.replace(")", f', url="{url}", allow_private=True)')
    page_test = ModuleType("page_test")
    exec(code.replace(SETTINGS, here), page_test.__dict__)  # noqa: S102 -- the page's text is ours
    await page_test.__dict__["test_october_as_acme_told_it"](recorded)


@pytest.mark.usefixtures("acme")
async def test_the_pages_test_is_recorded_without_its_secret_and_replayed_without_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "recordings" / "october.json"
    monkeypatch.setenv("ACME_TOKEN", CANARY)
    async with a_web_server({"/v1/orders": ORDERS}) as web:
        await run_the_pages_test(Recorded(file, is_recording=True), web.url)
    monkeypatch.delenv("ACME_TOKEN")

    await run_the_pages_test(Recorded(file, is_recording=False), web.url)

    assert f"Bearer {CANARY}" in web.heads[0]
    written = file.read_text()
    assert [told for told in (CANARY, "ada@acme.example") if told in written] == []
    assert len(json.loads(written)["exchanges"]) == len(web.heads) == 1


async def ask(recorded: Recorded, *urls: str, **variables: str) -> list[str]:
    """Ask for some addresses in one recording."""
    async with recorded(a_connector(allow_private=True), **variables) as context:
        return [(await context.http.get(url)).text for url in urls]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "test.json"


async def test_a_replay_gives_each_answer_once_and_in_any_order(file: Path) -> None:
    async with a_web_server({"/one": a_reply("1"), "/two": a_reply("2")}) as web:
        one, two = f"{web.url}/one", f"{web.url}/two"
        await ask(Recorded(file, is_recording=True), one, two)

    assert await ask(Recorded(file, is_recording=False), two, one) == ["2", "1"]
    with pytest.raises(NotRecorded, match="no answer to GET"):
        await ask(Recorded(file, is_recording=False), one, one)
    with pytest.raises(NotRecorded, match="1 requests were not made"):
        await ask(Recorded(file, is_recording=False), one)


async def test_the_clock_stands_where_it_stood(file: Path) -> None:
    async with Recorded(file, is_recording=True)(a_connector()) as context:
        recorded_at = context.now()

    async with Recorded(file, is_recording=False)(a_connector()) as context:
        assert context.now() == recorded_at


async def test_what_fails_is_not_recorded(file: Path) -> None:
    async with a_web_server({}) as web:
        with pytest.raises(ConfigError):
            await ask(Recorded(file, is_recording=True), f"{web.url}/nowhere")

    with pytest.raises(pytest.fail.Exception, match="is missing"):
        await ask(Recorded(file, is_recording=False))


async def test_what_is_missing_is_said(file: Path) -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"test\.json is missing: `pytest --atlas-record`"
    ):
        await ask(Recorded(file, is_recording=False))
    with pytest.raises(pytest.fail.Exception, match="Set ACME_TOKEN"):
        await ask(Recorded(file, is_recording=True), token="ACME_TOKEN")  # noqa: S106 -- a variable


async def test_a_second_recording_in_one_test_would_overwrite_the_first(file: Path) -> None:
    recorded = Recorded(file, is_recording=True)
    await ask(recorded)

    with pytest.raises(AssertionError, match="split it in two"):
        await ask(recorded)


@pytest.mark.parametrize("which", ["a/b c"])
def test_the_fixture_names_the_file_after_the_test(which: str, recorded: Recorded) -> None:
    del which
    name = "test_the_fixture_names_the_file_after_the_test-a-b-c.json"

    assert recorded.file == Path(__file__).parent / "recordings" / name
    assert not recorded.is_recording
