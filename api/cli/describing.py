"""`atlas connector page`: what a connector says of itself, as a page or into one."""

import sys
from pathlib import Path

from api.cli.output import tell
from api.connectors import load_registry
from api.errors import CommandError
from api.settings import Settings
from journey_atlas_sdk import ConfigError, ConnectorInfo
from plugins.pages import with_facts


async def write_page(settings: Settings, key: str, *, into: Path | None) -> int:
    """Print a connector's page, or bring the facts of an existing one to date."""
    try:
        info = load_registry(settings).get(key).info
    except ConfigError as error:
        raise CommandError(error.message) from error
    if into is None:
        sys.stdout.write(with_facts("", info))
    else:
        _write(into, info)
        tell(f"{into} tells the facts of {key!r}.")
    return 0


def _write(page: Path, info: ConnectorInfo) -> None:
    try:
        written = page.read_text(encoding="utf-8") if page.exists() else ""
        page.write_text(with_facts(written, info), encoding="utf-8")
    except (OSError, ValueError) as error:
        message = f"{page} can't be written: {error}."
        raise CommandError(message) from error
