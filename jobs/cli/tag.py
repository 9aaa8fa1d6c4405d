"""tracker tag: tag calls from a file, one JSON object a line; needs no database.

Does not store anything.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from jobs.cli.invocation import Invocation, failed


def add_to(app: typer.Typer) -> None:
    app.command("tag")(tag_file)


def tag_file(
    context: typer.Context, file: Path = typer.Argument(help="Calls, one JSON object a line; - for standard input.")
) -> None:
    """Print for each call its id, its spearheads with their scores, and the evidence: one JSON object a line."""
