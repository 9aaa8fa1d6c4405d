"""The command line with every command in its place, which a process of it never imports."""

from typing import Any

import typer.main

from jobs.cli import app
from jobs.cli.nouns import FIRST_WORDS


def whole_command_line() -> Any:
    """The group of all commands, loaded."""
    group: Any = typer.main.get_command(app)
    for word in FIRST_WORDS:
        group.load(word)
    return group
