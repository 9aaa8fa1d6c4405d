"""tracker digest, tracker deliver: make an edition, and send what is due."""

import signal
import threading
from pathlib import Path

import typer

from db.editions import REGULAR, EditionKind
from db.subscribers import Cadence
from jobs.cli.bounces import say_what_is_held
from jobs.cli.invocation import Invocation, failed
from jobs.cli.labels import cell
from jobs.cli.tables import print_text
from jobs.cli.wording import T_, say
from jobs.delivery.deliver import braked, deliver
from jobs.editions.dry_run import dry_run
from jobs.editions.planning import make

NOTHING_DUE = T_("no mail is due; tracker deliveries list shows what became of each")


def add_to(app: typer.Typer) -> None:
    app.command("digest")(make_digest)
    app.command("deliver")(deliver_due)


def make_digest(
    context: typer.Context,
    kind: EditionKind = typer.Argument(
        help=f"{' or '.join(Cadence)}; or urgent, welcome: for readers who wait for one."
    ),
    period: str = typer.Option("", help="2026-11-23, 2026-W48 or 2026-11; by default today's period."),
    late: bool = typer.Option(False, "--allow-late", help="Make it even if the period is over."),
    dry: bool = typer.Option(False, "--dry-run", help="Write the mails as files and change nothing."),
    out: Path = typer.Option(Path("digests"), help="Where a dry run writes its .eml and .html."),
) -> None:
    """Plan, build and render an edition; tracker deliver sends it."""
    invocation: Invocation = context.obj
    if kind not in (*REGULAR, EditionKind.URGENT, EditionKind.WELCOME):
        raise typer.BadParameter(say("%(kind)s: made by its own command; see tracker editions --help", kind=kind.value))
    with invocation.app() as app:
        if dry:
            mails = dry_run(app, kind, period or None, out, allow_late=late)
            rows = [{"recipient": mail.recipient, "subject": mail.subject, "file": str(mail.path)} for mail in mails]
            invocation.show(rows, ("recipient", "subject", "file"))
            if not mails:
                nobody = say(
                    "no mail: nobody is due for this edition (%(kind)s), or it has no news for them", kind=cell(kind)
                )
                print_text(nobody, err=True)
            return
        with invocation.progress(say("making the edition: %(kind)s", kind=cell(kind))):
            made = make(app, kind, period or None, allow_late=late)
    if made is None:
        print_text(
            say("no edition (%(kind)s): nobody waits for one, or nothing has happened since the last", kind=cell(kind)),
            err=True,
        )
        return
    edition, counts = made
    row = {"edition": edition.id, "kind": edition.kind, "period": edition.period, "upto": edition.to_seq}
    row |= {"held_for": edition.held_for, "held_detail": edition.held_detail} if edition.held_for else {}
    invocation.show([row | {state.value: n for state, n in counts.items()}], (*row, *(s.value for s in counts)))


def _stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set: mails under way are finished, and no more are begun."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def deliver_due(context: typer.Context) -> None:
    """Send every delivery that is due; one whose outcome is unknown is never sent again by itself."""
    invocation: Invocation = context.obj
    with invocation.app() as app, invocation.progress(say("sending")):
        counts = deliver(app, _stopped_by_signals())
        reasons = braked(app)
        say_what_is_held(app)
    invocation.show(
        [{"state": state, "mails": n} for state, n in counts.items() if n], ("state", "mails"), say(NOTHING_DUE)
    )
    for reason in reasons:
        print_text(reason.detail, err=True)
    if uncertain := sum(n for state, n in counts.items() if state.value in ("refused", "deferred", "unknown")):
        raise failed(
            say(
                "mails that may not have arrived: %(n)d; tracker deliveries list shows them with the reasons",
                n=uncertain,
            )
        )
