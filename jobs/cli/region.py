"""tracker region, tracker tag: check a region file, and tag calls from a file by its rules; neither needs a database.

Does not import a region file into the database (`tracker rules import`).
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from db.strategies import Level
from jobs.cli.invocation import Invocation, failed, text_in_file
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.rulebook.region_files import TaggedLine, check_file, index_of_file, public_gaps, tag_lines
from tracker.regions import region_path

group = typer.Typer(no_args_is_help=True, help="Region files: what a region is, and the rules that it tags by.")
COLUMNS = ("spearhead", "threshold", "rules", "examples")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="region")
    app.command("tag")(tag_file)


@group.command("check")
def check_region(
    context: typer.Context,
    file: Path = typer.Argument(help="A region file (.toml)."),
    public: bool = typer.Option(
        False, "--public", help="Fail, too, while a text that the law asks for is missing or was read over a year ago."
    ),
) -> None:
    """List every fault of a region file and try its examples; if there are none, show what the file holds."""
    invocation: Invocation = context.obj
    checked = check_file(file)
    if checked.unkept:
        raise failed(
            "\n".join(
                [say("%(file)s: examples not kept: %(n)d", file=file.name, n=len(checked.unkept)), *checked.unkept]
            )
        )
    if public and (missing := public_gaps(file, invocation.clock()().date())):
        raise failed(
            "\n".join([say("%(file)s: not ready for the public: %(n)d", file=file.name, n=len(missing)), *missing])
        )
    for doubt in checked.doubts:
        print_text(f"{file.name}: {doubt}", err=True)
    invocation.show([asdict(spearhead) for spearhead in checked.spearheads], COLUMNS)


def tag_file(
    context: typer.Context,
    file: Path = typer.Argument(
        help="Calls, one JSON object a line: id, identifier, title, callTitle, abstract, …; - for standard input."
    ),
    eu: bool = typer.Option(
        False, "--eu", help="Show the EU-level tags and the own region's too, beside the spearheads."
    ),
) -> None:
    """Tag calls from a file by the region file's rules: print each call's id, points by spearhead, and evidence."""
    invocation: Invocation = context.obj
    index = index_of_file(region_path(invocation.settings().region.file))
    levels = set(Level) if eu else {Level.SPEARHEAD}
    lines = sys.stdin if str(file) == "-" else text_in_file(file).splitlines()
    for tagged in tag_lines(index, lines, levels, str(file)):
        typer.echo(json.dumps(tagged_row(tagged), ensure_ascii=False))


def tagged_row(tagged: TaggedLine) -> dict[str, Any]:
    """A call by its id, with the points of each tag and the evidence."""
    return {
        "id": tagged.id,
        "tags": {tag.spearhead: tag.score for tag in tagged.tags},
        "evidence": {tag.spearhead: [evidence._asdict() for evidence in tag.evidence] for tag in tagged.tags},
    }
