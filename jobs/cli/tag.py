"""tracker tag: tag calls from a file, one JSON object a line; needs no database.

Does not store anything.
"""

import json
import sys
from pathlib import Path

import typer

from db.strategies import Level
from jobs.cli.invocation import Invocation
from tracker.errors import Code, Refusal
from tracker.regions import load_region, region_path
from tracker.tagging.documents import from_judged
from tracker.tagging.index import Index, compile_rules, tag
from tracker.tagging.lemmas import Lemmas


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
    region = load_region(region_path(asked.settings().region.file))
    index = compile_rules(region.rulebook, Lemmas())
    levels = set(Level) if eu else {Level.SPEARHEAD}
    lines = sys.stdin if str(file) == "-" else _lines(file)
    for number, line in enumerate(lines, 1):
        if line.strip():
            typer.echo(_tagged(index, line, levels, f"{file}:{number}"))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None


def _tagged(index: Index, line: str, levels: set[Level], place: str) -> str:
    try:
        document = from_judged(json.loads(line))
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise Refusal(Code.NOT_A_CALL, place=place) from None
    found = [one for one in tag(index, document) if one.level in levels]
    told = {
        "id": document.id,
        "tags": {one.spearhead: one.score for one in found},
        "evidence": {one.spearhead: [e._asdict() for e in one.evidence] for one in found},
    }
    return json.dumps(told, ensure_ascii=False)
