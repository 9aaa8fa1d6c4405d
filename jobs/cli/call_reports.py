"""tracker calls judge: how well it is known who may apply, on judged calls."""

from pathlib import Path

import typer

from jobs.cli.calls import group
from jobs.cli.invocation import Invocation
from jobs.cli.wording import T_, say
from jobs.rulebook.eligibility import figures_of
from tracker.eligibility.judging import NO, YES, Figures

SAID = T_("said yes or no, of what was judged yes or no")
NO_IS_NO = T_("judged no: said no")
YES_IS_NO = T_("judged yes: said no")
TERMS = {"consortium": T_("consortium: right"), "alone": T_("alone possible: right"), "rate": T_("rate: right")}


@group.command("judge")
def judge_calls(
    context: typer.Context,
    file: Path = typer.Argument(help="Judged calls, one JSON object a line: id, set, title, text, …, may."),
    wrong: bool = typer.Option(False, help="List what was judged otherwise instead of the figures."),
) -> None:
    """Show how often it is rightly known who may apply, on judged calls."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        figures = figures_of(app, file)
    wrongly = figures.disagreements
    if wrong:
        rows = [{"call": one.call, "fact": one.fact, "judged": one.judged, "value": one.said} for one in wrongly]
        invocation.show(rows, ("call", "fact", "judged", "value"))
        return
    invocation.show(_rows(figures), ("what", "value"))


def _rows(figures: Figures) -> list[dict[str, str]]:
    shares = {
        say(SAID): figures.said,
        say(NO_IS_NO): figures.share(NO, NO),
        say(YES_IS_NO): figures.share(YES, NO),
    } | {say(words): figures.is_right(term) for term, words in TERMS.items()}
    return [{"what": what, "value": f"{share:.3f}"} for what, share in shares.items()]
