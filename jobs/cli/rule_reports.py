"""tracker rules test, eval, dead, near-misses, suggest, precision, words: what the rules as they stand do and miss.

Does not change a rule.
"""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from jobs.cli.invocation import Invocation, failed
from jobs.cli.rules import group, rule_row
from jobs.rulebook import reports, saving
from jobs.rulebook.region_files import index_of_file
from jobs.rulebook.reports import Missed, ReadWord
from tracker.tagging.index import Index

SPEARHEAD = typer.Argument(help="The spearhead's key.")
NAMED = 5  # documents that a table names of each sort


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    group.command("test")(try_examples)
    group.command("eval")(eval_rules)
    group.command("dead")(list_dead)
    group.command("near-misses")(list_near_misses)
    group.command("suggest")(suggest_words)
    group.command("precision")(show_precision)
    group.command("words")(show_words)


def try_examples(context: typer.Context) -> None:
    """Try every example on the rules as they stand; exit code 1 if one is not kept."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        tried = reports.tried_examples(session, app.compiled)
    for one in tried.unkept:
        typer.echo(saving.told_example(one))
    if tried.unkept:
        raise failed(f"{len(tried.unkept)} of {tried.count} examples are not kept")
    typer.echo(f"all {tried.count} examples are kept")


def eval_rules(
    context: typer.Context,
    file: Path = typer.Argument(help="Judged calls, one JSON object a line: id, title, abstract, …, grades."),
    region: Path = typer.Option(None, help="A region file, whose rules are tried instead of those that stand now."),
) -> None:
    """Precision, recall and F1 per spearhead on judged calls, with those falsely tagged and those missed."""
    asked: Invocation = context.obj
    judged = reports.judged_in(file)
    index = index_of_file(region) if region else index_as_it_stands(asked)
    most = None if asked.as_json else NAMED
    rows = [
        {"spearhead": key, "precision": f"{score.precision:.3f}", "recall": f"{score.recall:.3f}"}
        | {"f1": f"{score.f1:.3f}", "hits": score.hits, "n_false": len(score.false), "n_missed": len(score.missed)}
        | {"false": list(score.false[:most]), "missed": list(score.missed[:most])}
        for key, score in reports.evaluation_scores(index, judged).items()
    ]
    asked.show(rows, ("spearhead", "precision", "recall", "f1", "hits", "n_false", "n_missed", "false", "missed"))


def index_as_it_stands(asked: Invocation) -> Index:
    """The rules of the database."""
    with asked.app() as app, app.db.read() as session:
        return app.compiled.index(session)[0]


def list_dead(context: typer.Context) -> None:
    """Rules that held for no call of the last 12 months.

    With how many calls there were in their language, and the words that tell their spearhead's calls apart now.
    """
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        dead = reports.dead_rules(session, app.compiled, app.clock())
    rows = [rule_row(one.rule) | {"read": one.read, "instead": list(one.words)} for one in dead]
    asked.show(rows, ("key", "spearhead", "weight", "language", "read", "instead", "text"))


def list_near_misses(
    context: typer.Context,
    spearhead: str = typer.Option("", help="Only this spearhead's."),
    days: int = typer.Option(7, min=1, help="Calls first seen in the last so many days."),
    most: int = typer.Option(50, min=1, help="So many, nearest first; with --json every one."),
) -> None:
    """Calls just under a spearhead's threshold: what matched, how many points are missing, and what would do it.

    `add`: words of the call that mostly the spearhead's calls have and no rule looks for; one of them in a rule would
    do. `rules`: those that would have been enough, had they held.
    """
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        since = app.clock() - timedelta(days=days)
        found = reports.missed_calls(session, app.compiled, since, spearhead)
    rows = [missed_row(one) for one in (found if asked.as_json else found[:most])]
    asked.show(rows, ("id", "spearhead", "score", "missing", "words", "add", "rules", "title"))


def missed_row(one: Missed) -> dict[str, Any]:
    """A near miss as a row."""
    miss, call = one.miss, one.call
    named = {"id": call.id, "identifier": call.identifier, "title": call.title, "status": call.status.value}
    near = {"spearhead": miss.spearhead, "score": miss.score, "missing": miss.missing, "words": list(miss.words)}
    return named | near | {"add": list(one.words), "rules": [would.rule.key for would in miss.would_do]}


def suggest_words(
    context: typer.Context,
    spearhead: str = SPEARHEAD,
    judged: Path = typer.Option(None, help="Judged calls to count, too (the format of tracker rules eval)."),
    most: int = typer.Option(20, min=1, help="So many words."),
) -> None:
    """Words that set the spearhead's calls apart from the rest and that its rules do not look for yet, with counts."""
    asked: Invocation = context.obj
    graded = reports.judged_in(judged) if judged else []
    with asked.app() as app, app.db.read() as session:
        words = reports.suggested(session, app.compiled, spearhead, most, graded)
    rows = [asdict(one) | {"log_odds": round(one.log_odds, 2), "z": round(one.z, 1)} for one in words]
    asked.show(rows, ("word", "inside", "outside", "log_odds", "z"))


def show_precision(context: typer.Context) -> None:
    """Rules by readers' "not for us", the worst first: told to how many for it, sent back by how many of them."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = reports.precision(session)
    rows = [asdict(one) | {"precision": f"{one.share:.3f}"} for one in found]
    asked.show(rows, ("rule", "spearhead", "told", "not_for_us", "precision"))


def show_words(
    context: typer.Context, words: list[str] = typer.Argument(help="Words as they stand in a text.")
) -> None:
    """How words are read: their base form, what else they match by (the parts of a compound), and by which library."""
    asked: Invocation = context.obj
    with asked.app() as app:
        lemmas = app.compiled.lemmas
    rows = [word_row(one) | {"read_by": lemmas.name} for one in reports.read_words(lemmas, words)]
    asked.show(rows, ("word", "language", "base", "also", "known"))
    if not asked.as_json:
        typer.echo(f"read by {lemmas.name}")


def word_row(one: ReadWord) -> dict[str, Any]:
    """A word as one language reads it."""
    read = {"word": one.word, "language": one.language, "base": one.base, "also": list(one.also)}
    return read | {"known": one.is_known}
