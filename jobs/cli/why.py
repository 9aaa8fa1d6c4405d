"""tracker why: why a reader was told of a call, or not, step by step."""

import typer

from jobs.cli.invocation import Invocation
from jobs.cli.tables import print_text
from jobs.cli.wording import SPOKEN
from jobs.editions.why import why
from jobs.editions.words import answer_in_words
from jobs.publishing.catalogue import one_call
from jobs.readers.lookup import subscriber_named


def add_to(app: typer.Typer) -> None:
    app.command("why")(show_why)


def show_why(
    context: typer.Context,
    who: str = typer.Argument(metavar="WHO", help="The mailbox's address, or the subscriber's id."),
    call: str = typer.Argument(metavar="CALL", help="Our id of the call, the source's key, or the identifier."),
) -> None:
    """Say why a reader was told of a call, or not: the call, the reader, their interests, and each event."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        reader, found = subscriber_named(session, who), one_call(session, call)
        answer = why(session, app, reader.id or 0, found.id or 0, SPOKEN.get())
        verdict, because, steps = answer_in_words(answer, SPOKEN.get(), app.region.zone)
    if invocation.as_json:
        known = [{"known": step.kind} | step.values for step in answer.steps]
        invocation.show_fields({"verdict": answer.verdict, "because": answer.because.kind, "steps": known})
        return
    print_text("\n".join([verdict, because, "", *(f"- {step}" for step in steps)]))
