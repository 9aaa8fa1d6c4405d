"""tracker gold: what calls were judged to be about, by hand, by pins and by readers; rules are measured on it.

How they do is shown by `tracker rules eval`.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from db import calls
from db.judgements import Origin
from db.types import LARGEST
from jobs.approvals.judging import GRADES as GRADES_OF
from jobs.approvals.judging import Opinion, judge_for
from jobs.cli.invocation import AUTHOR, Invocation, failed, limit_option, reason_option
from jobs.cli.pins import CALL
from jobs.cli.previews import show_proposed, signer
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.publishing.catalogue import one_call
from jobs.rulebook import gold
from jobs.rulebook.gold import GoldCall
from jobs.rulebook.to_judge import calls_to_judge
from tracker.files import write_whole
from tracker.tagging.evaluate import BORDERLINE, NOT, SQUARELY

group = typer.Typer(no_args_is_help=True, help="What calls were judged to be about; rules are measured on it.")
GRADES = typer.Argument(
    None,
    metavar="[SPEARHEAD=GRADE]...",
    help="2: squarely the spearhead's, 1: borderline (counts neither way), 0: not; as food=2.",
)
WHY = reason_option("Why; kept with the judgement.", "")
KNOWN_GRADES = {str(grade): grade for grade in (NOT, BORDERLINE, SQUARELY)}


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="gold")


@group.command("add")
def add_judgement(
    context: typer.Context,
    name: str = CALL,
    grades: list[str] = GRADES,
    only: bool = typer.Option(False, "--only", help="Judge these spearheads alone; else the others are judged 0."),
    reason: str = WHY,
    author: str = AUTHOR,
) -> None:
    """Judge a call: grades by spearhead; its words are kept as they are today. An earlier judgement is replaced."""
    invocation: Invocation = context.obj
    given = dict(map(graded, grades or ()))
    with invocation.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        kept = gold.judge_call(app, call, given, invocation.signed(app, reason, author), only=only)
    if invocation.as_json:
        invocation.show([{"id": call.id, "grades": kept.grades}], ())
        return
    print_text(say("%(title)s: judged %(grades)s", title=call.title, grades=grades_in_words(kept.grades)))


def graded(given: str) -> tuple[str, int]:
    """A spearhead and its grade; a usage error (exit 2) where that is not what it says."""
    key, _, grade = given.partition("=")
    if not key or grade not in KNOWN_GRADES:
        wrong = say("%(given)s is no spearhead with a grade of 0, 1 or 2; write it like food=2", given=given)
        raise typer.BadParameter(wrong, param_hint="SPEARHEAD=GRADE")
    return key, KNOWN_GRADES[grade]


def grades_in_words(grades: dict[str, int]) -> str:
    """Grades, the highest first; those of 0 are one word."""
    named = [f"{key} {grade}" for key, grade in sorted(grades.items(), key=lambda item: (-item[1], item[0])) if grade]
    rest = sorted(key for key, grade in grades.items() if grade == NOT)
    return ", ".join([*named, f"{' '.join(rest)} 0"] if rest else named)


@group.command("next")
def show_next_to_judge(
    context: typer.Context,
    spearhead: str = typer.Argument(help="The spearhead's key."),
    limit: int = limit_option(20, "First N calls"),
) -> None:
    """List calls that nobody judged for a spearhead: readers' doubts, then those near its threshold, come first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        found = calls_to_judge(session, spearhead)[: invocation.rows(limit)]
        titles = {call.id: call.title for call in calls.calls_to_try(session, [one.call_id for one in found])}
    rows = [asdict(one) | {"id": one.call_id, "title": titles[one.call_id]} for one in found]
    invocation.show(rows, ("id", "why", "points", "is_tagged", "title"), say("no call is left to judge"))


@group.command("judge")
def judge_for_spearhead(
    context: typer.Context,
    name: str = CALL,
    spearhead: str = typer.Argument(help="The spearhead's key."),
    verdict: Opinion = typer.Argument(help="Whether the call belongs to it."),
    pin: bool = typer.Option(False, "--pin", help="Pin it, too."),
    example: bool = typer.Option(False, "--example", help="Keep it as an example, too."),
    reason: str = WHY,
    author: str = AUTHOR,
) -> None:
    """Judge a call for one spearhead; what was judged of the others stays. A pin and an example need a reason."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        by = signer(app, invocation.signed(app, reason, author))
        proposal = judge_for(app, call, spearhead, verdict, by, pin=pin, example=example)
    if proposal:
        show_proposed(invocation, proposal)
    else:
        print_text(say("%(title)s: judged %(grades)s", title=call.title, grades=f"{spearhead} {GRADES_OF[verdict]}"))


@group.command("grow")
def grow_gold(
    context: typer.Context,
    readers: int = typer.Option(
        2, min=1, max=LARGEST, metavar="N", help="How many readers must have said that a call was not for them."
    ),
    author: str = AUTHOR,
) -> None:
    """Judge calls by pins (2 to it, 0 away from it) and by readers' "not for us" (0); a judgement by hand stands above.

    Nothing is told of the other spearheads of such a call, so they are not measured on it.
    """
    invocation: Invocation = context.obj
    with invocation.app() as app:
        counts = gold.grow(app, readers, invocation.signed(app, "", author))
    if invocation.as_json:
        invocation.show([{origin.value: count for origin, count in counts.items()}], ())
        return
    told = say(
        "new judgements: %(pins)d by pins, %(readers)d by readers",
        pins=counts[Origin.PIN],
        readers=counts[Origin.READERS],
    )
    print_text(told)


@group.command("list")
def show_gold(context: typer.Context) -> None:
    """List every judged call, with the grades that count and who gave them."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [gold_row(one) for one in gold.list_gold(session)]
    shown = rows if invocation.as_json else [row | {"grades": grades_in_words(row["grades"])} for row in rows]
    nothing = say("no call is judged yet; tracker gold add judges one, tracker gold grow takes pins and readers")
    invocation.show(shown, ("id", "grades", "origin", "at", "author", "reason", "title"), nothing)


def gold_row(one: GoldCall) -> dict[str, Any]:
    """A judged call as a row of a list; who judged it is whoever is believed most."""
    believed = one.judgements[0]
    return {
        "id": one.call.id,
        "identifier": one.call.identifier,
        "title": one.judged.document.title,
        "grades": dict(one.judged.grades),
        "origin": [judgement.origin for judgement in one.judgements],
        "at": believed.at,
        "author": believed.author,
        "reason": believed.reason,
    }


@group.command("remove")
def remove_judgement(context: typer.Context, name: str = CALL, reason: str = WHY, author: str = AUTHOR) -> None:
    """Drop what was judged of a call, by whomever."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        if not gold.unjudge(app, call, invocation.signed(app, reason, author)):
            raise failed(say("%(call)s is not judged; tracker gold list shows what is", call=name))
    print_text(say("%(title)s: no longer judged", title=call.title))


@group.command("export")
def export_gold(context: typer.Context, file: Path = typer.Argument(help="The file to write, or replace.")) -> None:
    """Write the judged calls to a file, one JSON object a line, as tracker rules eval reads them."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        lines = gold.gold_lines(session)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(file, text.encode())
    print_text(say("%(file)s: %(n)d judged calls", file=file.name, n=len(lines)), err=True)
