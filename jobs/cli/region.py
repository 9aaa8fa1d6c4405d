"""tracker region: the files that say what a region is and tags by.

Does not take a file into the database (`tracker rules import`).
"""

from dataclasses import asdict
from pathlib import Path

import typer

from jobs.cli.invocation import Invocation, failed
from jobs.rulebook.region_files import check_file

group = typer.Typer(no_args_is_help=True, help="The files that say what a region is and tags by.")
COLUMNS = ("spearhead", "threshold", "rules", "examples")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="region")


@group.command("check")
def check_region(context: typer.Context, file: Path = typer.Argument(help="A region file (.toml).")) -> None:
    """List every fault of a region file and try its examples; needs no database. Without faults, say what it holds."""
    asked: Invocation = context.obj
    checked = check_file(file)
    if checked.unkept:
        raise failed("\n".join([f"{file.name}: {len(checked.unkept)} examples are not kept", *checked.unkept]))
    asked.show([asdict(one) for one in checked.spearheads], COLUMNS)
