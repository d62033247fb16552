"""All settings: from the environment, overridden by flags. Nothing else reads the environment.

`docs/operators/settings.md` shows them in one table; a test compares it with this file.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from api.errors import SettingsError
from api.years import YEARS, is_in_range

DEMO_CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Where the sample atlas's clock stands."""


def _instant(value: object) -> object:
    return None if value == "now" else value


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        message = "needs an offset, such as 2026-11-22T12:00Z"
        raise ValueError(message)
    if value is not None and not is_in_range(value):
        message = f"lies outside the years {YEARS}"
        raise ValueError(message)
    return value


def _names(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Several words, written with commas between them."""

ClockSetting = Annotated[datetime | None, BeforeValidator(_instant), AfterValidator(_aware)]


def default_home() -> Path:
    """Give `.atlas/` of a clone, for an installed package the user's data folder."""
    root = Path(__file__).resolve().parents[1]
    is_clone = (root / "dev.py").exists()
    return root / ".atlas" if is_clone else Path(platformdirs.user_data_path("journey-atlas"))


class Settings(BaseModel):
    """One start's settings; each field's alias is its environment variable."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: str | None = Field(
        default=None,
        alias="DATABASE_URL",
        description="PostgreSQL 15 or newer to use instead of the embedded one.",
    )
    home: Path = Field(
        default_factory=default_home,
        alias="ATLAS_HOME",
        description="Folder of the embedded database.",
    )
    pg_bin: Path | None = Field(
        default=None,
        alias="ATLAS_PG_BIN",
        description="Folder of PostgreSQL programs for the embedded database.",
    )
    plugins_dir: Path | None = Field(
        default=None,
        alias="ATLAS_PLUGINS_DIR",
        description="Folder whose `.py` files are loaded as connector plugins.",
    )
    programs_dir: Path | None = Field(
        default=None,
        alias="ATLAS_PROGRAMS_DIR",
        description="Folder of the programs that connections may have run, each at "
        "`NAME/bin/NAME`: Singer taps.",
    )
    organization: str | None = Field(
        default=None,
        alias="ATLAS_ORGANIZATION",
        description="Key of the organization to serve; needed where the database holds several.",
    )
    host: str = Field(
        default="127.0.0.1",
        alias="ATLAS_HOST",
        description="Address to listen on; beyond loopback only with `ATLAS_ACCESS_CONTROL`.",
    )
    port: int = Field(
        default=8000, ge=0, le=65_535, alias="ATLAS_PORT", description="Port; 0 picks a free one."
    )
    mutations: bool = Field(
        default=True,
        alias="ATLAS_MUTATIONS",
        description="`false` makes a server that only reads.",
    )
    access_control: Literal["none", "external"] = Field(
        default="none",
        alias="ATLAS_ACCESS_CONTROL",
        description="`external` says: an access control of your own lets in whoever reaches this "
        "server. There is none of ours yet; without it a server with mutations stays on loopback.",
    )
    hosts: Names = Field(
        default=(),
        alias="ATLAS_HOSTS",
        description="Names by which clients call this server, beside those of this machine; `*` "
        "for any.",
    )
    origins: Names = Field(
        default=(),
        alias="ATLAS_ORIGINS",
        description="Origins of web pages that may use the API, beside the server's own: "
        "`https://app.example.com`.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        alias="ATLAS_SECRET_KEY",
        description="Keys that seal stored secrets: 32 bytes in base64, several with commas; the "
        "first one seals.",
    )
    secret_key_file: Path | None = Field(
        default=None,
        alias="ATLAS_SECRET_KEY_FILE",
        description="File of such keys, one a line; read at each use.",
    )
    secrets_dir: Path | None = Field(
        default=None,
        alias="ATLAS_SECRETS_DIR",
        description="Folder of the files that connections may name as `{file: NAME}`.",
    )
    secret_variables: Names = Field(
        default=(),
        alias="ATLAS_SECRET_VARIABLES",
        description="Environment variables that connections made through the API may name as "
        "`{env: NAME}`; patterns such as `CRM_*` too.",
    )
    files_dir: Path | None = Field(
        default=None,
        alias="ATLAS_FILES_DIR",
        description="Folder whose files and folders connections made through the API may name; "
        "none unless it is set.",
    )
    clock: ClockSetting = Field(
        default=None,
        alias="ATLAS_CLOCK",
        description="An instant (with offset) at which the clock stands still, or `now`.",
    )
    node_url: str | None = Field(
        default=None,
        alias="ATLAS_NODE_URL",
        description="Address of a node in your own UI, with `{kind}`, `{key}` and `{id}`.",
    )
    max_nodes: int = Field(
        default=500_000,
        ge=1_000,
        alias="ATLAS_MAX_NODES",
        description="Nodes kept in memory over all organizations; the least recently used leave.",
    )
    connectors_apart: Names = Field(
        default=(),
        alias="ATLAS_CONNECTORS_APART",
        description="Keys of connectors that run in processes of their own; `*` for all.",
    )
    apart_memory_mb: int = Field(
        default=4096,
        ge=256,
        alias="ATLAS_APART_MEMORY_MB",
        description="Address space that each of these processes may take, on Linux.",
    )
    trace: bool = Field(
        default=False,
        alias="ATLAS_TRACE",
        description="Log each request of a connector, each wait and each failure, without secrets.",
    )
    worker: bool = Field(
        default=True,
        alias="ATLAS_WORKER",
        description="Whether `serve` does jobs itself; `false` leaves them to `atlas worker`.",
    )
    worker_jobs: int = Field(
        default=4,
        ge=1,
        le=64,
        alias="ATLAS_WORKER_JOBS",
        description="How many jobs a worker does at once.",
    )
    worker_silence_seconds: float = Field(
        default=30.0,
        ge=1,
        le=600,
        alias="ATLAS_WORKER_SILENCE_SECONDS",
        description="After how long without a sign of life a worker's jobs go to another.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(critical|error|warning|info|debug)$",
        alias="ATLAS_LOG_LEVEL",
        description="critical, error, warning, info or debug.",
    )


def read_settings(
    environment: Mapping[str, str],
    *,
    demo: bool = False,
    **flags: Any,  # noqa: ANN401 - each flag has its field's type
) -> Settings:
    """Read the settings; a flag that is not None beats the environment, that beats the default.

    In a demo the default of the clock is the sample atlas's. Raises SettingsError, which names
    every variable that is wrong, and unknown `ATLAS_` ones.
    """
    aliases = {name: field.alias or name for name, field in Settings.model_fields.items()}
    _refuse_unknown(environment, known=set(aliases.values()))
    given: dict[str, Any] = {"ATLAS_CLOCK": DEMO_CLOCK} if demo else {}
    given |= {a: environment[a] for a in aliases.values() if environment.get(a)}
    given |= {aliases[name]: value for name, value in flags.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems = (f"{_place(e['loc'])}: {e['msg']}" for e in error.errors())
        raise SettingsError("; ".join(problems)) from error


def foreign_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without our own settings: no connection may read those as a secret."""
    ours = {field.alias for field in Settings.model_fields.values()}
    return {
        name: value
        for name, value in environment.items()
        if name not in ours and not name.startswith("ATLAS_")
    }


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _refuse_unknown(environment: Mapping[str, str], *, known: set[str]) -> None:
    unknown = sorted(n for n in environment if n.startswith("ATLAS_") and n not in known)
    if unknown:
        legal = ", ".join(sorted(known))
        message = f"{', '.join(unknown)}: no such setting. There are: {legal}."
        raise SettingsError(message)
