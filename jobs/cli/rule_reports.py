"""tracker rules test, dead, near-misses, suggest, precision, words: what the rules do now, and what they miss.

How they do on judged calls is in `jobs.cli.rule_eval`.
"""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from db.subscribers import Language
from db.types import LARGEST
from jobs.cli.invocation import Invocation, failed, limit_option
from jobs.cli.rules import group, rule_row
from jobs.cli.tables import print_text
from jobs.cli.wording import SPOKEN, T_, say
from jobs.rulebook import disagreements, reports, saving
from jobs.rulebook.disagreements import DisputedCall
from jobs.rulebook.reports import Missed, ReadWord
from jobs.rulebook.trying import try_call, try_text

SPEARHEAD = typer.Argument(help="The spearhead's key.")
UNLEARNED = T_("not learned, as too few calls are judged: %(spearheads)s")
UNTRIED = T_("not listed, as no call of the last 12 months is in their language: %(n)d rules (%(rules)s)")


@group.command("test")
def try_examples(context: typer.Context) -> None:
    """Try every example on the rules as they are now; exit code 1 if one is not kept."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        tried = reports.tried_examples(session, app.compiled)
    for example in tried.unkept:
        print_text(saving.told_example(example, SPOKEN.get()))
    if tried.unkept:
        raise failed(say("examples not kept: %(n)d of %(count)d", n=len(tried.unkept), count=tried.count))
    typer.echo(say("all examples are kept: %(count)d", count=tried.count))


@group.command("try")
def try_rules(
    context: typer.Context,
    call: str = typer.Argument("", help="A call that we know: our id, the identifier, or the address of its page."),
    title: str = typer.Option("", help="Or the title of a call that might come."),
    text: str = typer.Option("", help="The text of that call."),
    language: Language = typer.Option(None, help="The language of that call; else the words tell it."),
) -> None:
    """Show what the rules give a call or a text: points for each spearhead, by which rules, and what would do."""
    invocation: Invocation = context.obj
    if bool(call) == bool(title or text):
        raise failed(say("name either a call, or a text of your own with --title and --text"))
    with invocation.app() as app, app.db.read() as session:
        spoken = language.value if language else ""
        tried = try_call(session, app.compiled, call) if call else try_text(session, app.compiled, title, text, spoken)
    rows = [
        {
            "spearhead": one.spearhead.key,
            "tagged": one.is_tagged,
            "score": one.points,
            "missing": one.missing,
            "words": [word for _, words in one.words for word in words],
            "rules": [rule for rule, _ in one.hits],
            "would_do": [candidate.rule.key for candidate in one.would_do],
        }
        for one in tried.scores
    ]
    columns = ("spearhead", "tagged", "score", "missing", "words", "rules", "would_do")
    invocation.show(rows, columns, say("no rule gives it a point"))


@group.command("dead")
def list_dead(context: typer.Context) -> None:
    """List rules that matched no call of the last 12 months.

    Also how many calls there were in their language, and words that are typical of their spearhead's calls now. Rules
    in whose language no call was written are only counted.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        dead = reports.dead_rules(session, app.compiled, app.clock())
    rows = [rule_row(rule.rule) | {"read": rule.read, "instead": list(rule.words)} for rule in dead]
    tried = [row for row in rows if row["read"] or invocation.as_json]
    columns = ("key", "spearhead", "weight", "language", "read", "instead", "text")
    invocation.show(tried, columns, empty=say("no rule is dead: each that had calls to read matched one"))
    untried = sorted(row["key"] for row in rows if not row["read"])
    if untried and not invocation.as_json:
        print_text(say(UNTRIED, n=len(untried), rules=", ".join(untried)), err=True)


