"""The commands `atlas connector …`, for whoever writes a connector."""

from pathlib import Path
from typing import Annotated

import typer

connector = typer.Typer(help="Begin, test and describe a connector of yours.", no_args_is_help=True)


@connector.command("page")
def page(
    key: Annotated[str, typer.Argument(help="Key of a connector that `atlas connectors` lists.")],
    *,
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them into this page, whose prose stays."),
    ] = None,
) -> None:
    """Print what a connector says of itself as Markdown: settings, metrics, limits."""
    from api.cli import describing, running

    settings = running.settings_of()
    running.run(lambda: describing.write_page(settings, key, into=into))
