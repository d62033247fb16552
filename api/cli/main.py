"""The commands of `atlas`, their options, and how a failure ends."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import connecting, importing, migrating, output, querying, serving, syncing
from api.errors import ApiError
from api.settings import Settings, read_settings
from domain.errors import DomainError
from storage.errors import StorageError

app = typer.Typer(
    name="atlas",
    help="Journey Atlas: journeys, objectives and what they move, over GraphQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
database = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(database, name="db")

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Demo = Annotated[
    bool, typer.Option("--demo", help="Use the sample atlas in a database of its own.")
]
Clock = Annotated[
    str | None,
    typer.Option(help="An instant with offset at which the clock stands still, or `now`."),
]


@app.command()
def serve(
    *,
    demo: Demo = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.")] = None,
    clock: Clock = None,
) -> None:
    """Serve the GraphQL API at /graphql."""
    settings = _settings(demo=demo, host=host, port=port, clock=clock)
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _run(lambda: serving.serve(settings, demo=demo))


@database.command("upgrade")
def upgrade(*, as_json: AsJson = False) -> None:
    """Bring the database's schema to this version of the product."""
    settings = _settings(as_json=as_json)
    _run(lambda: migrating.upgrade_database(settings, as_json=as_json), as_json=as_json)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="An atlas file (YAML).")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and report, but write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring an atlas file in: all of it, or nothing."""
    settings = _settings(as_json=as_json)
    _run(
        lambda: importing.import_file(settings, file.resolve(), dry_run=dry_run, as_json=as_json),
        as_json=as_json,
    )


@app.command()
def sync(
    connections: Annotated[
        list[str] | None, typer.Argument(help="Keys of connections; none: all of them.")
    ] = None,
    *,
    since: Annotated[
        str | None, typer.Option(help="First day to read (2024-01-01); default: 3 years ago.")
    ] = None,
    demo: Demo = False,
    clock: Clock = None,
    as_json: AsJson = False,
) -> None:
    """Pull the metrics' values through their connectors."""
    settings = _settings(demo=demo, clock=clock, as_json=as_json)
    task = syncing.SyncTask(connections=tuple(connections or ()), since=since, demo=demo)
    _run(lambda: syncing.sync(settings, task, as_json=as_json), as_json=as_json)


@app.command("connectors")
def list_connectors(*, as_json: AsJson = False) -> None:
    """List the connectors that were found, and the plugins that could not be loaded."""
    settings = _settings(as_json=as_json)
    _run(lambda: connecting.list_connectors(settings, as_json=as_json), as_json=as_json)


@app.command()
def query(
    file: Annotated[Path, typer.Argument(help="A GraphQL document; - reads standard input.")],
    *,
    variables: Annotated[str | None, typer.Option(help="Variables as a JSON object.")] = None,
    operation: Annotated[
        str | None, typer.Option(help="Which operation, where there are several.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Ask this server instead of answering in this process.")
    ] = None,
    demo: Demo = False,
    clock: Clock = None,
) -> None:
    """Run a GraphQL query and print its answer as JSON."""
    settings = _settings(demo=demo, clock=clock)
    question = querying.read_question(file, variables=variables, operation=operation)
    _run(lambda: querying.query(settings, question, url=url, demo=demo))


def main() -> None:
    """Run the command line; end with the command's exit code."""
    # A command tells its failures itself; only `serve` writes a log.
    logging.getLogger().addHandler(logging.NullHandler())
    app()


def _settings(*, demo: bool = False, as_json: bool = False, **flags: Any) -> Settings:  # noqa: ANN401 - passed on
    try:
        return read_settings(os.environ, demo=demo, **flags)
    except ApiError as error:
        raise _end(error, code=error.exit_code, as_json=as_json) from error


def _run(command: Callable[[], Coroutine[Any, Any, int]], *, as_json: bool = False) -> None:
    """Run a command to its exit code; what it refuses is told in one line."""
    try:
        code = asyncio.run(command())
    except ApiError as error:
        raise _end(error, code=error.exit_code, as_json=as_json) from error
    except StorageError as error:
        raise _end(error, code=3, as_json=as_json) from error
    except DomainError as error:
        raise _end(error, code=1, as_json=as_json) from error
    raise typer.Exit(code)


def _end(error: Exception, *, code: int, as_json: bool) -> typer.Exit:
    if as_json:
        told = {"code": getattr(error, "code", "ERROR"), "message": str(error)}
        output.write_json({"error": told})
    else:
        output.tell(f"atlas: {error}")
    sys.stdout.flush()
    return typer.Exit(code)
