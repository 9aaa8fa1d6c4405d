"""tracker rules: the lines that tag calls.

Does not match anything.
"""

import getpass
import json
from pathlib import Path

import typer
from pydantic import ValidationError
from sqlmodel import Session

from db import strategies
from db.strategies import Rule
from jobs.cli.invocation import Invocation, failed
from jobs.desk import Desk
from jobs.tagger import import_region, stored_rulebook
from tracker.errors import RuleError, TrackerError
from tracker.regions import load_region
from tracker.tagging.index import compile_rules

group = typer.Typer(no_args_is_help=True, help="The lines that tag calls.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="rules")


@group.command("list")
def list_rules(context: typer.Context, spearhead: str = typer.Option("", help="Only this spearhead's.")) -> None:
    """Every rule as it stands now."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        rules = [rule for rule in strategies.all_rules(session) if spearhead in ("", rule.spearhead)]
    rows = [rule.model_dump() | {"weight": rule.weight.name.lower()} for rule in rules]
    asked.show(rows, ("key", "spearhead", "weight", "language", "enabled", "text"))


@group.command("export")
def export_rules(context: typer.Context) -> None:
    """Every rule as one JSON object a line; tracker rules import takes them back."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        for rule in strategies.all_rules(session):
            typer.echo(json.dumps(rule.model_dump(mode="json"), ensure_ascii=False))


@group.command("import")
def import_rules(
    context: typer.Context,
    file: Path = typer.Argument(
        help="A region file (.toml): everything becomes as it says; or exported rules (.jsonl)."
    ),
    reason: str = typer.Option(..., help="Why; it is kept with every rule that changes."),
) -> None:
    """Take rules in; each that differs becomes a new revision. All are taken or none. tracker retag applies them."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.write() as session:
        author = getpass.getuser()
        if file.suffix == ".toml":
            counts = import_region(session, load_region(file), author, reason, desk.clock())
        else:
            counts = _import_lines(session, desk, file, author, reason)
        try:
            compile_rules(stored_rulebook(session), desk.tagger.lemmas)
        except RuleError as error:
            raise failed(f"{file}: nothing was taken: {error}") from None
    asked.show([counts], tuple(counts))


def _import_lines(session: Session, desk: Desk, file: Path, author: str, reason: str) -> dict[str, int]:
    rules = [_rule(line, f"{file}:{n}") for n, line in enumerate(_lines(file), 1) if line.strip()]
    known = {spearhead.key for spearhead in strategies.all_spearheads(session)}
    if unknown := sorted({rule.spearhead for rule in rules} - known):
        raise failed(f"{file}: no such spearhead: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    saved = sum(strategies.save_rule(session, rule, author, reason, desk.clock()) for rule in rules)
    return {"rules": len(rules), "saved": saved}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TrackerError(f"{file}: {error.strerror}; name a region file or exported rules") from None


def _rule(line: str, place: str) -> Rule:
    try:
        return Rule.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise TrackerError(f"{place}: {faults}") from None
