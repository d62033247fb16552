"""The commands `atlas connector …`, for whoever writes a connector."""

from pathlib import Path
from typing import Annotated

import typer

connector = typer.Typer(help="Begin, test and describe a connector of yours.", no_args_is_help=True)


@connector.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Its key, package and folder, as in acme-metrics.")],
    *,
    http: Annotated[
        bool,
        typer.Option(
            "--http", help="Its source is asked over HTTP; else it is a file or a driver."
        ),
    ] = False,
) -> None:
    """Begin a connector: a package in a new folder that works and is tested as it is."""
    from api.cli import beginning, running

    settings = running.settings_of()
    running.run(lambda: beginning.new_connector(settings, name, http=http))


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