@group.command("near-misses")
def list_near_misses(
    context: typer.Context,
    spearhead: str = typer.Option("", help="Only misses of this spearhead."),
    days: int = typer.Option(7, min=1, max=3650, metavar="N", help="Calls first seen in the last N days."),
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
    nothing = say(
        "no near miss among the calls first seen in the last %(days)d days; --days looks further back", days=days
    )
    invocation.show(rows, ("id", "spearhead", "score", "missing", "words", "add", "rules", "title"), nothing)


def missed_row(missed: Missed) -> dict[str, Any]:
    """A near miss as a row."""
    miss, call = missed.miss, missed.call
    named = {"id": call.id, "identifier": call.identifier, "title": call.title, "status": call.status.value}
    points = {"spearhead": miss.spearhead, "score": miss.score, "missing": miss.missing, "words": list(miss.words)}
    return named | points | {"add": list(missed.words), "rules": [candidate.rule.key for candidate in miss.would_do]}


@group.command("suggest")
def suggest_words(
    context: typer.Context,
    spearhead: str = SPEARHEAD,
    judged: Path = typer.Option(None, help="Count these judged calls too (a file like that of tracker rules eval)."),
    limit: int = typer.Option(20, min=1, max=LARGEST, metavar="N", help="Best N words."),
) -> None:
    """Suggest words that set the spearhead's calls apart and that its rules do not look for yet, with counts.

    The odds ratio says how many times as likely a call with the word is the spearhead's; the last column, by how many
    standard errors that is more than chance. Words of no subject, and what chance alone would bring, are left out.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        words = reports.suggested(session, app.compiled, spearhead, limit, judged)
    rows = [
        asdict(word)
        | {"log_odds": round(word.log_odds, 2), "z": round(word.z, 1), "odds_ratio": float(f"{word.odds_ratio:.2g}")}
        for word in words
    ]
    nothing = say(
        "no word sets the calls of %(spearhead)s apart beyond chance, or there are too few", spearhead=spearhead
    )
    invocation.show(rows, ("word", "inside", "outside", "odds_ratio", "z"), nothing)


@group.command("disagreements")
def list_disagreements(
    context: typer.Context,
    spearhead: str = typer.Argument("", metavar="[SPEARHEAD]", help="Only of this spearhead."),
    judged: list[Path] = typer.Option([], help="Learn from these judged calls too; may be given more than once."),
    limit: int = limit_option(30, "Most certain N calls"),
) -> None:
    """List calls on which a small model of what was judged and pinned differs from the rules, the most certain first.

    The words are those that weighed most in the model. It never tags: see whether it or the rules are right, and mend
    the rules or judge the call. Calls that the rules tag with many points come later. Needs the extra learn.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session, invocation.progress(say("learning from judged calls")):
        disputed = disagreements.disputed_calls(session, app.compiled, spearhead, judged)
    rows = [disputed_row(one) for one in disputed.calls[: invocation.rows(limit)]]
    columns = ("id", "spearhead", "is_tagged", "score", "certainty", "words", "title")
    invocation.show(rows, columns, say("the rules and the model agree on every call"))
    if disputed.unlearned and not invocation.as_json:
        print_text(say(UNLEARNED, spearheads=", ".join(disputed.unlearned)), err=True)


def disputed_row(one: DisputedCall) -> dict[str, Any]:
    """A call in dispute as a row."""
    call, model = one.call, one.disagreement
    named = {"id": call.id, "identifier": call.identifier, "title": call.title, "spearhead": model.spearhead}
    points = {"is_tagged": model.is_tagged, "score": model.points, "certainty": f"{model.certainty:.2f}"}
    return named | points | {"words": list(model.words)}


@group.command("precision")
def show_precision(context: typer.Context) -> None:
    """List rules by readers' "not for us", the worst first: how many were told because of it, how many objected."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [asdict(rule) | {"precision": f"{rule.share:.3f}"} for rule in reports.precision(session)]
    nobody = say("no rule has told a reader of a call yet, and nobody has said that one was not for them")
    invocation.show(rows, ("rule", "spearhead", "told", "not_for_us", "precision"), nobody)


@group.command("words")
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
        typer.echo(say("read by %(libraries)s", libraries=lemmas.name))


def word_row(word: ReadWord) -> dict[str, Any]:
    """A word as one language reads it."""
    read = {"word": word.word, "language": word.language, "base": word.base, "also": list(word.also)}
    return read | {"known": word.is_known}
