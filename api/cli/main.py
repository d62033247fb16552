"""The commands of `atlas` and their options.

What a command needs is imported when it runs: GraphQL and the database take seconds to import, and
`atlas --help` needs neither.
"""

import logging
from pathlib import Path
from typing import Annotated

import typer

from api.cli.authoring import connector

app = typer.Typer(
    name="atlas",
    help="Journey Atlas: journeys, objectives and what they move, over GraphQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
database = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(connector, name="connector")
jobs = typer.Typer(help="What is to be done, and what is held.", no_args_is_help=True)
app.add_typer(jobs, name="job")
secrets = typer.Typer(help="The stored secrets of connections.", no_args_is_help=True)
app.add_typer(secrets, name="secrets")

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Demo = Annotated[
    bool, typer.Option("--demo", help="Use the sample atlas in a database of its own.")
]
Clock = Annotated[
    str | None,
    typer.Option(
        metavar="T", help="An instant with offset at which the clock stands still, or `now`."
    ),
]
CycleKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="A cycle and those inside it; default: all active ones."),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="DAY", help="The day to look at (2026-09-30); default: today."),
]


@app.command()
def serve(
    *,
    demo: Demo = False,
    host: Annotated[str | None, typer.Option(metavar="H", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="Port; 0 picks a free one.")] = None,
    clock: Clock = None,
) -> None:
    """Serve the GraphQL API at /graphql; Ctrl-C or SIGTERM ends it after the running requests."""
    from api.cli import running, serving

    settings = running.settings_of(demo=demo, host=host, port=port, clock=clock)
    running.write_log(settings)
    running.run(lambda: serving.serve(settings, demo=demo))


@database.command("upgrade")
def upgrade(*, as_json: AsJson = False) -> None:
    """Bring the database's schema to this version of the product."""
    from api.cli import migrating, running

    settings = running.settings_of(as_json=as_json)
    running.run(
        lambda: migrating.upgrade_database(settings, as_json=as_json),
        as_json=as_json,
    )


@secrets.command("rotate")
def rotate(*, demo: Demo = False, as_json: AsJson = False) -> None:
    """Seal all stored secrets with the first key, so that the others can be dropped."""
    from api.cli import rotating, running

    settings = running.settings_of(demo=demo, as_json=as_json)
    running.run(
        lambda: rotating.rotate(settings, demo=demo, as_json=as_json),
        as_json=as_json,
    )


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
    from api.cli import importing, running

    settings = running.settings_of(as_json=as_json)
    running.run(
        lambda: importing.import_file(settings, file.resolve(), dry_run=dry_run, as_json=as_json),
        as_json=as_json,
    )


@app.command()
def sync(
    connections: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONNECTION ...]", help="Keys of connections; none: all of them."),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="First day to read (2024-01-01); default: 3 years ago."),
    ] = None,
    trace: Annotated[
        bool,
        typer.Option(
            "--trace", help="Show each request of the connectors, each wait and each failure."
        ),
    ] = False,
    demo: Demo = False,
    clock: Clock = None,
    as_json: AsJson = False,
) -> None:
    """Pull the metrics' values through their connectors."""
    from api.cli import running, syncing

    settings = running.settings_of(demo=demo, clock=clock, trace=trace or None, as_json=as_json)
    task = syncing.SyncTask(connections=tuple(connections or ()), since=since, demo=demo)
    running.run(lambda: syncing.sync(settings, task, as_json=as_json), as_json=as_json)


@app.command("connectors")
def list_connectors(*, as_json: AsJson = False) -> None:
    """List the connectors that were found, and the plugins that could not be loaded."""
    from api.cli import connecting, running

    settings = running.settings_of(as_json=as_json)
    running.run(
        lambda: connecting.list_connectors(settings, as_json=as_json),
        as_json=as_json,
    )


@connector.command("test")
def run_kit(
    file: Annotated[
        Path,
        typer.Argument(
            help="A connector's .py file, with NAME_specimen.py beside it or in tests/."
        ),
    ],
    *,
    check: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Run this check alone; can be given again."),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows that check 26 lets pass through.")
    ] = 100_000,
    as_json: AsJson = False,
) -> None:
    """Run the conformance kit on a connector: 44 checks, each with what was expected and seen."""
    from api.cli import conforming, running

    task = conforming.KitTask(checks=check or (), rows=rows)
    running.run(
        lambda: conforming.run_kit(file.resolve(), task, as_json=as_json),
        as_json=as_json,
    )


@connector.command("off")
def switch_off(
    key: Annotated[str, typer.Argument(help="A connector's key.")],
    *,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; whoever reads its sources is told.")
    ] = "An operator switched it off.",
    as_json: AsJson = False,
) -> None:
    """Ask nothing through a connector any more, in any process, until it is switched on."""
    from api.cli import running, switching

    settings = running.settings_of(as_json=as_json)
    running.run(
        lambda: switching.switch_off(settings, key, reason, as_json=as_json), as_json=as_json
    )


