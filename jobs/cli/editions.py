"""tracker editions, tracker verify: the digest's editions, what is held back of them, corrections, and the proof.

Does not make regular editions (`tracker digest`).
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer

from db import editions
from db.editions import Edition, EditionHold
from db.proposals import Proposal
from db.types import LARGEST
from jobs.approvals.releasing import drop_part_or_propose, release_edition_or_propose, release_part_or_propose
from jobs.cli.invocation import Invocation, failed, limit_option, reason_option
from jobs.cli.labels import word
from jobs.cli.previews import show_proposed, signer
from jobs.cli.reasons import reason_in_words
from jobs.cli.wording import say
from jobs.editions.corrections import Wrong, correct
from jobs.editions.holds import hold_edition
from jobs.editions.lookup import ListedEdition, edition_in_full, listed_editions
from jobs.editions.planning import Made
from jobs.editions.verify import Verified, Withheld, verify

DAY = "%Y-%m-%d"
group = typer.Typer(no_args_is_help=True, help="The digest's editions, and what is held back of them.")
EDITION = typer.Argument(metavar="EDITION", max=LARGEST, help="Its number in tracker editions list.")
REASON = reason_option("Why; kept with the edition and in the audit.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="editions")
    app.command("verify")(verify_ledger)


@group.command("list")
def show_editions(
    context: typer.Context,
    limit: int = limit_option(50),
) -> None:
    """List editions, newest first, with their deliveries counted by state."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [edition_row(listed) for listed in listed_editions(session, invocation.rows(limit))]
    invocation.show(
        rows,
        ("id", "kind", "period", "on", "state", "held_for", "held_detail", "deliveries"),
        say("no edition yet; tracker digest makes one"),
    )


def edition_row(listed: ListedEdition) -> dict[str, Any]:
    """An edition as a row of a list."""
    return listed.edition.model_dump() | {"deliveries": {state.value: n for state, n in listed.deliveries.items()}}


@group.command("show")
def show_edition(context: typer.Context, edition_id: int = EDITION) -> None:
    """Show one edition in full: its events, its deliveries, and what is held back of it."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        full = edition_in_full(session, edition_id)
        record = edition_row(full.listed) | {"holds": [hold.model_dump() for hold in full.holds]}
    invocation.show_fields(record)


@group.command("holds")
def show_holds(context: typer.Context) -> None:
    """List what was held back of editions, newest first, and what was decided about it."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [hold.model_dump() | {"count": len(hold.events)} for hold in editions.list_holds(session)]
    invocation.show(
        rows,
        ("id", "edition_id", "subject", "count", "usual", "state", "decided_by", "reason"),
        say("nothing was ever held back"),
    )


@group.command("hold")
def hold_back(context: typer.Context, edition_id: int = EDITION, reason: str = REASON) -> None:
    """Hold an edition: none of its mails leave until it is released."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show_edition(invocation, hold_edition(app, edition_id, invocation.signed(app, reason)))


@group.command("release")
def release_held(
    context: typer.Context,
    edition_id: int = typer.Argument(0, max=LARGEST, metavar="[EDITION]", help="The edition to release."),
    part: int = typer.Option(
        0, "--hold", max=LARGEST, help="A part that was held back, by its number in tracker editions holds."
    ),
    reason: str = REASON,
) -> None:
    """Release a held edition, whatever its age; or send a part that was held back, as an edition of its own."""
    invocation: Invocation = context.obj
    if bool(edition_id) == bool(part):
        raise typer.BadParameter(say("name either an edition, or a part with --hold"))
    with invocation.app() as app:
        if part:
            _show_part(invocation, release_part_or_propose(app, part, signer(app, invocation.signed(app, reason))))
        else:
            released = release_edition_or_propose(app, edition_id, signer(app, invocation.signed(app, reason)))
            _show_edition(invocation, released)


@group.command("drop")
def drop_hold(
    context: typer.Context,
    hold_id: int = typer.Argument(metavar="HOLD", max=LARGEST, help="Its number in tracker editions holds."),
    reason: str = REASON,
) -> None:
    """Drop a part that was held back: it is no news, and nobody is told."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show_part(invocation, drop_part_or_propose(app, hold_id, signer(app, invocation.signed(app, reason))))


