"""tracker rules: the lines that tag calls; what an edit would do, and its saving.

Does not match anything. Masks, thresholds, examples, files and reports are commands beside these, each in its module.
"""

from typing import Any

import typer

from db.strategies import Rule
from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.previews import ANNOUNCE, FORCE, MOST, REASON, REVISION, SAID_IN, save_edit, show_trial
from jobs.rulebook import drafts, saving
from jobs.rulebook.drafts import AskedRule, RuleInFull

group = typer.Typer(no_args_is_help=True, help="The lines that tag calls.")
KEY = typer.Argument(metavar="RULE", help="The rule's key: small letters, digits and -.")
TEXT = typer.Option(None, help="The line: '\"vertical farming\" OR kerrosviljely'.")
SPEARHEAD = typer.Option(None, help="The spearhead that it gives points to.")
WEIGHT = typer.Option(None, help="strong (4 points), medium (2) or weak (1; never tags alone).")
LANGUAGE = typer.Option(None, help="Reads only texts in this language (fi, sv, en); any: texts of every language.")
MATCHES = typer.Option([], help="A text that the rule must match, kept as an example; may be given more than once.")
SPARES = typer.Option([], help="A text that the rule must not match, kept as an example; may be given more than once.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="rules")


@group.command("list")
def list_rules(context: typer.Context, spearhead: str = typer.Option("", help="Only this spearhead's.")) -> None:
    """Every rule as it stands now."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = drafts.listed_rules(session, spearhead)
    asked.show([rule_row(rule) for rule in found], ("key", "spearhead", "weight", "language", "enabled", "text"))


def rule_row(rule: Rule) -> dict[str, Any]:
    """A rule as a row of a list."""
    return rule.model_dump() | {"weight": rule.weight.name.lower()}


@group.command("show")
def show_rule(context: typer.Context, key: str = KEY, said_in: Language = SAID_IN) -> None:
    """One rule: its line, what it says in plain words, its examples, what readers said of it, its last revision."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        told = _whole(drafts.rule_in_full(session, key, said_in.value))
    asked.show_one(told)


def _whole(one: RuleInFull) -> dict[str, Any]:
    return rule_row(one.rule) | {
        "words": one.words,
        "examples": [saving.told_example(example) for example in one.examples],
        "readers": one.readers,
        "revision": one.last.revision,
        "saved": f"{one.last.at:%Y-%m-%d %H:%M} {one.last.author}: {one.last.reason}",
    }


@group.command("history")
def show_rule_history(context: typer.Context, key: str = KEY) -> None:
    """Every revision of a rule, oldest first."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        kept = drafts.rule_history(session, key)
    rows = [one.model_dump(exclude={"id"}) | {"weight": one.weight.name.lower()} for one in kept]
    asked.show(rows, ("revision", "at", "author", "reason", "enabled", "weight", "language", "text"))


@group.command("preview")
def preview_rule(
    context: typer.Context,
    key: str = KEY,
    spearhead: str = SPEARHEAD,
    text: str = TEXT,
    weight: str = WEIGHT,
    language: str = LANGUAGE,
    matches: list[str] = MATCHES,
    spares: list[str] = SPARES,
    off: bool = typer.Option(False, "--off", help="What if the rule were not there."),
    most: int = MOST,
    said_in: Language = SAID_IN,
) -> None:
    """What an edited or new rule would do to the archive and to readers; saves nothing."""
    asked: Invocation = context.obj
    wanted = AskedRule(key, spearhead, text, weight, language, tuple(matches), tuple(spares))
    with asked.app() as app, app.db.read() as session:
        edit = drafts.tried_rule(session, wanted, off)
        show_trial(asked, app, session, edit, said_in, most)


@group.command("add", help="Save a new rule (medium, if nothing else is said) and tag what it reaches; silently.")
@group.command("edit", help="Save a rule otherwise than it stands; one that was removed is back. Retags silently.")
def add_or_edit_rule(
    context: typer.Context,
    key: str = KEY,
    spearhead: str = SPEARHEAD,
    text: str = TEXT,
    weight: str = WEIGHT,
    language: str = LANGUAGE,
    reason: str = REASON,
    author: str = AUTHOR,
    matches: list[str] = MATCHES,
    spares: list[str] = SPARES,
    force: bool = FORCE,
    announce: bool = ANNOUNCE,
    said_in: Language = SAID_IN,
) -> None:
    """Two commands: the one takes no rule that is there, the other none that is not."""
    asked: Invocation = context.obj
    wanted = AskedRule(key, spearhead, text, weight, language, tuple(matches), tuple(spares))
    draft = drafts.new_rule if context.info_name == "add" else drafts.changed_rule
    with asked.app() as app:
        with app.db.read() as session:
            edit = draft(session, wanted, said_in.value)
        save_edit(asked, app, edit, asked.signed(app, reason, author), force, announce)


@group.command("remove")
def remove_rule(context: typer.Context, key: str = KEY, reason: str = REASON, author: str = AUTHOR) -> None:
    """Switch a rule off; its history stays, and a rollback or an edit brings it back."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = drafts.removed_rule(session, key)
        save_edit(asked, app, edit, asked.signed(app, reason, author))


@group.command("rollback")
def roll_back_rule(
    context: typer.Context,
    key: str = KEY,
    to: int = REVISION,
    reason: str = REASON,
    author: str = AUTHOR,
    force: bool = FORCE,
) -> None:
    """Save a rule as it was at an earlier revision; of a rule with one revision only, take it out."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = drafts.restored_rule(session, key, to)
        save_edit(asked, app, edit, asked.signed(app, reason, author), force)
