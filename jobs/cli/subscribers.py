"""tracker subscribers: who gets digests, of what, and what became of it.

Does not add anybody (`jobs.cli.subscriber_add`) and sends nothing: tracker deliver sends the letters.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import typer

from db.audit import Signed
from db.letters import Letter
from db.subscribers import Cadence, Subscriber, SubscriberState, history_of
from db.types import LARGEST
from jobs.base.app import App
from jobs.cli.invocation import Invocation, failed, reason_option
from jobs.cli.reasons import reason_in_words
from jobs.readers import optin as subscriptions
from jobs.readers import privacy
from jobs.readers.lookup import (
    ListedSubscriber,
    SubscriberInFull,
    list_subscribers,
    number_of,
    send_link,
    subscriber_in_full,
    subscriber_named,
)
from jobs.readers.preferences import change_cadence, follow, mute, not_for_us, pause, resume, unmute

group = typer.Typer(no_args_is_help=True, help="Who gets digests, and of what.")

WHO = typer.Argument(metavar="WHO", help="The mailbox's address, or the subscriber's number.")
CALL = typer.Argument(metavar="CALL", max=LARGEST, help="The call's number.")
WHY = reason_option("Why; kept in the history.", "")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="subscribers")


@group.command("list")
def show_subscribers(
    context: typer.Context,
    state: list[SubscriberState] = typer.Option([], help="Only these; may be given more than once."),
) -> None:
    """Every mailbox with what it follows."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [subscriber_row(one) for one in list_subscribers(session, state)]
    asked.show(rows, ("id", "address", "language", "cadence", "state", "paused_until", "spearheads"))


def subscriber_row(one: ListedSubscriber) -> dict[str, Any]:
    """A mailbox as a row of a list."""
    interests = [interest.wants.model_dump() for interest in one.interests]
    return one.subscriber.model_dump() | {"spearheads": one.spearheads, "interests": interests}


@group.command("show")
def show_subscriber(context: typer.Context, who: str = WHO) -> None:
    """One mailbox whole: what it wants, the calls it follows or mutes, what it agreed to, and its letters."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = _whole(subscriber_in_full(session, app, who))
    asked.show([found] if asked.as_json else [{"what": k, "value": v} for k, v in found.items()], ("what", "value"))


def _whole(one: SubscriberInFull) -> dict[str, Any]:
    agreed = one.agreed
    return one.subscriber.model_dump() | {
        "interests": one.interests,
        "choices": [f"{choice.choice} {call.id}: {call.title}" for choice, call in one.choices],
        "agreed_at": agreed.at if agreed else None,
        "agreed_by": agreed.by if agreed else None,
        "version": agreed.version if agreed else None,
        "letters": [f"{letter.kind} {letter.state}{_because(letter)}" for letter in one.letters],
    }


def _because(letter: Letter) -> str:
    why = [reason_in_words(letter.reason)] if letter.reason else []
    said = ": ".join(why + ([letter.detail] if letter.detail else []))
    return f" ({said})" if said else ""


@group.command("history")
def show_subscription_history(context: typer.Context, who: str = WHO) -> None:
    """What happened to a subscription, oldest first, by whom and why."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [one.model_dump() for one in history_of(session, subscriber_named(session, who).id or 0)]
    asked.show(rows, ("at", "what", "by", "reason", "detail"))


def _do(context: typer.Context, who: str, reason: str, do: Callable[[App, int, Signed], Subscriber | None]) -> None:
    """Change one subscription, and show what it is now."""
    asked: Invocation = context.obj
    with asked.app() as app:
        do(app, number_of(app, who), asked.signed(app, reason))
        with app.db.read() as session:
            changed = subscriber_named(session, who).model_dump()
    asked.show([changed], ("id", "address", "cadence", "state", "paused_until"))


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
    _do(context, who, reason, lambda app, number, signed: pause(app, number, day, signed))


@group.command("resume")
def resume_subscriber(context: typer.Context, who: str = WHO, reason: str = WHY) -> None:
    """End a pause now."""
    _do(context, who, reason, lambda app, number, signed: resume(app, number, signed))


@group.command("cadence")
def set_cadence(context: typer.Context, who: str = WHO, cadence: Cadence = typer.Argument(), reason: str = WHY) -> None:
    """Change how often the digest leaves; what is due under the old cadence is built first."""
    _do(context, who, reason, lambda app, number, signed: change_cadence(app, number, cadence, signed))


@group.command("follow")
def follow_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Tell a reader all of one call, whatever the interests say."""
    _do(context, who, reason, lambda app, number, signed: follow(app, number, call, signed))


@group.command("mute")
def mute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Tell a reader nothing more of one call."""
    _do(context, who, reason, lambda app, number, signed: mute(app, number, call, signed))


@group.command("unmute")
def unmute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Neither follow nor mute a call any more: the interests decide again."""
    _do(context, who, reason, lambda app, number, signed: unmute(app, number, call, signed))


@group.command("not-for-us")
def tell_not_for_us(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = WHY) -> None:
    """Take a reader's word that a call was none of theirs: it is muted, and counts in `tracker rules precision`."""
    _do(context, who, reason, lambda app, number, signed: not_for_us(app, number, call, signed))


@group.command("confirm")
def confirm_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("How the person's word was given; kept with the consent."),
) -> None:
    """Take a waiting sign-up for confirmed: the person gave their word in another way than by the link."""
    _do(context, who, reason, lambda app, number, signed: subscriptions.confirm_for(app, number, signed))


@group.command("remove")
def remove_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("Why; kept in the history.", "removed by the operator"),
) -> None:
    """End a subscription; a goodbye letter tells how to undo it, and what the mailbox was told stays in the ledger."""
    _do(context, who, reason, lambda app, number, signed: subscriptions.leave(app, number, signed))


@group.command("link")
def write_link(context: typer.Context, who: str = WHO) -> None:
    """Write a letter with a fresh link: to the preferences, or again the one that confirms, or undoes leaving."""
    asked: Invocation = context.obj
    with asked.app() as app:
        written = send_link(app, who)
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
    with asked.app() as app:
        done = privacy.export_person(app, number_of(app, who), out)
    asked.show([{"document": str(done.document), "mails": done.mails}], ("document", "mails"))


@group.command("erase")
def erase_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("Why, without an address; it is all that the history keeps."),
    yes: bool = typer.Option(False, "--yes", help="Do it, for good; without it, what is held is counted."),
) -> None:
    """Take a person out of everything: no address stays, the ledger's counts do."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            found = subscriber_named(session, who)
            counts = privacy.count_held(session, found)
        if yes:
            privacy.erase(app, found.id or 0, asked.signed(app, reason))
    asked.show([{"id": found.id, "done": "erased" if yes else "would be erased"} | counts], ("id", "done", *counts))
    if not yes:
        typer.echo("nothing was changed; --yes does it, for good", err=True)
