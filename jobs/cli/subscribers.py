"""tracker subscribers: who gets digests, of what, and what became of it.

Does not add anybody (`jobs.cli.subscriber_add`) and sends nothing: tracker deliver sends the letters.
"""

import getpass
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer
from sqlmodel import Session

from db import consents, letters, subscribers
from db.regions import find_ours, get_ours
from db.subscribers import Cadence, Subscriber, SubscriberState
from jobs import consents as subscriptions
from jobs import persons
from jobs.cli.invocation import LARGEST, Invocation, failed
from jobs.desk import Desk
from jobs.letters import order_of
from jobs.subscribers import (
    Hand,
    ask_for_link,
    change_cadence,
    follow,
    mute,
    not_for_us,
    pause,
    resume,
    standing,
    unmute,
)

group = typer.Typer(no_args_is_help=True, help="Who gets digests, and of what.")

WHO = typer.Argument(metavar="WHO", help="The mailbox's address, or the subscriber's number.")
BATCH = 1000  # subscribers a query
CALL = typer.Argument(metavar="CALL", max=LARGEST, help="The call's number.")
WHY = typer.Option("", help="Why; kept in the history.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="subscribers")


def named(session: Session, who: str) -> Subscriber:
    """The mailbox of an address or a number; says what to do where there is none."""
    address = who.lower()
    by_number = find_ours(session, Subscriber, int(who)) if who.isdecimal() and int(who) <= LARGEST else None
    found = by_number or subscribers.mailboxes_at(session, [address]).get(address)
    if found is None:
        raise failed(f"{who}: no such subscriber; tracker subscribers list shows them")
    return found


def number_of(desk: Desk, who: str) -> int:
    """The number of a mailbox by its address or its number."""
    with desk.db.read() as session:
        return named(session, who).id or 0


def hand(reason: str) -> Hand:
    """The operator's, with this reason."""
    return Hand(getpass.getuser(), reason or None)


@group.command("list")
def list_subscribers(
    context: typer.Context,
    state: list[SubscriberState] = typer.Option([], help="Only these; may be given more than once."),
) -> None:
    """Every mailbox with what it follows."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = [one for one in subscribers.all_subscribers(session) if not state or one.state in state]
        rows = [row for start in range(0, len(found), BATCH) for row in _rows(session, found[start : start + BATCH])]
    asked.show(rows, ("id", "address", "language", "cadence", "state", "paused_until", "spearheads"))


def _rows(session: Session, some: Sequence[Subscriber]) -> list[dict[str, Any]]:
    interests = subscribers.interests_of(session, [one.id or 0 for one in some])
    return [
        subscriber.model_dump()
        | {"spearheads": [key for one in interests.get(subscriber.id or 0, ()) for key in one.spearheads]}
        | {"interests": [one.wants.model_dump() for one in interests.get(subscriber.id or 0, ())]}
        for subscriber in some
    ]


@group.command("show")
def show_subscriber(context: typer.Context, who: str = WHO) -> None:
    """One mailbox whole: what it wants, the calls it follows or mutes, what it agreed to, and its letters."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = shown(session, desk, named(session, who))
    asked.show([found] if asked.as_json else [{"what": k, "value": v} for k, v in found.items()], ("what", "value"))


def shown(session: Session, desk: Desk, subscriber: Subscriber) -> dict[str, Any]:
    """A mailbox as a row, its interests in words."""
    held, agreed = standing(session, subscriber), consents.newest_confirmed(session, subscriber.id or 0)
    order = order_of(session, desk, subscriber.cadence.value, held.preferences)
    written = letters.letters_of(session, subscriber.id or 0)
    return subscriber.model_dump() | {
        "interests": order.follows,
        "choices": [f"{one.choice} {call.id}: {call.title}" for one, call in held.choices],
        "agreed_at": agreed.at if agreed else None,
        "agreed_by": agreed.by if agreed else None,
        "version": agreed.version if agreed else None,
        "letters": [f"{one.kind} {one.state}{_because(one.reason)}" for one in written],
    }


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


@group.command("history")
def show_history(context: typer.Context, who: str = WHO) -> None:
    """What happened to a subscription, oldest first, by whom and why."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        rows = [one.model_dump() for one in subscribers.history_of(session, named(session, who).id or 0)]
    asked.show(rows, ("at", "what", "by", "reason", "detail"))


def _do(context: typer.Context, who: str, do: Callable[[Desk, int], Subscriber | None]) -> None:
    """Change one subscription, and show what it is now."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        subscriber_id = number_of(desk, who)
        do(desk, subscriber_id)
        with desk.db.read() as session:
            row = get_ours(session, Subscriber, subscriber_id).model_dump()
    asked.show([row], ("id", "address", "cadence", "state", "paused_until"))


@group.command("pause")
def pause_subscriber(
    context: typer.Context,
    who: str = WHO,
    until: str = typer.Option(..., help="The first day with mail again, e.g. 2027-01-11."),
    reason: str = WHY,
) -> None:
    """Send nothing before a day; what happens meanwhile is told then."""
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise typer.BadParameter(f"{until!r} is no day; write it like 2027-01-11", param_hint="--until") from None
    _do(context, who, lambda desk, number: pause(desk, number, day, hand(reason)))


@group.command("resume")
def resume_subscriber(context: typer.Context, who: str = WHO, reason: str = WHY) -> None:
    """End a pause now."""
    _do(context, who, lambda desk, number: resume(desk, number, hand(reason)))


@group.command("cadence")
def set_cadence(context: typer.Context, who: str = WHO, cadence: Cadence = typer.Argument(), reason: str = WHY) -> None:
    """Change how often the digest leaves; what is due under the old cadence is built first."""
    _do(context, who, lambda desk, number: change_cadence(desk, number, cadence, hand(reason)))


@group.command("follow")
def follow_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Tell a reader all of one call, whatever the interests say."""
    _do(context, who, lambda desk, number: follow(desk, number, call, hand(reason)))


@group.command("mute")
def mute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Tell a reader nothing more of one call."""
    _do(context, who, lambda desk, number: mute(desk, number, call, hand(reason)))


@group.command("unmute")
def unmute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Neither follow nor mute a call any more: the interests decide again."""
    _do(context, who, lambda desk, number: unmute(desk, number, call, hand(reason)))


@group.command("not-for-us")
def tell_not_for_us(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Take a reader's word that a call was none of theirs: it is muted, and counts in `tracker rules precision`."""
    _do(context, who, lambda desk, number: not_for_us(desk, number, call, hand(reason)))


@group.command("confirm")
def confirm_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = typer.Option(..., help="How the person's word was given; kept with the consent."),
) -> None:
    """Take a waiting sign-up for confirmed: the person gave their word in another way than by the link."""
    _do(context, who, lambda desk, number: subscriptions.confirm_for(desk, number, hand(reason)))


