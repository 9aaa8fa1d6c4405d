"""tracker tag: tag calls from a file, one JSON object a line; needs no database.

Does not store anything.
"""

import json
import sys
from pathlib import Path
from typing import Any

import typer

from db.strategies import Level
from jobs.cli.invocation import Invocation
from jobs.rulebook.region_files import TaggedLine, index_of_file, tag_lines
from tracker.errors import Code, Refusal
from tracker.regions import region_path


def add_to(app: typer.Typer) -> None:
    app.command("tag")(tag_file)


def tag_file(
    context: typer.Context,
    file: Path = typer.Argument(
        help="Calls, one JSON object a line: id, identifier, title, callTitle, abstract, …; - for stdin."
    ),
    eu: bool = typer.Option(False, "--eu", help="Also the EU-side tags beside the spearheads."),
) -> None:
    """Print for each call its id, its spearheads with their scores, and the evidence, by the region file's rules."""
    asked: Invocation = context.obj
    index = index_of_file(region_path(asked.settings().region.file))
    levels = set(Level) if eu else {Level.SPEARHEAD}
    for one in tag_lines(index, sys.stdin if str(file) == "-" else _lines(file), levels, str(file)):
        typer.echo(json.dumps(tagged_row(one), ensure_ascii=False))


def tagged_row(one: TaggedLine) -> dict[str, Any]:
    """A call by its id, with the points of each tag and the evidence."""
    return {
        "id": one.id,
        "tags": {tag.spearhead: tag.score for tag in one.tags},
        "evidence": {tag.spearhead: [e._asdict() for e in tag.evidence] for tag in one.tags},
    }


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None
