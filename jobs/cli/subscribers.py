"""tracker subscribers: who gets digests, of what, and what happened to each subscription.

Does not send anything: tracker deliver sends the letters.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from db.audit import Signed
from db.calls import CallKind
from db.letters import Letter
from db.subscribers import ActorType, Cadence, Language, Subscriber, SubscriberState, history_of
from db.types import LARGEST
from jobs.base.app import App
from jobs.cli.invocation import Invocation, failed, reason_option, text_in_file
from jobs.cli.labels import cell
from jobs.cli.reasons import reason_in_words
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.readers import optin, privacy
from jobs.readers.lookup import (
    ListedSubscriber,
    SubscriberInFull,
    list_subscribers,
    number_of,
    send_link,
    subscriber_in_full,
    subscriber_named,
)
from jobs.readers.preferences import (
    change_cadence,
    checked_sign_up,
    follow,
    mute,
    not_for_us,
    pause_for,
    resume,
    switch_own_kind,
    switch_own_region,
    unmute,
)

OWN_REGION = typer.Option(
    True, "--own-region/--no-own-region", help="Tell the region's own calls, too, whatever they are about."
)
OWN_KIND = typer.Option(
    True, "--own-kind/--any-kind", help="Leave out calls that the reader's kind of organisation may not apply for."
)
group = typer.Typer(no_args_is_help=True, help="Who gets digests, and of what.")
WHO = typer.Argument(metavar="WHO", help="The mailbox's address, or the subscriber's id.")
CALL = typer.Argument(metavar="CALL", max=LARGEST, help="Our id of the call.")
REASON = reason_option("Why; kept in the history.", "")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="subscribers")


@group.command("list")
def show_subscribers(
    context: typer.Context,
    state: list[SubscriberState] = typer.Option([], help="Only these; may be given more than once."),
) -> None:
    """List every mailbox with what it subscribes to."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [subscriber_row(listed) for listed in list_subscribers(session, state)]
    invocation.show(
        rows,
        ("id", "address", "language", "cadence", "state", "paused_until", "follows"),
        say("no mailbox fits; tracker subscribers add adds one"),
    )


def subscriber_row(listed: ListedSubscriber) -> dict[str, Any]:
    """A mailbox as a row of a list."""
    interests = [{"id": interest.id} | interest.wants.model_dump() for interest in listed.interests]
    return listed.subscriber.model_dump() | {"follows": listed.follows, "interests": interests}


@group.command("show")
def show_subscriber(context: typer.Context, who: str = WHO) -> None:
    """Show one mailbox in full: interests, calls followed or muted, consent, and letters."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        record = _full_record(subscriber_in_full(session, app, who), str if invocation.as_json else cell)
    invocation.show_fields(record)


def _full_record(full: SubscriberInFull, word_of: Callable[[StrEnum], str]) -> dict[str, Any]:
    agreed = full.agreed
    return full.subscriber.model_dump() | {
        "interests": full.interests,
        "choices": [f"{word_of(choice.choice)} {call.id}: {call.title}" for choice, call in full.choices],
        "agreed_at": agreed.at if agreed else None,
        "agreed_by": agreed.by if agreed else None,
        "version": agreed.version if agreed else None,
        "letters": [f"{word_of(letter.kind)} {word_of(letter.state)}{_because(letter)}" for letter in full.letters],
    }


def _because(letter: Letter) -> str:
    reason = reason_in_words(letter.reason) if letter.reason else ""
    why = ": ".join(filter(None, (reason, letter.detail)))
    return f" ({why})" if why else ""


@group.command("history")
def show_subscription_history(context: typer.Context, who: str = WHO) -> None:
    """List what happened to a subscription, by whom and why, oldest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [event.model_dump() for event in history_of(session, subscriber_named(session, who).id or 0)]
    invocation.show(rows, ("at", "what", "by", "reason", "detail"))


