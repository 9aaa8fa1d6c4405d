"""tracker subscribers: who gets digests, and of what.

Does not send anything.
"""

import typer
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError

from db import admins, calls, strategies, subscribers
from db.subscribers import ActorType, Cadence, Interest, Language, Subscriber
from jobs.cli.invocation import Invocation, failed
from jobs.desk import Desk
from tracker.errors import ConfigError

group = typer.Typer(no_args_is_help=True, help="Who gets digests, and of what.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="subscribers")


@group.command("add")
def add_subscriber(
    context: typer.Context,
    address: str = typer.Argument(help="The mailbox."),
    spearhead: list[str] = typer.Option(..., help="A spearhead to follow; may be given more than once."),
    cadence: Cadence = typer.Option(Cadence.WEEKLY),
    language: Language = typer.Option(Language.FI),
    actor: str = typer.Option("", help="The organisation."),
    actor_type: ActorType = typer.Option(ActorType.OTHER),
    municipality: str = typer.Option(""),
    programme: list[str] = typer.Option(
        [], help="Only calls of this programme, e.g. HORIZON; may be given more than once."
    ),
    source: list[str] = typer.Option([], help="Only calls of this source; may be given more than once."),
) -> None:
    """Add a mailbox with one interest; it is told what happens from now on."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        _check_spearheads(desk, spearhead)
        new = Subscriber(address=_address(address), language=language, cadence=cadence, created_at=desk.clock())
        interest = Interest(spearheads=tuple(spearhead), programmes=tuple(programme), sources=tuple(source))
        try:
            with desk.db.write() as session:
                interest.cursor = calls.last_seq(session)
                if actor:
                    new.actor_id = subscribers.actor_named(session, actor, actor_type, municipality or None).id
                subscriber_id = subscribers.enrol(session, new, [interest])
        except IntegrityError:
            raise failed(f"{new.address} subscribes already; tracker subscribers list shows it") from None
    asked.show([{"id": subscriber_id, "address": new.address}], ("id", "address"))


def _address(word: str) -> str:
    try:
        return validate_email(word, check_deliverability=False, strict=True).normalized.lower()
    except EmailNotValidError as error:
        raise typer.BadParameter(f"{word!r}: {error}", param_hint="ADDRESS") from None


def _check_spearheads(desk: Desk, keys: list[str]) -> None:
    with desk.db.read() as session:
        known = [spearhead.key for spearhead in strategies.all_spearheads(session)]
    if unknown := [key for key in keys if key not in known]:
        raise ConfigError([f"{key}: no such spearhead; there are {', '.join(known)}" for key in unknown])


@group.command("list")
def list_subscribers(context: typer.Context) -> None:
    """Every mailbox with what it follows."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = subscribers.all_subscribers(session)
        interests = subscribers.interests_of(session, [s.id for s in found if s.id])
        rows = [
            subscriber.model_dump()
            | {"spearheads": [key for one in interests.get(subscriber.id or 0, ()) for key in one.spearheads]}
            for subscriber in found
        ]
    asked.show(rows, ("id", "address", "language", "cadence", "state", "spearheads"))


@group.command("remove")
def remove_subscriber(context: typer.Context, address: str = typer.Argument(help="The mailbox.")) -> None:
    """End a subscription; what the mailbox was told stays in the ledger."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.write() as session:
        if not subscribers.leave(session, address.lower()):
            raise failed(f"{address}: no such subscriber; tracker subscribers list shows them")
        admins.note(session, desk.clock(), "operator", "subscriber left", "subscriber", {})
