"""Fifty readers of two servers make one call to a source, and all of them get what it says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.ledger import a_ledger
from tests.acceptance.product import Server, atlas, serving

TEN_YEARS = 3_660
LIVE = """
{ atlas(read: {mode: LIVE, maxAgeSeconds: 0}) { metric(key: "MT-1") { value { value } } } }
"""


@pytest.mark.slow
def test_fifty_readers_of_two_servers_make_one_call(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings = {"ATLAS_PLUGINS_DIR": str(tmp_path / "plugins"), "ATLAS_WORKER": "false"}
    with a_ledger(tmp_path, days=TEN_YEARS) as ledger:
        atlas(tmp_path, "import", str(tmp_path / "acme.yaml"), settings=settings)
        with (
            serving(tmp_path, settings=settings) as one,
            serving(tmp_path, settings=settings) as another,
            ThreadPoolExecutor(50) as readers,
        ):
            values = list(readers.map(value, [one, another] * 25))

    assert len(ledger.asked) == 1
    assert values[0] is not None
    assert values == values[:1] * 50


def value(server: Server) -> float | None:
    told: float | None = server.data(LIVE)["atlas"]["metric"]["value"]["value"]
    return told