@group.command("remove")
def remove_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = typer.Option("removed by the operator", help="Why; kept in the history."),
) -> None:
    """End a subscription; a goodbye letter tells how to undo it, and what the mailbox was told stays in the ledger."""
    _do(context, who, lambda desk, number: subscriptions.leave(desk, number, hand(reason)))


@group.command("link")
def send_link(context: typer.Context, who: str = WHO) -> None:
    """Write a letter with a fresh link: to the preferences, or again the one that confirms, or undoes leaving."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            subscriber = named(session, who)
            before = letters.count_letters(session, subscriber.id or 0)
        ask_for_link(desk, subscriber.address)
        with desk.db.read() as session:
            written = letters.letters_of(session, subscriber.id or 0)[before:]
    if not written:
        raise failed(f"{who}: nothing was written: it takes no mail, or had its letters of today ([subscribers])")
    rows = [one.model_dump(exclude={"message"}) for one in written]
    asked.show(rows, ("id", "kind", "recipient", "state"))


@group.command("export")
def export_subscriber(
    context: typer.Context,
    who: str = WHO,
    out: Path = typer.Option(..., help="The folder to write to; it is made if it is missing."),
) -> None:
    """Write everything held on a person: one document, and every mail they got as it was."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        done = persons.export(desk, number_of(desk, who), out)
    asked.show([{"document": str(done.document), "mails": done.mails}], ("document", "mails"))


@group.command("erase")
def erase_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = typer.Option(..., help="Why, without an address; it is all that the history keeps."),
    yes: bool = typer.Option(False, "--yes", help="Do it, for good; without it, what is held is counted."),
) -> None:
    """Take a person out of everything: no address stays, the ledger's counts do."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            found = named(session, who)
            held = persons.held_on(session, found)
        if yes:
            persons.erase(desk, found.id or 0, hand(reason))
    counts = {name: len(many) for name, many in held.items() if isinstance(many, list)}
    asked.show([{"id": found.id, "done": "erased" if yes else "would be erased"} | counts], ("id", "done", *counts))
    if not yes:
        typer.echo("nothing was changed; --yes does it, for good", err=True)
