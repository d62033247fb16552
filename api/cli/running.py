"""How a command starts from its settings, and how it ends: its exit code, its failure told."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import date
from types import FrameType
from typing import Any, NoReturn

import typer

from api.cli.output import tell, write_json
from api.errors import ApiError, SettingsError
from api.settings import Settings, read_settings
from api.years import YEARS, is_in_range
from domain.errors import DomainError
from storage.errors import StorageError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def settings_of(*, demo: bool = False, as_json: bool = False, **flags: Any) -> Settings:  # noqa: ANN401 - passed on
    """Read the settings with these flags; a wrong one ends the command."""
    try:
        return read_settings(os.environ, demo=demo, **flags)
    except ApiError as error:
        raise _end(error, code=error.exit_code, as_json=as_json) from error


def run(command: Callable[[], Coroutine[Any, Any, int]], *, as_json: bool = False) -> None:
    """Run a command to its exit code; what it refuses is told in one line."""
    try:
        signal.signal(signal.SIGTERM, _end_in_order)
        code = asyncio.run(command())
    except ApiError as error:
        raise _end(error, code=error.exit_code, as_json=as_json) from error
    except StorageError as error:
        raise _end(error, code=3, as_json=as_json) from error
    except DomainError as error:
        raise _end(error, code=1, as_json=as_json) from error
    raise typer.Exit(code)


def write_log(settings: Settings) -> None:
    """Write a log to standard error: for what runs until it is stopped."""
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _end_in_order(number: int, _: FrameType | None) -> NoReturn:
    """End by an exception: dying of the signal would leave the embedded database running."""
    sys.exit(128 + number)


def day_of_flag(flag: str, text: str | None) -> date | None:
    """Read a flag's day; None where it wasn't given. SettingsError shows how to write one."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not is_in_range(day):
        message = f"{flag} wants a day such as 2026-09-30, {YEARS}; got {text!r}."
        raise SettingsError(message)
    return day


def _end(error: Exception, *, code: int, as_json: bool) -> typer.Exit:
    if as_json:
        told = {"code": getattr(error, "code", "ERROR"), "message": _told(error)}
        write_json({"error": told})
    else:
        tell(f"atlas: {_told(error)}")
    sys.stdout.flush()
    return typer.Exit(code)


def _told(error: Exception) -> str:
    """Give the message, with what would be legal where the domain knows it."""
    legal = ", ".join(error.legal) if isinstance(error, DomainError) else ""
    is_named = not legal or legal in str(error)
    return str(error) if is_named else f"{error} Legal: {legal}."