@group.command("correct")
def correct_fact(
    context: typer.Context,
    call_id: int = typer.Argument(metavar="CALL", max=LARGEST, help="Our id of the call."),
    fact: str = typer.Option(..., help="The fact: deadlines, budget_total, title, …"),
    wrong: str = typer.Option(..., help="What was told, as readers saw it."),
    right: str = typer.Option(..., help="What is right, in words that all readers understand."),
    from_on: datetime = typer.Option(..., "--from", formats=[DAY], help="The first day on which readers were told it."),
    to_on: datetime = typer.Option(..., "--to", formats=[DAY], help="The last day on which they were told it."),
    note: str = typer.Option("", help="A further sentence, if one is needed."),
    reason: str = REASON,
) -> None:
    """Send a correction to exactly the readers who were told a wrong fact, as a reply to that mail."""
    invocation: Invocation = context.obj
    mistake = Wrong(call_id, fact, wrong, right, from_on.date(), to_on.date(), note)
    with invocation.app() as app:
        _show_made(invocation, correct(app, mistake, invocation.signed(app, reason)))


def _show_part(invocation: Invocation, decided: Made | EditionHold | Proposal) -> None:
    if isinstance(decided, Proposal):
        show_proposed(invocation, decided)
    elif isinstance(decided, EditionHold):
        invocation.show([decided.model_dump()], ("id", "edition_id", "subject", "state", "reason"))
    else:
        _show_made(invocation, decided)


def _show_edition(invocation: Invocation, edition: Edition | Proposal) -> None:
    if isinstance(edition, Proposal):
        show_proposed(invocation, edition)
        return
    invocation.show(
        [edition.model_dump()], ("id", "kind", "period", "state", "held_for", "held_detail", "release_reason")
    )


def _show_made(invocation: Invocation, made: Made) -> None:
    edition, counts = made
    row: dict[str, Any] = {"edition": edition.id, "kind": edition.kind, "period": edition.period}
    invocation.show([row | {state.value: n for state, n in counts.items()}], (*row, *(s.value for s in counts)))


def verify_ledger(
    context: typer.Context,
    since: datetime | None = typer.Option(None, formats=[DAY], help="Only editions from this day on."),
) -> None:
    """Prove from the ledger that each event reached everybody it concerns once, or why not; exit code 1 if not."""
    invocation: Invocation = context.obj
    with invocation.app() as app, invocation.progress(say("verifying")):
        verified = verify(app, since.date() if since else None)
    invocation.show([{"what": what, "count": n} for what, n in _counts(verified)], ("what", "count"))
    rows = [asdict(discrepancy) for discrepancy in verified.discrepancies]
    invocation.show(rows, ("what", "edition", "subscriber", "seq", "detail"))
    if rows:
        raise failed(say("discrepancies: %(n)d; see above", n=len(rows)))


def _counts(verified: Verified) -> list[tuple[str, int]]:
    states = [(say("deliveries: %(state)s", state=word(state)), n) for state, n in sorted(verified.deliveries.items())]
    withheld = sorted(
        (say("withheld: %(why)s", why=_withheld_in_words(why)), n) for why, n in verified.withheld.items()
    )
    totals = [(say("editions"), verified.editions), (say("events told"), verified.told)]
    return [*totals, *withheld, *states, (say("discrepancies"), len(verified.discrepancies))]


def _withheld_in_words(withheld: Withheld) -> str:
    why = reason_in_words(withheld.why)
    return f"{why}: {word(withheld.became)}" if withheld.became else why