@connector.command("on")
def switch_on(
    key: Annotated[str, typer.Argument(help="A connector's key.")], *, as_json: AsJson = False
) -> None:
    """Ask through a connector again."""
    from api.cli import running, switching

    settings = running.settings_of(as_json=as_json)
    running.run(lambda: switching.switch_on(settings, key, as_json=as_json), as_json=as_json)


@app.command()
def worker(
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="How many jobs at once.")
    ] = None,
) -> None:
    """Do jobs: syncs that are due, backfills, what sources push; Ctrl-C or SIGTERM ends it."""
    from api.cli import running, working

    settings = running.settings_of(worker_jobs=jobs)
    running.write_log(settings)
    running.run(lambda: working.work(settings))


@app.command()
def backfill(
    connections: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CONNECTION ...]", help="Keys of connections; none: all of them."),
    ] = None,
    *,
    since: Annotated[str, typer.Option(metavar="DAY", help="First day to read (2019-01-01).")],
    as_json: AsJson = False,
) -> None:
    """Order that all of the sources' past is read, newest first, by whichever worker has time."""
    from api.cli import jobs, running

    settings = running.settings_of(as_json=as_json)
    wanted = tuple(connections or ())
    running.run(lambda: jobs.backfill(settings, wanted, since, as_json=as_json), as_json=as_json)


@jobs.command("list")
def list_jobs(
    *,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="queued, running, held, done or cancelled; default: what isn't over.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest 200 jobs."""
    from api.cli import jobs, running

    settings = running.settings_of(as_json=as_json)
    running.run(lambda: jobs.list_jobs(settings, state, as_json=as_json), as_json=as_json)


@jobs.command("resume")
def resume_job(
    job: Annotated[str, typer.Argument(metavar="ID", help="A job's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Let a held job go on where it stopped."""
    from api.cli import jobs, running

    settings = running.settings_of(as_json=as_json)
    running.run(lambda: jobs.resume(settings, job, as_json=as_json), as_json=as_json)


@jobs.command("cancel")
def cancel_job(
    job: Annotated[str, typer.Argument(metavar="ID", help="A job's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a job before its time; what it brought so far stays."""
    from api.cli import jobs, running

    settings = running.settings_of(as_json=as_json)
    running.run(lambda: jobs.cancel(settings, job, as_json=as_json), as_json=as_json)


@app.command()
def tree(
    *,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            "--goal",
            metavar="KEY",
            help="Start at this goal, journey, opportunity, solution or objective; default: all.",
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Levels to show; default: all.")
    ] = None,
    key_results: Annotated[
        bool, typer.Option("--key-results", help="Show the objectives' key results too.")
    ] = False,
    cycle: CycleKey = None,
    as_of: AsOf = None,
    demo: Demo = False,
    clock: Clock = None,
    as_json: AsJson = False,
) -> None:
    """Show the atlas: goals, journeys, opportunities and solutions, with how they stand."""
    from api.cli import running
    from api.cli import tree as growing

    settings = running.settings_of(demo=demo, clock=clock, as_json=as_json)
    task = growing.TreeTask(
        key=key, depth=depth, cycle=cycle, as_of=as_of, key_results=key_results, demo=demo
    )
    running.run(lambda: growing.show_tree(settings, task, as_json=as_json), as_json=as_json)


@app.command()
def explain(
    key: Annotated[
        str,
        typer.Argument(
            help="A key result, objective, goal, journey, opportunity, solution, metric or team."
        ),
    ],
    *,
    policy: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Status policy; default: the organization's."),
    ] = None,
    cycle: CycleKey = None,
    as_of: AsOf = None,
    demo: Demo = False,
    clock: Clock = None,
    as_json: AsJson = False,
) -> None:
    """Tell where a number comes from: formula, inputs, sources, and how the status follows."""
    from api.cli import explaining, running

    settings = running.settings_of(demo=demo, clock=clock, as_json=as_json)
    task = explaining.ExplainTask(key=key, policy=policy, cycle=cycle, as_of=as_of, demo=demo)
    running.run(lambda: explaining.explain(settings, task, as_json=as_json), as_json=as_json)


@app.command()
def query(
    file: Annotated[Path, typer.Argument(help="A GraphQL document; - reads standard input.")],
    *,
    variables: Annotated[
        str | None, typer.Option(metavar="JSON", help="Variables as a JSON object.")
    ] = None,
    operation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which operation, where there are several.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this server instead of answering in this process."),
    ] = None,
    demo: Demo = False,
    clock: Clock = None,
) -> None:
    """Run a GraphQL query and print its answer as JSON."""
    from api.cli import querying, running

    settings = running.settings_of(demo=demo, clock=clock)
    asked = querying.Asked(file=file, variables=variables, operation=operation)
    running.run(lambda: querying.query(settings, asked, url=url, demo=demo))


def main() -> None:
    """Run the command line; end with the command's exit code."""
    # A command tells its failures itself; only what runs for long writes a log.
    logging.getLogger().addHandler(logging.NullHandler())
    app()