def _change(
    context: typer.Context, who: str, reason: str, change: Callable[[App, int, Signed], Subscriber | None]
) -> None:
    """Change one subscription, and show it as it is now."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        change(app, number_of(app, who), invocation.signed(app, reason))
        with app.db.read() as session:
            changed = subscriber_named(session, who).model_dump()
    invocation.show([changed], ("id", "address", "cadence", "state", "paused_until"))


@group.command("pause")
def pause_subscriber(
    context: typer.Context,
    who: str = WHO,
    until: str = typer.Option(..., help="The first day with mail again, like 2027-01-11."),
    reason: str = REASON,
) -> None:
    """Send nothing before a day; a letter tells the reader, and the news of that time is sent then."""
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise typer.BadParameter(
            say("%(given)s is not a day; write it like 2027-01-11", given=until), param_hint="--until"
        ) from None
    _change(context, who, reason, lambda app, number, signed: pause_for(app, number, day, signed))


@group.command("resume")
def resume_subscriber(context: typer.Context, who: str = WHO, reason: str = REASON) -> None:
    """End a pause now."""
    _change(context, who, reason, lambda app, number, signed: resume(app, number, signed))


@group.command("cadence")
def set_cadence(
    context: typer.Context, who: str = WHO, cadence: Cadence = typer.Argument(help="The new one."), reason: str = REASON
) -> None:
    """Change how often the digest comes; what is due under the old cadence is sent first."""
    _change(context, who, reason, lambda app, number, signed: change_cadence(app, number, cadence, signed))


@group.command("own-region")
def set_own_region(
    context: typer.Context,
    who: str = WHO,
    is_on: bool = typer.Option(..., "--on/--off", help="Tell them, or only what fits the interests."),
    reason: str = REASON,
) -> None:
    """Tell the region's own calls beside the interests, or not."""
    _change(context, who, reason, lambda app, number, signed: switch_own_region(app, number, is_on, signed))


@group.command("own-kind")
def set_own_kind(
    context: typer.Context,
    who: str = WHO,
    is_on: bool = typer.Option(..., "--on/--off", help="Leave them out, or tell what anybody can apply for."),
    reason: str = REASON,
) -> None:
    """Leave out calls that the reader's kind of organisation may not apply for, or not."""
    _change(context, who, reason, lambda app, number, signed: switch_own_kind(app, number, is_on, signed))


@group.command("follow")
def follow_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = REASON) -> None:
    """Follow a call: the reader gets all its news, whatever their interests."""
    _change(context, who, reason, lambda app, number, signed: follow(app, number, call, signed))


@group.command("mute")
def mute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = REASON) -> None:
    """Mute a call: the reader gets no more news of it."""
    _change(context, who, reason, lambda app, number, signed: mute(app, number, call, signed))


@group.command("unmute")
def unmute_call(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = REASON) -> None:
    """Neither follow nor mute a call any longer: the interests decide again."""
    _change(context, who, reason, lambda app, number, signed: unmute(app, number, call, signed))


@group.command("not-for-us")
def tell_not_for_us(context: typer.Context, who: str = WHO, call: int = CALL, reason: str = REASON) -> None:
    """Record that a call was not for this reader: it is muted, and counts in `tracker rules precision`."""
    _change(context, who, reason, lambda app, number, signed: not_for_us(app, number, call, signed))


@group.command("confirm")
def confirm_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("How the person gave their consent; kept with it."),
) -> None:
    """Confirm a waiting sign-up: the person consented in another way than by the link."""
    _change(context, who, reason, lambda app, number, signed: optin.confirm_for(app, number, signed))


@group.command("remove")
def remove_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("Why; kept in the history.", "removed by the operator"),
) -> None:
    """End a subscription; a goodbye letter says how to undo it. What was sent stays in the ledger."""
    _change(context, who, reason, lambda app, number, signed: optin.leave(app, number, signed))


@group.command("link")
def write_link(context: typer.Context, who: str = WHO) -> None:
    """Write a letter with a fresh link: to the preferences, to confirm a sign-up, or to undo leaving."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        letters = send_link(app, who)
    if not letters:
        raise failed(
            say("%(who)s: no letter: the mailbox takes no mail, or has had today's letters ([subscribers])", who=who)
        )
    rows = [letter.model_dump(exclude={"message"}) for letter in letters]
    invocation.show(rows, ("id", "kind", "recipient", "state"))


@group.command("export")
def export_subscriber(
    context: typer.Context,
    who: str = WHO,
    out: Path = typer.Option(..., help="The folder to write to; it is created if it does not exist."),
) -> None:
    """Export everything held on a person: one document, and every mail they got, exactly as it was sent."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        export = privacy.export_person(app, number_of(app, who), out)
    invocation.show([{"document": str(export.document), "mails": export.mails}], ("document", "mails"))


