"""tracker rules: the lines that tag calls; what an edit would do, and its saving.

Does not match anything. Masks, thresholds, examples, files and reports are commands beside these, each in its module.
"""

from collections.abc import Sequence
from typing import Any

import typer
from sqlmodel import Session

from db import feedback, strategies
from db.strategies import Rule, Weight
from db.subscribers import Language
from jobs import rule_reports, rules
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.trials import ANNOUNCE, FORCE, MOST, REASON, REVISION, SAID_IN, save, show_trial
from jobs.examples import kept_examples
from tracker.errors import RuleError
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example
from tracker.tagging.language import check_line, in_words, parse_rule

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
    with asked.desk() as desk, desk.db.read() as session:
        found = [rule for rule in strategies.all_rules(session) if spearhead in ("", rule.spearhead)]
    asked.show([row(rule) for rule in found], ("key", "spearhead", "weight", "language", "enabled", "text"))


def row(rule: Rule) -> dict[str, Any]:
    """A rule as a row of a list."""
    return rule.model_dump() | {"weight": rule.weight.name.lower()}


@group.command("show")
def show_rule(context: typer.Context, key: str = KEY, said_in: Language = SAID_IN) -> None:
    """One rule: its line, what it says in plain words, its examples, what readers said of it, its last revision."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        rule = known_rule(session, key)
        last = strategies.revisions_of(session, key)[-1]
        told = row(rule) | {
            "words": in_words(parse_rule(rule.text), said_in.value),
            "examples": [rules.told_example(one) for one in kept_examples(session) if one.rule == key],
            "readers": said_by_readers(session, key),
            "revision": last.revision,
            "saved": f"{last.at:%Y-%m-%d %H:%M} {last.author}: {last.reason}",
        }
    asked.show_one(told)


def said_by_readers(session: Session, key: str) -> str:
    """A rule's precision by readers' "not for us"."""
    found = rule_reports.precision(session, feedback.not_for_us(session))
    told = [f"told to {one.told}, not for {one.not_for_us} of them" for one in found if one.rule == key]
    return told[0] if told else "told to nobody yet"


def known_rule(session: Session, key: str) -> Rule:
    """The rule of this key; RuleError where there is none."""
    rule = strategies.rule_named(session, key)
    if rule is None:
        raise RuleError(f"there is no rule {key!r}", hint="tracker rules list has the keys")
    return rule


@group.command("history")
def show_history(context: typer.Context, key: str = KEY) -> None:
    """Every revision of a rule, oldest first."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        known_rule(session, key)
        kept = strategies.revisions_of(session, key)
    rows = [one.model_dump(exclude={"id"}) | {"weight": one.weight.name.lower()} for one in kept]
    asked.show(rows, ("revision", "at", "author", "reason", "enabled", "weight", "language", "text"))


def drafted(
    old: Rule | None, key: str, spearhead: str | None, text: str | None, weight: str | None, language: str | None
) -> Rule:
    """A rule as it stands with what is given in its place, switched on; a new one needs a spearhead and a line."""
    if old is None and not (spearhead and text is not None):
        raise RuleError(f"there is no rule {key!r}", hint="A new one needs --spearhead and --text")
    if weight is not None and weight.upper() not in Weight.__members__:
        raise RuleError(f"there is no weight {weight!r}", hint="It is strong, medium or weak")
    given = {"spearhead": spearhead, "text": text, "weight": Weight[weight.upper()] if weight else None}
    base = old or Rule(key=key, spearhead="", text="", weight=Weight.MEDIUM)
    asked = {name: value for name, value in given.items() if value is not None}
    return base.model_copy(update={**asked, "language": spoken(base.language, language), "enabled": True})


def spoken(now: str | None, given: str | None) -> str | None:
    """The language of a line as it is asked for: as now where nothing is, None for any; RuleError for others."""
    if given not in (None, "any", *Language):
        raise RuleError(f"there are no words of language {given!r}", hint="It is fi, sv, en or any")
    return now if given is None else None if given == "any" else given


def own_examples(rule: Rule, matches: Sequence[str], spares: Sequence[str]) -> list[Example]:
    """Texts that the rule must and must not match, as given with an edit."""
    return [
        Example(rule.spearhead, Document(id=text, title="", text=text, language=rule.language or "en"), must, rule.key)
        for must, texts in ((True, matches), (False, spares))
        for text in texts
    ]


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
    with asked.desk() as desk, desk.db.read() as session:
        rule = drafted(strategies.rule_named(session, key), key, spearhead, text, weight, language)
        rule = rule.model_copy(update={"enabled": not off})
        edit = rules.rule_edit(session, rule, own_examples(rule, matches, spares))
        show_trial(asked, desk, session, edit, said_in, most)


@group.command("add", help="Save a new rule (medium, if nothing else is said) and tag what it reaches; silently.")
@group.command("edit", help="Save a rule otherwise than it stands; one that was removed is back. Retags silently.")
def save_rule(
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
    is_new = context.info_name == "add"
    with asked.desk() as desk:
        with desk.db.read() as session:
            if is_new and strategies.rule_named(session, key):
                raise RuleError(f"there is a rule {key!r} already", hint="tracker rules edit changes it")
            old = None if is_new else known_rule(session, key)
            rule = drafted(old, key, spearhead, text, weight, language)
            check_line(rule.text, said_in.value)
            edit = rules.rule_edit(session, rule, own_examples(rule, matches, spares))
        save(asked, desk, edit, asked.signed(desk, reason, author), force, announce)


@group.command("remove")
def remove_rule(context: typer.Context, key: str = KEY, reason: str = REASON, author: str = AUTHOR) -> None:
    """Switch a rule off; its history stays, and a rollback or an edit brings it back."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            edit = rules.rule_edit(session, known_rule(session, key).model_copy(update={"enabled": False}))
        save(asked, desk, edit, asked.signed(desk, reason, author))


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
    with asked.desk() as desk:
        with desk.db.read() as session:
            known_rule(session, key)
            edit = rules.rule_edit(session, rules.rolled_back(session, key, to))
        save(asked, desk, edit, asked.signed(desk, reason, author), force)
