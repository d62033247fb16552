"""Where keys come from, and the file of our own: made once, its owner's alone, changed in place."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from api.errors import SettingsError
from api.secret_keys import OwnKeyFile, own_key_file, sealer_of
from api.settings import Settings, read_settings
from domain.node import OrganizationId
from domain.secret import SecretName
from ingest.sealing import NoKey, SecretKey, new_key, read_keys
from tests.builders import NOW, id_of

HERE = OrganizationId(id_of("norrhavn"))
TOKEN = SecretName(id_of("surveys"), "token")


def settings_with(home: Path, **environment: str) -> Settings:
    return read_settings({"ATLAS_HOME": str(home), **environment})


def test_beside_an_embedded_database_a_key_is_made_at_its_first_use_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "new" / "home"

    sealer = sealer_of(settings_with(home))
    before = home.exists()
    sealed = sealer.seal(HERE, TOKEN, "hush", now=NOW)

    assert not before
    assert stat.S_IMODE((home / "secret.key").stat().st_mode) == 0o600
    assert "Keep a copy" in caplog.text
    assert (home / "secret.key").read_text().strip() not in caplog.text
    assert sealer_of(settings_with(home)).open(HERE, sealed) == "hush"


def test_for_a_database_elsewhere_nothing_is_sealed_without_a_key(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, DATABASE_URL="postgresql://there/atlas")

    with pytest.raises(NoKey, match="ATLAS_SECRET_KEY"):
        sealer_of(settings).seal(HERE, TOKEN, "hush", now=NOW)

    assert own_key_file(settings) is None
    assert list(tmp_path.iterdir()) == []


def test_a_given_key_seals_wherever_the_database_is(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "key").write_text(f"{key}\n")
    url = "postgresql://there/atlas"

    by_value = sealer_of(settings_with(tmp_path, DATABASE_URL=url, ATLAS_SECRET_KEY=key))
    by_file = sealer_of(settings_with(tmp_path, ATLAS_SECRET_KEY_FILE=str(tmp_path / "key")))

    assert by_file.open(HERE, by_value.seal(HERE, TOKEN, "hush", now=NOW)) == "hush"


@pytest.mark.parametrize("text", ["hunter2", ""], ids=["no key", "empty"])
def test_a_given_key_that_is_none_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)

    with pytest.raises(SettingsError, match="ATLAS_SECRET_KEY_FILE") as caught:
        sealer_of(settings_with(tmp_path, ATLAS_SECRET_KEY_FILE=str(tmp_path / "key")))

    assert "hunter2" not in str(caught.value)


def test_a_file_of_keys_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere can't be read"):
        sealer_of(settings_with(tmp_path, ATLAS_SECRET_KEY_FILE=str(tmp_path / "nowhere")))


def test_a_new_key_goes_first_and_the_older_ones_can_be_dropped(tmp_path: Path) -> None:
    file = OwnKeyFile(tmp_path / "secret.key")
    [old] = file.read()

    file.add()
    new, kept = file.read()
    file.keep_first()

    assert kept == old != new
    assert file.read() == [new]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert len(read_keys(file.path.read_text())) == 1


def test_many_who_make_the_first_key_at_once_end_up_with_the_same(tmp_path: Path) -> None:
    file = OwnKeyFile(tmp_path / "secret.key")
    together = Barrier(8)

    def read() -> list[SecretKey]:
        together.wait()
        return file.read()

    with ThreadPoolExecutor(8) as pool:
        keys = {
            key.name for found in [pool.submit(read) for _ in range(8)] for key in found.result()
        }

    assert keys == {key.name for key in file.read()}
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
