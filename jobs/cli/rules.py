"""tracker rules: the lines that tag calls; what an edit would do, and its saving.

Does not match anything; reports on the rules as they stand are in `jobs.cli.rule_reports`.
"""

import getpass
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from sqlmodel import Session

from db import strategies
from db.strategies import Rule, Weight
from db.subscribers import Language
from jobs import rules
from jobs.cli.invocation import Invocation, failed
from jobs.desk import Desk
from jobs.rules import Saved, Shift, Signed, Trial
from jobs.tagger import import_region, stored_rulebook
from tracker.errors import RuleError, TrackerError
from tracker.regions import load_region
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.index import compile_rules
from tracker.tagging.language import in_words, parse_rule

group = typer.Typer(no_args_is_help=True, help="The lines that tag calls.")
KEY = typer.Argument(metavar="RULE", help="The rule's key: small letters, digits and -.")
TEXT = typer.Option(None, help="The line: '\"vertical farming\" OR kerrosviljely'.")
SPEARHEAD = typer.Option(None, help="The spearhead that it gives points to.")
WEIGHT = typer.Option(None, help="strong (4 points), medium (2) or weak (1; never tags alone).")
LANGUAGE = typer.Option(None, help="Reads only texts in this language (fi, sv, en); any: texts of every language.")
REASON = typer.Option(..., help="Why; it is kept with the revision.")
AUTHOR = typer.Option("", help="Who; by default whoever is logged in.")
FORCE = typer.Option(False, "--force", help="Also a weak rule that holds for more than a quarter of all calls.")
ANNOUNCE = typer.Option(False, "--announce", help='Tell readers of the newly tagged open calls, as "added late".')
MATCHES = typer.Option([], help="A text that the rule must match; may be given more than once.")
SPARES = typer.Option([], help="A text that the rule must not match; may be given more than once.")
SAID_IN = typer.Option(Language.EN, "--in", help="The language of explanations and faults.")
MOST = typer.Option(10, min=0, help="So many calls of each sort; with --json every one.")
CHANGES = ("change", "status", "source", "score", "title", "words")


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
    """One rule: its line, what it says in plain words, its examples and its last revision."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        rule = known_rule(session, key)
        last = strategies.revisions_of(session, key)[-1]
        told = row(rule) | {
            "words": in_words(parse_rule(rule.text), said_in.value),
            "examples": [rules.told_example(one) for one in desk.region.examples if one.rule == key],
            "revision": last.revision,
            "saved": f"{last.at:%Y-%m-%d %H:%M} {last.author}: {last.reason}",
        }
    asked.show([told] if asked.as_json else [{"what": k, "value": v} for k, v in told.items()], ("what", "value"))


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
    """A rule as it stands with what is given in its place; a new one needs a spearhead and a line."""
    if old is None and not (spearhead and text):
        raise RuleError(f"there is no rule {key!r}", hint="A new one needs --spearhead and --text")
    if weight is not None and weight.upper() not in Weight.__members__:
        raise RuleError(f"there is no weight {weight!r}", hint="It is strong, medium or weak")
    if language not in (None, "any", *Language):
        raise RuleError(f"there are no words of language {language!r}", hint="It is fi, sv, en or any")
    given = {"spearhead": spearhead, "text": text, "weight": Weight[weight.upper()] if weight else None}
    base = old or Rule(key=key, spearhead="", text="", weight=Weight.MEDIUM)
    spoken = base.language if language is None else None if language == "any" else language
    return base.model_copy(update={k: v for k, v in given.items() if v is not None} | {"language": spoken})


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
        examples = [*desk.region.examples, *own_examples(rule, matches, spares)]
        trial = rules.try_rule(session, desk.tagger, rule, examples, said_in.value)
        readers = rules.readers(session, trial, desk.today())
        told = summary(trial, readers, rules.weekly(trial, desk.today()), said_in.value)
    if asked.as_json:
        asked.show([told | {"shifts": shift_rows(trial)}], ())
        return
    asked.show([{"what": k, "value": v} for k, v in told.items()], ("what", "value"))
    rows = shift_rows(trial)
    shown = [one for sign in "+-" for one in [r for r in rows if r["change"] == sign][:most]]
    asked.show(shown, CHANGES)
    if len(shown) < len(rows):
        typer.echo(f"and {len(rows) - len(shown)} more; --most shows them")


def summary(trial: Trial, readers: dict[int, int], weekly: float, language: str) -> dict[str, Any]:
    """A trial in a few lines."""
    touched = [count for count in readers.values() if count]
    return {
        "rule": trial.new.text,
        "words": in_words(parse_rule(trial.new.text), language),
        "difference": f"+{len(trial.gained)} −{len(trial.lost)} of {trial.archive} calls",
        "by source and status": ", ".join(rules.counted(trial)),
        "a week": f"{weekly:.1f} more calls (last {rules.WEEKS} weeks)",
        "readers": f"{len(readers)} follow it; {len(touched)} gain open calls, at most {max(touched, default=0)} each",
        "matches": f"{trial.measure}{trial.hits} calls ({trial.share:.1%})",
        "alone": f"{trial.alone} of the calls tried have no other rule of {trial.new.spearhead}",
        "beside": ", ".join(f"{key} {count}" for key, count in trial.beside),
        "examples": "; ".join(f"would break: {rules.told_example(one)}" for one in trial.broken) or "all kept",
    }


def shift_rows(trial: Trial) -> list[dict[str, Any]]:
    """The calls that a trial gives or takes a spearhead, those that can be applied to first."""
    return [shift_row("+", one) for one in by_status(trial.gained)] + [
        shift_row("-", one) for one in by_status(trial.lost)
    ]


def by_status(shifts: Sequence[Shift]) -> list[Shift]:
    """Open calls first, closed ones last."""
    order = ("open", "forthcoming", "closed")
    return sorted(shifts, key=lambda one: (order.index(one.call.status.value), one.call.id or 0))


def shift_row(change: str, shift: Shift) -> dict[str, Any]:
    """A call that gains or loses a spearhead, with the words that matched."""
    call = shift.call
    return {
        "change": change,
        "id": call.id,
        "source": call.source,
        "status": call.status.value,
        "identifier": call.identifier,
        "title": call.title,
        "spearhead": shift.spearhead,
        "score": shift.score,
        "words": list(shift.words),
    }


@group.command("add")
def add_rule(
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
    """Save a new rule (medium, if nothing else is said) and tag what it reaches; silently, unless it is announced."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            if strategies.rule_named(session, key):
                raise RuleError(f"there is a rule {key!r} already", hint="tracker rules edit changes it")
        rule = drafted(None, key, spearhead, text, weight, language)
        save(asked, desk, rule, author, reason, own_examples(rule, matches, spares), force, announce, said_in)