@group.command("erase")
def erase_subscriber(
    context: typer.Context,
    who: str = WHO,
    reason: str = reason_option("Why, without an address; the history keeps nothing else."),
    yes: bool = typer.Option(False, "--yes", help="Erase, for good; without it, what is held is only counted."),
) -> None:
    """Erase a person everywhere: no address stays, only the ledger's counts."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            subscriber = subscriber_named(session, who)
            counts = privacy.count_held(session, subscriber)
        if yes:
            privacy.erase(app, subscriber.id or 0, invocation.signed(app, reason))
    row = {"id": subscriber.id, "done": "erased" if yes else "would be erased"} | counts
    invocation.show([row], ("id", "done", *counts))
    if not yes:
        print_text(say("nothing was changed; --yes erases for good"), err=True)


@group.command("add")
def add_subscriber(
    context: typer.Context,
    address: str = typer.Argument(help="The mailbox."),
    spearhead: list[str] = typer.Option([], help="Only calls of this spearhead; may be given more than once."),
    cadence: Cadence = typer.Option(Cadence.WEEKLY, help="How often the digest comes."),
    language: Language | None = typer.Option(None, help="The language of the mails; else the region's first."),
    actor: str = typer.Option("", help="The reader's organisation."),
    actor_type: ActorType = typer.Option(ActorType.OTHER, help="What kind of organisation it is."),
    municipality: str = typer.Option("", help="The municipality of the organisation."),
    programme: list[str] = typer.Option(
        [], help="Only calls of this programme, like HORIZON; may be given more than once."
    ),
    source: list[str] = typer.Option([], help="Only calls of this source; may be given more than once."),
    kind: list[CallKind] = typer.Option([], help="Only calls of this kind; may be given more than once."),
    audience: list[str] = typer.Option(
        [], help="Only calls for this audience, like municipality; may be given more than once."
    ),
    query: str | None = typer.Option(None, help="Only calls that match this line, written like a rule's."),
    money_min: int | None = typer.Option(
        None, min=0, help="Only calls with at least this much per project, in whole euro."
    ),
    money_max: int | None = typer.Option(
        None, min=0, help="Only calls with at most this much per project, in whole euro."
    ),
    open_only: bool = typer.Option(False, "--open-only", help="Leave out calls that are not open yet."),
    urgent: bool = typer.Option(False, "--urgent", help="Send at once what cannot wait for the next edition."),
    own_region: bool = OWN_REGION,
    own_kind: bool = OWN_KIND,
    lead_days: list[int] = typer.Option(
        [28, 7], help="Remind so many days before a call closes; may be given more than once."
    ),
    reason: str = reason_option("How the person gave their consent; kept with it.", "added by the operator"),
) -> None:
    """Add a mailbox with one interest; it gets what is open now, and then the news from now on."""
    interest = {
        "spearheads": spearhead,
        "programmes": programme,
        "sources": source,
        "kinds": [choice.value for choice in kind],
        "audience": audience,
        "query": query,
        "money_min": money_min,
        "money_max": money_max,
        "forthcoming": not open_only,
    }
    reader = {"address": address, "actor": actor, "actor_type": actor_type, "municipality": municipality}
    digest: dict[str, Any] = {"language": language} if language else {}
    digest |= {"cadence": cadence, "urgent": urgent, "own_region": own_region, "own_kind": own_kind}
    _add(context.obj, {"interests": [interest], "lead_days": lead_days} | reader | digest, reason)


def _add(invocation: Invocation, form: Mapping[str, Any], reason: str) -> None:
    with invocation.app() as app:
        added = optin.add_by_operator(app, checked_sign_up(app, form), invocation.signed(app, reason))
    invocation.show([{"id": added.id, "address": added.address}], ("id", "address"))


@group.command("import")
def import_roster(
    context: typer.Context,
    file: Path = typer.Argument(help="A CSV in UTF-8; docs/subscribers.md names its columns."),
    reason: str = reason_option("How these people gave their consent, or why they are asked; kept with each."),
    ask: bool = typer.Option(False, "--ask", help="Ask each mailbox by a letter first, as after a sign-up."),
    yes: bool = typer.Option(False, "--yes", help="Import; without it, the file is only checked."),
) -> None:
    """Add every mailbox of a file, or none; all faults are listed with their line numbers."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        lines = optin.checked_roster(app, text_in_file(file))
        if yes:
            optin.add_all(app, lines, invocation.signed(app, f"import of {file.name}: {reason}"), ask)
    done = ("asked" if ask else "added") if yes else ("would be asked" if ask else "would be added")
    rows = [{"line": line.number, "address": line.wanted.address, "done": done} for line in lines]
    invocation.show(rows, ("line", "address", "done"), say("%(file)s has headings and no mailbox", file=file.name))
    if lines and not yes:
        print_text(say("nothing was changed; mailboxes that --yes imports: %(n)d", n=len(lines)), err=True)
