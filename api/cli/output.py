"""How a command shows its result, its work and its failure: for people, or as JSON."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Json = Any  # Any: what orjson can write, of a shape that each command documents

WIDTH_OF_A_PIPE = 10_000
"""Characters of a line that no person reads: nothing is folded, so that each row is one line."""


def show(result: Json, *, as_json: bool, people: Callable[[Console], None]) -> None:
    """Print the result as one JSON document, else what `people` writes to the console."""
    if as_json:
        write_json(result)
    else:
        people(_standard_output())


def write_json(result: Json) -> None:
    """Print one indented JSON document to standard output."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    sys.stdout.buffer.write(orjson.dumps(result, default=str, option=options))
    sys.stdout.buffer.flush()


def tell(message: str) -> None:
    """Say something beside the result: on standard error, so that output can be piped."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False)


def table(title: str, *columns: str) -> Table:
    """Start a table in the house's style."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def number_columns(made: Table, *headers: str) -> None:
    """Set the columns with these headers to the right, where their digits line up."""
    for column in made.columns:
        if column.header in headers:
            column.justify = "right"


@contextmanager
def bars() -> Generator[Progress]:
    """Show bars on standard error while work goes on, gone when it ends; only on a terminal."""
    console = Console(stderr=True, highlight=False)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[said]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty() or console.is_dumb_terminal,
    )
    with progress:
        yield progress


def _standard_output() -> Console:
    """Open the console; it obeys NO_COLOR, and COLUMNS in a pipe too."""
    is_read_by_people = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if is_read_by_people else WIDTH_OF_A_PIPE)
