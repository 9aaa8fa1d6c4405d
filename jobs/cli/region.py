"""tracker region: the files that say what a region is and tags by.

Does not take a file into the database (`tracker rules import`).
"""

from collections import Counter
from pathlib import Path

import typer

from jobs.cli.invocation import Invocation, failed
from tracker.errors import Code, Refusal
from tracker.regions import broken_examples, load_region
from tracker.tagging.lemmas import Lemmas

group = typer.Typer(no_args_is_help=True, help="The files that say what a region is and tags by.")
COLUMNS = ("spearhead", "threshold", "rules", "examples")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="region")


@group.command("check")
def check_region(context: typer.Context, file: Path = typer.Argument(help="A region file (.toml).")) -> None:
    """List every fault of a region file and try its examples; needs no database. Without faults, say what it holds."""
    asked: Invocation = context.obj
    try:
        region = load_region(file)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    if unkept := broken_examples(region, Lemmas()):
        raise failed("\n".join([f"{file.name}: {len(unkept)} examples are not kept", *unkept]))
    rules = Counter(rule.spearhead for rule in region.rulebook.rules)
    examples = Counter(example.spearhead for example in region.examples)
    rows = [
        {"spearhead": one.key, "threshold": one.threshold, "rules": rules[one.key], "examples": examples[one.key]}
        for one in region.rulebook.spearheads
    ]
    asked.show(rows, COLUMNS)
