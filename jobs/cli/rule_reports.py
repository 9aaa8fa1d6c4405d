"""tracker rules test, eval, dead, near-misses, suggest, precision, words: what the rules do now, and what they miss."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from jobs.cli.invocation import Invocation, failed, limit_option
from jobs.cli.rules import group, rule_row
from jobs.rulebook import reports, saving
from jobs.rulebook.region_files import index_of_file
from jobs.rulebook.reports import Missed, ReadWord
from tracker.tagging.index import Index

SPEARHEAD = typer.Argument(help="The spearhead's key.")
NAMED = 5  # how many documents a table names of each sort


def add_to(app: typer.Typer) -> None:
    """Add to `tracker rules`."""
    group.command("test")(try_examples)
    group.command("eval")(eval_rules)
    group.command("dead")(list_dead)
    group.command("near-misses")(list_near_misses)
    group.command("suggest")(suggest_words)
    group.command("precision")(show_precision)
    group.command("words")(show_words)


def try_examples(context: typer.Context) -> None:
    """Try every example on the rules as they are now; exit code 1 if one is not kept."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        tried = reports.tried_examples(session, app.compiled)
    for example in tried.unkept:
        typer.echo(saving.told_example(example))
    if tried.unkept:
        raise failed(f"{len(tried.unkept)} of {tried.count} examples are not kept")
    typer.echo(f"all {tried.count} examples are kept")


def eval_rules(
    context: typer.Context,
    file: Path = typer.Argument(help="Judged calls, one JSON object a line: id, title, abstract, …, grades."),
    region: Path = typer.Option(None, help="Try the rules of this region file instead of the present ones."),
) -> None:
    """Show precision, recall and F1 per spearhead on judged calls, with the wrongly tagged and the missed ones."""
    invocation: Invocation = context.obj
    judged = reports.judged_in(file)
    index = index_of_file(region) if region else stored_index(invocation)
    limit = None if invocation.as_json else NAMED
    rows = [
        {"spearhead": key, "precision": f"{score.precision:.3f}", "recall": f"{score.recall:.3f}"}
        | {"f1": f"{score.f1:.3f}", "hits": score.hits, "n_false": len(score.false), "n_missed": len(score.missed)}
        | {"false": list(score.false[:limit]), "missed": list(score.missed[:limit])}
        for key, score in reports.evaluation_scores(index, judged).items()
    ]
    invocation.show(rows, ("spearhead", "precision", "recall", "f1", "hits", "n_false", "n_missed", "false", "missed"))


def stored_index(invocation: Invocation) -> Index:
    """The rules of the database, compiled."""
    with invocation.app() as app, app.db.read() as session:
        return app.compiled.index(session)[0]


def list_dead(context: typer.Context) -> None:
    """List rules that matched no call of the last 12 months.

    Also how many calls there were in their language, and words that are typical of their spearhead's calls now.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        dead = reports.dead_rules(session, app.compiled, app.clock())
    rows = [rule_row(rule.rule) | {"read": rule.read, "instead": list(rule.words)} for rule in dead]
    invocation.show(rows, ("key", "spearhead", "weight", "language", "read", "instead", "text"))


def list_near_misses(
    context: typer.Context,
    spearhead: str = typer.Option("", help="Only misses of this spearhead."),
    days: int = typer.Option(7, min=1, metavar="N", help="Calls first seen in the last N days."),
    limit: int = limit_option(50, "Nearest N misses"),
) -> None:
    """List calls just below a spearhead's threshold: what matched, how many points are missing, what would help.

    `add`: words of the call that are typical of the spearhead and that no rule looks for; one of them in a rule would
    be enough. `rules`: rules that would have been enough if they had matched.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        since = app.clock() - timedelta(days=days)
        misses = reports.missed_calls(session, app.compiled, since, spearhead)
    rows = [missed_row(missed) for missed in misses[: invocation.rows(limit)]]
    invocation.show(rows, ("id", "spearhead", "score", "missing", "words", "add", "rules", "title"))


def missed_row(missed: Missed) -> dict[str, Any]:
    """A near miss as a row."""
    miss, call = missed.miss, missed.call
    named = {"id": call.id, "identifier": call.identifier, "title": call.title, "status": call.status.value}
    points = {"spearhead": miss.spearhead, "score": miss.score, "missing": miss.missing, "words": list(miss.words)}
    return named | points | {"add": list(missed.words), "rules": [candidate.rule.key for candidate in miss.would_do]}


def suggest_words(
    context: typer.Context,
    spearhead: str = SPEARHEAD,
    judged: Path = typer.Option(None, help="Count these judged calls too (a file like that of tracker rules eval)."),
    limit: int = typer.Option(20, min=1, metavar="N", help="Best N words."),
) -> None:
    """Suggest words that set the spearhead's calls apart and that its rules do not look for yet, with counts."""
    invocation: Invocation = context.obj
    graded = reports.judged_in(judged) if judged else []
    with invocation.app() as app, app.db.read() as session:
        words = reports.suggested(session, app.compiled, spearhead, limit, graded)
    rows = [asdict(word) | {"log_odds": round(word.log_odds, 2), "z": round(word.z, 1)} for word in words]
    invocation.show(rows, ("word", "inside", "outside", "log_odds", "z"))


def show_precision(context: typer.Context) -> None:
    """List rules by readers' "not for us", the worst first: how many were told because of it, how many objected."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [asdict(rule) | {"precision": f"{rule.share:.3f}"} for rule in reports.precision(session)]
    invocation.show(rows, ("rule", "spearhead", "told", "not_for_us", "precision"))


def show_words(
    context: typer.Context, words: list[str] = typer.Argument(help="Words as they appear in a text.")
) -> None:
    """Show how words are read: base form, what else they match by (the parts of a compound), and by which library."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        lemmas = app.compiled.lemmas
    rows = [word_row(word) | {"read_by": lemmas.name} for word in reports.read_words(lemmas, words)]
    invocation.show(rows, ("word", "language", "base", "also", "known"))
    if not invocation.as_json:
        typer.echo(f"read by {lemmas.name}")


def word_row(word: ReadWord) -> dict[str, Any]:
    """A word as one language reads it."""
    read = {"word": word.word, "language": word.language, "base": word.base, "also": list(word.also)}
    return read | {"known": word.is_known}
