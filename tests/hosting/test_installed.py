"""Settings choose among the programs of the operator's folder, and reach no other."""

from pathlib import Path

import pytest

from journey_atlas_sdk import ConfigError
from journey_atlas_sdk.testing import FakeContext
from tests.programs import install


def test_a_program_is_found_by_its_name(tmp_path: Path) -> None:
    program = install(tmp_path, "tap-one", "")

    assert FakeContext(programs=tmp_path).program("tap-one") == program


@pytest.mark.parametrize(
    "name",
    ["tap-two", "", ".", "..", "../tap-one", "tap-one/../tap-one", "/bin/sh", "tap-data", "a\nb"],
)
def test_another_one_is_refused(name: str, tmp_path: Path) -> None:
    lent = tmp_path / "lent"
    install(lent, "tap-one", "")
    install(tmp_path, "bin", "")
    install(lent, "tap-data", "").chmod(0o600)

    with pytest.raises(ConfigError, match=r"lends no program .*; there are: tap-one\.$"):
        FakeContext(programs=lent).program(name)


def test_where_the_operator_names_no_folder_there_are_none() -> None:
    with pytest.raises(ConfigError, match="has named no folder"):
        FakeContext().program("tap-one")


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are: none"):
        FakeContext(programs=tmp_path / "nowhere").program("tap-one")
