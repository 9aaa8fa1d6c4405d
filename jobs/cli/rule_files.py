"""tracker rules export, import: many rules at a time, and a whole region's file.

Does not read region files (`tracker.regions`) or say what an edit does (`jobs.trials`).
"""

import json
from pathlib import Path

import typer
from pydantic import ValidationError
from sqlmodel import Session

from db import strategies
from db.strategies import Rule
from db.subscribers import Language
from jobs.cli.invocation import Invocation
from jobs.cli.rules import group
from jobs.cli.trials import ANNOUNCE, AUTHOR, FORCE, MOST, SAID_IN, save, show_trial, signed
from jobs.rules import StandsSo
from jobs.tagger import stored_rulebook
from jobs.trials import Edit, with_rule
from tracker.errors import Code, Refusal, TrackerError
from tracker.regions import load_region


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    group.command("export")(export_rules)
    group.command("import")(import_rules)


def export_rules(context: typer.Context) -> None:
    """Every rule as one JSON object a line; tracker rules import takes them back."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        for rule in strategies.all_rules(session):
            typer.echo(json.dumps(rule.model_dump(mode="json"), ensure_ascii=False))


def import_rules(
    context: typer.Context,
    file: Path = typer.Argument(
        help="A region file (.toml): everything becomes as it says; or exported rules (.jsonl)."
    ),
    reason: str = typer.Option("", help="Why; it is kept with everything that changes. Only a preview needs none."),
    author: str = AUTHOR,
    preview: bool = typer.Option(False, "--preview", help="Say what it would do to the archive; take nothing in."),
    force: bool = FORCE,
    announce: bool = ANNOUNCE,
    most: int = MOST,
    said_in: Language = SAID_IN,
) -> None:
    """Take rules in and tag what they reach; each that differs is a new revision. All are taken or none."""
    asked: Invocation = context.obj
    if not preview and not reason:
        raise typer.BadParameter("an import needs a reason", param_hint="--reason")
    with asked.desk() as desk:
        with desk.db.read() as session:
            edit = edit_of(session, file)
            if preview:
                show_trial(asked, desk, session, edit, said_in, most)
                return
        try:
            save(asked, desk, edit, signed(desk, author, reason), force, announce)
        except StandsSo:
            asked.show_one({"what": file.name, "saved": 0})
        except TrackerError as error:
            raise Refusal(Code.NOTHING_TAKEN, file=file, why=error) from None


def edit_of(session: Session, file: Path) -> Edit:
    """The edit that takes a file in. RuleError, ConfigError or TrackerError where it cannot be read."""
    before = book = stored_rulebook(session)
    if file.suffix == ".toml":
        region = load_region(file)
        return Edit(file.name, before, region.rulebook, of_file=region.examples)
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            book = with_rule(book, _rule(line, f"{file}:{number}"))
    return Edit(file.name, before, book)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TrackerError(f"{file}: {error.strerror}; name a region file or exported rules") from None
    except UnicodeDecodeError:
        raise TrackerError(f"{file}: not a text file; name a region file or exported rules") from None


def _rule(line: str, place: str) -> Rule:
    try:
        return Rule.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise TrackerError(f"{place}: {faults}") from None
