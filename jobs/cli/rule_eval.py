"""tracker rules eval: how the rules do on judged calls, what changed since the last time, and what would mend them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from jobs.cli.invocation import Invocation, limit_option
from jobs.cli.mends import NOTHING, mend_in_words
from jobs.cli.rules import group
from jobs.cli.tables import print_text
from jobs.cli.wording import T_, say
from jobs.rulebook import evaluation
from jobs.rulebook.evaluation import EvaluatedSet
from jobs.rulebook.region_files import index_of_file
from tracker.tagging.evaluate import Score
from tracker.tagging.mending import Mistake

NAMED = 5  # how many documents a table names of each sort
COLUMNS = ("spearhead", "precision", "recall", "f1", "hits", "n_false", "n_missed", "false", "missed", "change")
OF_MISTAKE = ("spearhead", "mistake", "new", "id", "title", "score", "words", "rules", "edit")
SIZE = T_("%(set)s: %(calls)d calls")
SAME_RULES = T_("%(set)s: %(calls)d calls; compared with %(at)s, %(before)d calls, the same rules")
OTHER_RULES = T_("%(set)s: %(calls)d calls; compared with %(at)s, %(before)d calls, other rules")
UNKNOWN = T_("grades that are not measured, as there is no such spearhead: %(keys)s")
MISSED, FALSE = T_("missed"), T_("wrongly tagged")
MEASURES = ("precision", "recall", "f1")


@group.command("eval")
def eval_rules(
    context: typer.Context,
    files: list[Path] = typer.Argument(
        None,
        metavar="[FILE]...",
        help="Sets of judged calls, one JSON object a line: id, title, abstract, …, grades; by default tracker gold.",
    ),
    region: Path = typer.Option(None, help="Try the rules of this region file instead of the present ones."),
    limit: int = limit_option(30, "First N mistakes of each set"),
) -> None:
    """Show precision, recall and F1 on sets of judged calls, and for each mistake the cheapest edit that mends it.

    Every edit that may mend a mistake is tried on the whole set. How the present rules did is remembered for each set,
    and compared with the next time.
    """
    invocation: Invocation = context.obj
    with invocation.progress(say("trying edits on the judged calls")):
        sets = _by_file(invocation, region, files or ()) if region else _by_present(invocation, files or ())
    for one in sets:
        show_set(invocation, one, limit)


def _by_present(invocation: Invocation, files: Sequence[Path]) -> list[EvaluatedSet]:
    with invocation.app() as app:
        return evaluation.evaluate_present(app, files)


def _by_file(invocation: Invocation, region: Path, files: Sequence[Path]) -> list[EvaluatedSet]:
    """Try the rules of a region file; only calls that were judged here need a database."""
    index = index_of_file(region)
    if files:
        return [evaluation.evaluated(index, one) for one in evaluation.sets_in(files, index.lemmas)]
    with invocation.app() as app, app.db.read() as session:
        return [evaluation.evaluated(index, evaluation.set_here(session))]


def show_set(invocation: Invocation, one: EvaluatedSet, limit: int) -> None:
    """Print a set's table, then its mistakes; in JSON they stand in the rows of their spearheads."""
    rows = [score_row(one, key, score) for key, score in one.scores.items()]
    if invocation.as_json:
        invocation.show(rows, ())
        return
    print_text(set_in_words(one), err=True)
    if one.unknown:
        print_text(say(UNKNOWN, keys=", ".join(one.unknown)), err=True)
    invocation.show([row | {name: row[name][:NAMED] for name in ("false", "missed")} for row in rows], COLUMNS)
    mistakes = [mistake_row(one, mistake) for mistake in one.mistakes[:limit]]
    if mistakes:
        typer.echo()
        invocation.show(mistakes, [name for name in OF_MISTAKE if one.last or name != "new"])


def set_in_words(one: EvaluatedSet) -> str:
    """The line above a set's table: how large it is, and with what it is compared."""
    named = {"set": one.name, "calls": one.calls}
    if one.last is None:
        return say(SIZE, **named)
    sentence = SAME_RULES if one.last.same_rules else OTHER_RULES
    return say(sentence, at=f"{one.last.at:%Y-%m-%d %H:%M}", before=one.last.calls, **named)


def score_row(one: EvaluatedSet, key: str, score: Score) -> dict[str, Any]:
    """A spearhead's row of a set's table."""
    last = one.last.scores.get(key) if one.last else None
    measured = {name: f"{getattr(score, name):.3f}" for name in MEASURES}
    counts = {"hits": score.hits, "n_false": len(score.false), "n_missed": len(score.missed)}
    named = {"false": list(score.false), "missed": list(score.missed)}
    row = {"spearhead": key, **measured, **counts, **named, "set": one.name}
    own = [mistake_row(one, mistake) for mistake in one.mistakes if mistake.spearhead == key]
    return row | {"change": score_change(last, score) if last else None, "mistakes": own}


def score_change(last: Score, score: Score) -> dict[str, str]:
    """By how much each measure is higher or lower than last time; those that are not are left out."""
    moved = {name: f"{getattr(score, name) - getattr(last, name):+.3f}" for name in MEASURES}
    return {name: change for name, change in moved.items() if float(change)}


def mistake_row(one: EvaluatedSet, mistake: Mistake) -> dict[str, Any]:
    """A mistake with the points that the call has of those it needs, and what would mend it."""
    document = mistake.document
    edits = [mend_in_words(tried) for tried in mistake.mends]
    return {
        "spearhead": mistake.spearhead,
        "mistake": say(MISSED if mistake.is_missed else FALSE),
        "new": one.last is not None and document.id not in _wrong(one.last.scores, mistake.spearhead),
        "id": document.id,
        "title": document.title,
        "score": f"{mistake.score}/{mistake.threshold}",
        "words": list(mistake.words),
        "rules": list(mistake.rules),
        "edit": edits[0] if edits else say(NOTHING),
        "evidence": [matched._asdict() for matched in mistake.evidence],
        "edits": [asdict(tried) | {"says": says} for tried, says in zip(mistake.mends, edits, strict=True)],
    }


def _wrong(scores: Mapping[str, Score], spearhead: str) -> set[str]:
    """The calls that were wrong for a spearhead."""
    score = scores.get(spearhead)
    return {*score.false, *score.missed} if score else set()
