"""Where the secrets of a connection's settings are found, and what is said where they aren't."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from domain.node import NodeId, OrganizationId
from domain.secret import SealedSecret, SecretKind, SecretName, SecretReference
from domain.source import Connection
from ingest.sealing import Sealer, new_key, read_keys
from ingest.settings import Resolved, SettingsResolver
from journey_atlas_sdk import ConfigError, ConnectorInfo, Secret, Settings
from tests.builders import NOW, Fields, a_connection, id_of

CANARY = "canary-77ab"
HERE = OrganizationId(id_of("norrhavn"))
KEYS = read_keys(new_key())
SEALER = Sealer(lambda: KEYS)


class SurveySettings(Settings):
    url: str
    token: Secret
    spare: Secret | None = None


INFO = ConnectorInfo(key="surveys", title="Surveys", version="1", settings=SurveySettings)


@dataclass
class Kept:
    """Sealed secrets in memory."""

    secrets: list[SealedSecret] = field(default_factory=list[SealedSecret])

    async def of_connection(
        self, organization: OrganizationId, connection: NodeId
    ) -> list[SealedSecret]:
        assert organization == HERE
        return [each for each in self.secrets if each.of.connection == connection]


async def resolved(resolver: SettingsResolver, **settings: Fields) -> Resolved:
    return await resolver.resolve(HERE, surveys(**settings), INFO)


def surveys(**settings: Fields) -> Connection:
    return a_connection("surveys", connector="surveys", settings={"url": "u", **settings})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text(f"{CANARY}\n")
    (tmp_path / "secrets" / "empty").write_text("\n")
    (tmp_path / "secrets" / "long").write_text("x" * 70_000)
    (tmp_path / "outside").write_text("root")
    (tmp_path / "secrets" / "link").symlink_to(tmp_path / "outside")
    return tmp_path / "secrets"


async def test_a_variable_a_file_and_a_stored_value_are_found(folder: Path) -> None:
    store = Kept([SEALER.seal(HERE, SecretName(id_of("surveys"), "spare"), "kept", now=NOW)])
    resolver = SettingsResolver(
        environment={"TOKEN": "from-env"}, folder=folder, store=store, sealer=SEALER
    )
    sealed = a_connection(
        "surveys", settings={"url": "u", "token": {"file": "token"}}, secrets={"spare": NOW}
    )

    both = await resolver.resolve(HERE, sealed, INFO)
    env = await resolved(resolver, token={"env": "TOKEN"})

    assert both.settings == {"url": "u", "token": CANARY, "spare": "kept"}
    assert both.secrets == {"token": CANARY, "spare": "kept"}
    assert env.secrets == {"token": "from-env"}


async def test_a_stored_value_counts_before_a_reference(folder: Path) -> None:
    store = Kept([SEALER.seal(HERE, SecretName(id_of("surveys"), "token"), "kept", now=NOW)])
    resolver = SettingsResolver(folder=folder, store=store, sealer=SEALER)
    connection = a_connection(
        "surveys", settings={"url": "u", "token": {"file": "token"}}, secrets={"token": NOW}
    )

    found = await resolver.resolve(HERE, connection, INFO)

    assert found.secrets == {"token": "kept"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"env": "TOKEN"}, "variable TOKEN: it is unset", id="no variable"),
        pytest.param({"file": "nothing"}, "missing, empty or no text", id="no file"),
        pytest.param({"file": "empty"}, "missing, empty or no text", id="an empty file"),
        pytest.param({"file": "long"}, "longer than 65536 characters", id="a long file"),
        pytest.param({"file": "../outside"}, "isn't in the folder", id="outside"),
        pytest.param({"file": "/etc/passwd"}, "isn't in the folder", id="an absolute path"),
        pytest.param({"file": "link"}, "isn't in the folder", id="a link that leads outside"),
        pytest.param({"file": "."}, "missing, empty or no text", id="the folder itself"),
        pytest.param(CANARY, "write {env: NAME", id="the secret itself"),
        pytest.param({"env": "A", "file": "b"}, "write {env: NAME", id="two places"),
        pytest.param({"env": ""}, "write {env: NAME", id="no name"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_else(
    folder: Path, given: object, told: str
) -> None:
    resolver = SettingsResolver(folder=folder)

    with pytest.raises(ConfigError, match="'token'") as caught:
        await resolved(resolver, token=given)

    assert told in caught.value.message
    assert CANARY not in caught.value.message


async def test_without_a_folder_no_file_is_read() -> None:
    with pytest.raises(ConfigError, match="ATLAS_SECRETS_DIR"):
        await resolved(SettingsResolver(), token={"file": "token"})


async def test_a_stored_secret_that_is_gone_is_told() -> None:
    connection = a_connection("surveys", settings={"url": "u"}, secrets={"token": NOW})

    with pytest.raises(ConfigError, match="'token' is lost"):
        await SettingsResolver(store=Kept(), sealer=SEALER).resolve(HERE, connection, INFO)


def test_whether_a_reference_leads_to_a_value_is_told_without_it(folder: Path) -> None:
    resolver = SettingsResolver(environment={"TOKEN": CANARY}, folder=folder)

    assert resolver.can_fetch(SecretReference(SecretKind.ENVIRONMENT, "TOKEN"))
    assert resolver.can_fetch(SecretReference(SecretKind.FILE, "token"))
    assert not resolver.can_fetch(SecretReference(SecretKind.ENVIRONMENT, "OTHER"))
    assert CANARY not in repr(resolver)
