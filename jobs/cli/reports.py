"""tracker reports: what people wrote by the forms of the pages, waiting for an answer."""

from typing import Any

import typer

from db.regions import find_ours
from db.reports import Report, ReportState, list_reports
from db.types import LARGEST
from jobs.cli.invocation import AUTHOR, Invocation, limit_option, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.readers.reports import answer_report, close_report, tell_admins_of_reports
from tracker.errors import NotFound, Noun

group = typer.Typer(no_args_is_help=True, help="Errors and obstacles that people reported on the pages.")
REPORT = typer.Argument(metavar="REPORT", max=LARGEST, help="The report's number in tracker reports list.")
COLUMNS = ("id", "kind", "state", "made_at", "due_on", "call", "text")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="reports")


def report_row(report: Report) -> dict[str, Any]:
    """A report as a row of a list, with the last day for an answer."""
    return report.model_dump(exclude={"call_id", "region"}) | {"call": report.call_id, "due_on": report.due_on}


@group.command("list")
def show_reports(
    context: typer.Context,
    state: list[ReportState] = typer.Option([ReportState.OPEN.value], help="In this state; may be given again."),
    limit: int = limit_option(50, "Oldest N reports"),
) -> None:
    """List reports, those that wait longest first, each with the last day for an answer."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [report_row(report) for report in list_reports(session, state, invocation.rows(limit))]
    invocation.show(rows, COLUMNS, say("no report waits for an answer"))


@group.command("show")
def show_report(context: typer.Context, number: int = REPORT) -> None:
    """Show one report in full."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        report = find_ours(session, Report, number)
    if report is None:
        raise NotFound(Noun.REPORT, number)
    invocation.show_fields(report_row(report))


@group.command("tell")
def tell_admins_now(context: typer.Context) -> None:
    """Write the admins of new reports and of those that are nearly late; tracker deliver sends the letters."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        count = tell_admins_of_reports(app)
    print_text(say("letters to admins: %(n)s", n=count))


@group.command("answer")
def give_answer(
    context: typer.Context,
    number: int = REPORT,
    text: str = typer.Option(..., help="The answer; an empty line begins a new paragraph."),
    author: str = AUTHOR,
) -> None:
    """Answer a report: tracker deliver sends the answer to its address; one without an address is only noted."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        report = answer_report(app, number, text, invocation.signed(app, "", author))
    said = say("report %(id)s: answered by a letter", id=number)
    print_text(said if report.letter_id else say("report %(id)s: answered; it has no address", id=number))


@group.command("close")
def close_without_answer(
    context: typer.Context,
    number: int = REPORT,
    reason: str = reason_option("Why it needs no answer; kept with the report."),
    author: str = AUTHOR,
) -> None:
    """Close a report that needs no answer, such as an advertisement."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        close_report(app, number, invocation.signed(app, reason, author))
    print_text(say("report %(id)s: closed", id=number))
