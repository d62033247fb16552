"""The page of the command line has every command and option, in the code's own words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from api.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "command-line.md"

Command = Any  # Any: typer's commands have no public type


def commands(command: Command, *path: str) -> Iterator[tuple[str, Command]]:
    """Walk the commands that do something, by the words that call them."""
    inner: dict[str, Command] = getattr(command, "commands", {})
    if not inner:
        yield " ".join(path), command
    for name, each in inner.items():
        yield from commands(each, *path, name)


COMMANDS = dict(commands(get_command(app), "atlas"))


def sections() -> dict[str, str]:
    """Give the page's sections by command, arguments left out."""
    parts = re.split(r"^## `([a-z ]+[a-z])(?: .*)?`$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented_options(text: str) -> dict[str, str]:
    rows = re.findall(r"^\| (`--.+?`) \| (.+) \|$", text, re.MULTILINE)
    return {names.replace("`", ""): told for names, told in rows}


def options_of(command: Command) -> dict[str, str]:
    options = [each for each in command.params if each.param_type_name == "option"]
    return {written(each): each.help for each in options}


def written(option: Command) -> str:
    metavar = "" if option.is_flag else f" {option.metavar}"
    return ", ".join(f"{name}{metavar}" for name in option.opts)


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_tells_the_commands_options_in_its_own_words(name: str) -> None:
    section, command = sections()[name], COMMANDS[name]

    assert documented_options(section) == options_of(command)
    assert section.lstrip().startswith(command.help)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_heading_names_the_commands_arguments(name: str) -> None:
    arguments = [
        each.metavar or each.name.upper()
        for each in COMMANDS[name].params
        if each.param_type_name == "argument"
    ]

    assert f"## `{' '.join([name, *arguments])}`\n" in PAGE.read_text()


def test_the_programs_own_options_are_told_as_well() -> None:
    before_the_commands = PAGE.read_text().split("\n## ")[0]

    assert documented_options(before_the_commands) == options_of(get_command(app))
