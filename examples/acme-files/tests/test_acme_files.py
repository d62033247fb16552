"""What the conformance kit can't know."""

from pathlib import Path

import pytest
from journey_atlas_sdk import ConfigError, DataError, TransientError
from journey_atlas_sdk.testing import FakeContext

from acme_files import AcmeFiles, AcmeFilesSettings


@pytest.mark.parametrize(
    ("file", "named"),
    [("nowhere.json", ConfigError), (".", TransientError), ("broken.json", DataError)],
)
async def test_what_stands_in_the_way_is_named(
    tmp_path: Path, file: str, named: type[Exception]
) -> None:
    (tmp_path / "broken.json").write_text('{"2026-10-01": "37%"}')
    connector = AcmeFiles(AcmeFilesSettings(file=tmp_path / file))

    with pytest.raises(named):
        await connector.check(FakeContext())