@group.command("edit")
def edit_rule(
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
    """Save a rule otherwise than it stands; one that was removed is back. Retags silently, unless it is announced."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            old = known_rule(session, key)
        rule = drafted(old, key, spearhead, text, weight, language).model_copy(update={"enabled": True})
        save(asked, desk, rule, author, reason, own_examples(rule, matches, spares), force, announce, said_in)


@group.command("remove")
def remove_rule(context: typer.Context, key: str = KEY, reason: str = REASON, author: str = AUTHOR) -> None:
    """Switch a rule off; its history stays, and a rollback or an edit brings it back."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            rule = known_rule(session, key).model_copy(update={"enabled": False})
        save(asked, desk, rule, author, reason, [], False, False, Language.EN)


@group.command("rollback")
def roll_back_rule(
    context: typer.Context,
    key: str = KEY,
    to: int = typer.Option(None, help="The revision to go back to; the last but one, if none is named."),
    reason: str = REASON,
    author: str = AUTHOR,
    force: bool = FORCE,
) -> None:
    """Save a rule as it was at an earlier revision; of a rule with one revision only, take it out."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            known_rule(session, key)
            rule = rules.rolled_back(session, key, to)
        save(asked, desk, rule, author, reason, [], force, False, Language.EN)


def save(
    asked: Invocation,
    desk: Desk,
    rule: Rule,
    author: str,
    reason: str,
    own: Sequence[Example],
    force: bool,
    announce: bool,
    said_in: Language,
) -> None:
    """Save, and print what came of it."""
    parse_rule(rule.text, said_in.value)
    signed = Signed(author or getpass.getuser(), reason)
    saved = rules.save(desk, rule, signed, [*desk.region.examples, *own], force=force, announce=announce)
    for warning in saved.warnings:
        typer.echo(warning, err=True)
    asked.show([saved_row(saved)], ("rule", "revision", "gained", "lost", "retagged", "told"))


def saved_row(saved: Saved) -> dict[str, Any]:
    """What a save did, as a row."""
    trial = saved.trial
    counts = {"gained": len(trial.gained), "lost": len(trial.lost), "retagged": saved.retagged}
    return {"rule": trial.new.key, "revision": saved.revision} | counts | {"told": len(saved.told)}


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
    preview: bool = typer.Option(False, "--preview", help="Say what it would do to the archive; take nothing in."),
) -> None:
    """Take rules in; each that differs becomes a new revision. All are taken or none. tracker retag applies them."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.rehearse() if preview else desk.db.write() as session:
        before = stored_rulebook(session)
        try:
            counts = import_file(session, desk, file, getpass.getuser(), reason)
        except RuleError as error:
            raise failed(f"{file}: nothing was taken: {error}") from None
        if preview:
            session.flush()
            gained, lost = rules.compared(session, desk.tagger.lemmas, before, stored_rulebook(session))
            counts |= {"gained": len(gained), "lost": len(lost)}
    asked.show([counts], tuple(counts))


def import_file(session: Session, desk: Desk, file: Path, author: str, reason: str) -> dict[str, int]:
    """Take a file's rules in; RuleError where one cannot be read, or an example is not kept."""
    if file.suffix == ".toml":
        region = load_region(file)
        counts, examples = import_region(session, region, author, reason, desk.clock()), region.examples
        was_broken: tuple[Example, ...] = ()
    else:
        was_broken = broken(desk.tagger.index(session)[0], desk.region.examples)
        counts, examples = _import_lines(session, desk, file, author, reason), desk.region.examples
    session.flush()
    now_broken = broken(compile_rules(stored_rulebook(session), desk.tagger.lemmas), examples)
    if worse := [rules.told_example(one) for one in now_broken if one not in was_broken]:
        raise RuleError(f"{len(worse)} example(s) would break: {'; '.join(worse)}")
    return counts


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
