"""tracker rules: show, preview and edit the rules that tag calls.

Does not hold the commands on masks, thresholds, examples, files and reports: each lies in a module of its own.
"""

from typing import Any

import typer

from db.strategies import Rule
from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.previews import ANNOUNCE, FORCE, LANGUAGE, LIMIT, REASON, REVISION, save_edit, show_preview
from jobs.cli.wording import SPOKEN, say
from jobs.rulebook import drafts, saving
from jobs.rulebook.drafts import AskedRule, RuleInFull

group = typer.Typer(no_args_is_help=True, help="The rules that tag calls.")
KEY = typer.Argument(metavar="RULE", help="The rule's key: lower-case letters, digits and -.")
TEXT = typer.Option(None, help="The rule's line: '\"vertical farming\" OR kerrosviljely'.")
SPEARHEAD = typer.Option(None, help="The spearhead that the rule gives points to.")
WEIGHT = typer.Option(
    None, help="strong (4 points), repeated (2, said twice 4), medium (2), weak (1; never tags alone)."
)
TEXT_LANGUAGE = typer.Option(None, help="Read only texts in this language (fi, sv, en); any: all texts.")
MATCHES = typer.Option([], help="A text that the rule must match, kept as an example; may be given more than once.")
NOT_MATCHES = typer.Option([], help="A text that it must not match; likewise.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="rules")


@group.command("list")
def list_rules(context: typer.Context, spearhead: str = typer.Option("", help="Only rules of this spearhead.")) -> None:
    """List every rule as it is now."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [rule_row(rule) for rule in drafts.listed_rules(session, spearhead)]
    invocation.show(
        rows,
        ("key", "spearhead", "weight", "language", "enabled", "text"),
        say("no rule yet; tracker rules add makes one"),
    )


def rule_row(rule: Rule) -> dict[str, Any]:
    """A rule as a row of a list."""
    return rule.model_dump() | {"weight": rule.weight.name.lower()}


@group.command("show")
def show_rule(context: typer.Context, key: str = KEY, language: Language = LANGUAGE) -> None:
    """Show one rule: its line, the line in plain words, its examples, its readers' verdict, its last revision."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        record = _full_record(drafts.rule_in_full(session, key, language.value))
    invocation.show_fields(record)


def _full_record(full: RuleInFull) -> dict[str, Any]:
    return rule_row(full.rule) | {
        "words": full.words,
        "examples": [saving.told_example(example, SPOKEN.get()) for example in full.examples],
        "readers": full.readers,
        "revision": full.last.revision,
        "saved": f"{full.last.at:%Y-%m-%d %H:%M} {full.last.author}: {full.last.reason}",
    }


@group.command("history")
def show_rule_history(context: typer.Context, key: str = KEY) -> None:
    """List every revision of a rule, oldest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        revisions = drafts.rule_history(session, key)
    rows = [revision.model_dump(exclude={"id"}) | {"weight": revision.weight.name.lower()} for revision in revisions]
    invocation.show(rows, ("revision", "at", "author", "reason", "enabled", "weight", "language", "text"))


@group.command("preview")
def preview_rule(
    context: typer.Context,
    key: str = KEY,
    spearhead: str = SPEARHEAD,
    text: str = TEXT,
    weight: str = WEIGHT,
    text_language: str = TEXT_LANGUAGE,
    matches: list[str] = MATCHES,
    not_matches: list[str] = NOT_MATCHES,
    off: bool = typer.Option(False, "--off", help="Preview removing the rule."),
    limit: int = LIMIT,
    language: Language = LANGUAGE,
) -> None:
    """Preview a new or edited rule: what it would do to all calls and to readers. Saves nothing."""
    draft = AskedRule(key, spearhead, text, weight, text_language, tuple(matches), tuple(not_matches))
    show_preview(
        context.obj, lambda session, compiled: drafts.tried_rule(session, draft, compiled, off), language, limit
    )


@group.command("add", help="Add a rule (medium, unless you say otherwise). Makes no news unless announced.")
@group.command("edit", help="Change a rule; editing a removed rule restores it. Makes no news unless announced.")
def add_or_edit_rule(
    context: typer.Context,
    key: str = KEY,
    spearhead: str = SPEARHEAD,
    text: str = TEXT,
    weight: str = WEIGHT,
    text_language: str = TEXT_LANGUAGE,
    reason: str = REASON,
    author: str = AUTHOR,
    matches: list[str] = MATCHES,
    not_matches: list[str] = NOT_MATCHES,
    force: bool = FORCE,
    announce: bool = ANNOUNCE,
    language: Language = LANGUAGE,
) -> None:
    """Two commands in one: `add` refuses a key that exists, `edit` one that does not."""
    draft = AskedRule(key, spearhead, text, weight, text_language, tuple(matches), tuple(not_matches))
    edit_of = drafts.new_rule if context.info_name == "add" else drafts.changed_rule
    save_edit(
        context.obj,
        lambda session, compiled: edit_of(session, draft, compiled, language.value),
        reason,
        author,
        force,
        announce,
    )


@group.command("remove")
def remove_rule(context: typer.Context, key: str = KEY, reason: str = REASON, author: str = AUTHOR) -> None:
    """Remove a rule; its history stays, and a rollback or an edit restores it."""
    save_edit(context.obj, lambda session, _: drafts.removed_rule(session, key), reason, author)


@group.command("rollback")
def roll_back_rule(
    context: typer.Context,
    key: str = KEY,
    to: int = REVISION,
    reason: str = REASON,
    author: str = AUTHOR,
    force: bool = FORCE,
) -> None:
    """Restore a rule as it was at an earlier revision; a rule with only one revision is removed."""
    save_edit(context.obj, lambda session, _: drafts.restored_rule(session, key, to), reason, author, force)
