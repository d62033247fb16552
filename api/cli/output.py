"""How a command shows its result and its failure: for people, or as JSON."""

import sys
from collections.abc import Callable
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

Json = Any  # Any: what orjson can write, of a shape that each command documents


def show(result: Json, *, as_json: bool, people: Callable[[Console], None]) -> None:
    """Print the result as one JSON document, else what `people` writes to the console."""
    if as_json:
        write_json(result)
    else:
        people(Console(highlight=False))


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
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made
