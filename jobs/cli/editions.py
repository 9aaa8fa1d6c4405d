"""tracker editions, tracker verify: issues of the digest, what is held back of them, corrections, and their proof.

Does not make regular editions (`tracker digest`) or send anything.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer

from db import editions
from db.editions import Edition, EditionHold
from db.types import LARGEST
from jobs.cli.invocation import Invocation, failed, reason_option
from jobs.cli.reasons import reason_in_words
from jobs.editions.corrections import Wrong, correct
from jobs.editions.holds import drop_part, hold_edition, release_edition, release_part
from jobs.editions.lookup import ListedEdition, edition_in_full, listed_editions
from jobs.editions.planning import Made
from jobs.editions.verify import Verified, Withheld, verify

DAY = "%Y-%m-%d"
group = typer.Typer(no_args_is_help=True, help="Issues of the digest, and what is held back of them.")
EDITION = typer.Argument(metavar="EDITION", max=LARGEST, help="Its number in tracker editions list.")
REASON = reason_option("Why; kept with it and in the audit.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="editions")
    app.command("verify")(verify_ledger)


@group.command("list")
def show_editions(
    context: typer.Context,
    most: int = typer.Option(50, min=1, help="The newest so many; with --json every one."),
) -> None:
    """Editions, newest first, with their deliveries by state."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [edition_row(one) for one in listed_editions(session, None if asked.as_json else most)]
    asked.show(rows, ("id", "kind", "period", "on", "state", "held_for", "held_detail", "deliveries"))


def edition_row(one: ListedEdition) -> dict[str, Any]:
    """An edition as a row of a list."""
    return one.edition.model_dump() | {"deliveries": {state.value: n for state, n in one.deliveries.items()}}


@group.command("show")
def show_edition(context: typer.Context, edition_id: int = EDITION) -> None:
    """One edition whole: its reach, shares, deliveries and what is held back of it."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        whole = edition_in_full(session, edition_id)
        found = edition_row(whole.listed) | {"holds": [hold.model_dump() for hold in whole.holds]}
    asked.show([found] if asked.as_json else [{"what": k, "value": v} for k, v in found.items()], ("what", "value"))


@group.command("holds")
def show_holds(context: typer.Context) -> None:
    """What was held back of editions, newest first, and what was decided of it."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [hold.model_dump() | {"count": len(hold.events)} for hold in editions.list_holds(session)]
    asked.show(rows, ("id", "edition_id", "subject", "count", "usual", "state", "decided_by", "reason"))


@group.command("hold")
def hold_back(context: typer.Context, edition_id: int = EDITION, reason: str = REASON) -> None:
    """Let nothing more of an edition leave before it is released."""
    asked: Invocation = context.obj
    with asked.app() as app:
        _show_edition(asked, hold_edition(app, edition_id, asked.signed(app, reason)))


@group.command("release")
def release_held(
    context: typer.Context,
    edition_id: int = typer.Argument(0, max=LARGEST, metavar="[EDITION]", help="A held edition."),
    part: int = typer.Option(
        0, "--hold", max=LARGEST, help="A part that was held back, by its number in tracker editions holds."
    ),
    reason: str = REASON,
) -> None:
    """Let a held edition leave, whatever its age; or tell a part that was held back, by an edition of its own."""
    asked: Invocation = context.obj
    if bool(edition_id) == bool(part):
        raise typer.BadParameter("name an edition, or a part with --hold; not both")
    with asked.app() as app:
        if part:
            _show_made(asked, release_part(app, part, asked.signed(app, reason)))
        else:
            _show_edition(asked, release_edition(app, edition_id, asked.signed(app, reason)))


@group.command("drop")
def drop_hold(
    context: typer.Context, hold_id: int = typer.Argument(metavar="HOLD", max=LARGEST), reason: str = REASON
) -> None:
    """Decide that a part that was held back is no news; nobody is told it."""
    asked: Invocation = context.obj
    with asked.app() as app:
        found: EditionHold = drop_part(app, hold_id, asked.signed(app, reason))
    asked.show([found.model_dump()], ("id", "edition_id", "subject", "state", "reason"))


@group.command("correct")
def correct_fact(
    context: typer.Context,
    call_id: int = typer.Argument(metavar="CALL", max=LARGEST, help="Our number of the call."),
    fact: str = typer.Option(..., help="Which fact: deadlines, budget_total, title, …"),
    wrong: str = typer.Option(..., help="What was told, as readers saw it."),
    right: str = typer.Option(..., help="What holds, in words that all readers understand."),
    from_on: datetime = typer.Option(..., "--from", formats=[DAY], help="The first day on which it was told."),
    to_on: datetime = typer.Option(..., "--to", formats=[DAY], help="The last day."),
    note: str = typer.Option("", help="A sentence more, if one is needed."),
    reason: str = REASON,
) -> None:
    """Tell exactly those who were told a wrong fact what holds, under the mail that told it."""
    asked: Invocation = context.obj
    told = Wrong(call_id, fact, wrong, right, from_on.date(), to_on.date(), note)
    with asked.app() as app:
        _show_made(asked, correct(app, told, asked.signed(app, reason)))


def _show_edition(asked: Invocation, edition: Edition) -> None:
    asked.show([edition.model_dump()], ("id", "kind", "period", "state", "held_for", "held_detail", "release_reason"))


def _show_made(asked: Invocation, made: Made) -> None:
    edition, counts = made
    row: dict[str, Any] = {"edition": edition.id, "kind": edition.kind, "period": edition.period}
    asked.show([row | {state.value: n for state, n in counts.items()}], (*row, *(s.value for s in counts)))


def verify_ledger(
    context: typer.Context,
    since: datetime | None = typer.Option(None, formats=[DAY], help="Only editions from this day on."),
) -> None:
    """Prove from the ledger that every event was told once to all whose interest it met, or why not; 1 if it fails."""
    asked: Invocation = context.obj
    with asked.app() as app, asked.working("verifying"):
        found = verify(app, since.date() if since else None)
    asked.show([{"what": what, "count": n} for what, n in _counts(found)], ("what", "count"))
    asked.show([asdict(one) for one in found.discrepancies], ("what", "edition", "subscriber", "seq", "detail"))
    if found.discrepancies:
        raise failed(f"{len(found.discrepancies)} discrepancies; see above")


def _counts(found: Verified) -> list[tuple[str, int]]:
    states = [(f"deliveries {state}", n) for state, n in sorted(found.deliveries.items())]
    kept = [(f"kept: {_kept(one)}", n) for one, n in sorted(found.withheld.items(), key=lambda item: _kept(item[0]))]
    totals = [("editions", found.editions), ("events told", found.told)]
    return [*totals, *kept, *states, ("discrepancies", len(found.discrepancies))]


def _kept(one: Withheld) -> str:
    return f"{reason_in_words(one.why)}: {one.became}" if one.became else reason_in_words(one.why)
