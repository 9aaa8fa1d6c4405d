"""Editions: what was sent, what is held back of them, and mails of which nobody knows whether they arrived."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db import editions, strategies
from db.audit import Signed, list_audit
from db.deliveries import DeliveryState, list_deliveries
from db.editions import EditionState, HoldState
from db.reader_counts import count_by_cadence
from db.types import LARGEST
from jobs.approvals.proposing import Person
from jobs.approvals.releasing import drop_part_or_propose, release_edition_or_propose, release_part_or_propose
from jobs.base.app import App
from jobs.delivery.bans import apply_held, bans_held, drop_held
from jobs.delivery.resolutions import Resolution, resend, resend_all, resolve, resolve_all
from jobs.editions.holds import hold_edition
from jobs.editions.lookup import edition_in_full, listed_editions
from jobs.editions.planning import next_regular
from jobs.web import addresses
from jobs.web.admin.act_words import ACTS
from jobs.web.admin.desk import acted, person, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker import sources

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
EditionNumber = CallNumber
HoldNumber = CallNumber
DeliveryNumber = CallNumber
MOST, MOST_HOLDS = 50, 200


@router.get(addresses.ADMIN_EDITIONS)
def get_desk_editions(request: Request, done: str = "") -> Response:
    """List the newest editions, and above them what waits for a decision."""
    return _editions(request, done=done)


@router.get(addresses.ADMIN_EDITION)
def get_edition_in_full(request: Request, edition_id: EditionNumber, below: int = LARGEST, done: str = "") -> Response:
    """Show one edition: what became of its mails, what was held back of it, and what was decided about it."""
    return _edition(request, edition_id, below, done=done)


def _edition(
    request: Request, edition_id: int, below: int = LARGEST, faults: Sequence[Complaint] = (), done: str = ""
) -> Response:
    with app_of(request).db.read() as session:
        full = edition_in_full(session, edition_id)
        mails = list_deliveries(session, [], edition_id, MOST + 1, below)
        acts = list_audit(session, MOST, subject=f"edition {edition_id}")
        names = held_names(session, app_of(request))
    decided = [act for act in acts if act.subject == f"edition {edition_id}"]
    values = {"full": full, "mails": mails[:MOST], "more": mails[MOST - 1].id if len(mails) > MOST else None}
    states = {"built": EditionState.BUILT, "stopped": EditionState.HELD, "unknown": DeliveryState.UNKNOWN}
    more = {"decided": decided, "acts": ACTS, "names": names, "faults": faults, "done": done}
    return screen(request, "edition.html", 409 if faults else 200, **values, **states, **more)


@router.get(addresses.ADMIN_HELD_PARTS)
def get_held_parts(request: Request) -> Response:
    """List all that was ever held back of editions, and what was decided about it."""
    app = app_of(request)
    with app.db.read() as session:
        holds = editions.list_holds(session)[:MOST_HOLDS]
        names = held_names(session, app)
    return screen(request, "held_parts.html", holds=holds, names=names, waiting=HoldState.HELD)


def held_names(session: Session, app: App) -> Mapping[str, str]:
    """What the subjects of holds are called: a source by its name, a rule by its line."""
    names = {f"source:{key}": module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    return names | {f"rule:{rule.key}": rule.text for rule in strategies.all_rules(session)}


@router.post(addresses.ADMIN_EDITION_UNKNOWN)
def post_policy(request: Request, edition_id: EditionNumber, sent: Sent) -> Response:
    """Settle every mail of an edition at once of which nobody knows whether it arrived, or send them all again."""
    app, outcome = app_of(request), sent.get("outcome", "")
    act: Callable[[Signed], object] = (
        partial(resend_all, app, edition_id)
        if outcome == "again"
        else partial(resolve_all, app, edition_id, Resolution.SENT if outcome == "sent" else Resolution.LOST)
    )
    then = addresses.ADMIN_EDITION.format(edition_id=edition_id)
    return acted(request, sent, act, lambda faults: _edition(request, edition_id, faults=faults), then)


def _editions(request: Request, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        readers = count_by_cadence(session, app.today())
        names = held_names(session, app)
        listed = listed_editions(session, MOST)
        held = [hold for hold in editions.list_holds(session) if hold.state is HoldState.HELD]
        unknown = list_deliveries(session, [DeliveryState.UNKNOWN], None, MOST)
        held_bans = bans_held(session, app.clock())
    return screen(
        request,
        "editions.html",
        409 if faults else 200,
        listed=listed,
        next=next_regular(app),
        readers=readers,
        names=names,
        held=held,
        unknown=unknown,
        braked=held_bans,
        resolutions=list(Resolution),
        built=EditionState.BUILT,
        stopped=EditionState.HELD,
        faults=faults,
        done=done,
    )


def _acted(request: Request, sent: QueryParams, act: Callable[[Signed], object]) -> Response:
    return acted(request, sent, act, partial(_editions, request), addresses.ADMIN_EDITIONS)


def _released(request: Request, sent: QueryParams, act: Callable[[Person], object]) -> Response:
    """Do, or propose, what two persons may be needed for."""
    return _acted(request, sent, lambda by: act(person(request, by)))


@router.post(addresses.ADMIN_EDITION_HOLD)
def post_hold(request: Request, edition_id: EditionNumber, sent: Sent) -> Response:
    """Let no more mails of an edition leave."""
    return _acted(request, sent, partial(hold_edition, app_of(request), edition_id))


@router.post(addresses.ADMIN_EDITION_RELEASE)
def post_release(request: Request, edition_id: EditionNumber, sent: Sent) -> Response:
    """Let a held edition leave."""
    return _released(request, sent, partial(release_edition_or_propose, app_of(request), edition_id))


@router.post(addresses.ADMIN_PART_RELEASE)
def post_release_part(request: Request, hold_id: HoldNumber, sent: Sent) -> Response:
    """Send what was held back of an edition, as an edition of its own."""
    return _released(request, sent, partial(release_part_or_propose, app_of(request), hold_id))


@router.post(addresses.ADMIN_PART_DROP)
def post_drop_part(request: Request, hold_id: HoldNumber, sent: Sent) -> Response:
    """Tell nobody what was held back."""
    return _released(request, sent, partial(drop_part_or_propose, app_of(request), hold_id))


@router.post(addresses.ADMIN_DELIVERY_SETTLE)
def post_settle(request: Request, delivery_id: DeliveryNumber, sent: Sent) -> Response:
    """Note what the mail server's log says of a delivery in doubt."""
    resolution = Resolution.SENT if sent.get("outcome") == Resolution.SENT else Resolution.LOST
    return _acted(request, sent, partial(resolve, app_of(request), delivery_id, resolution))


@router.post(addresses.ADMIN_DELIVERY_AGAIN)
def post_again(request: Request, delivery_id: DeliveryNumber, sent: Sent) -> Response:
    """Queue a mail again that did not arrive, or may not have."""
    return _acted(request, sent, partial(resend, app_of(request), delivery_id))


@router.post(addresses.ADMIN_BANS_DROP)
def post_drop_bans(request: Request, sent: Sent) -> Response:
    """Ban none of the mailboxes whose bans wait; they are told again what came back."""
    return _acted(request, sent, partial(drop_held, app_of(request), None))


@router.post(addresses.ADMIN_BANS_APPLY)
def post_apply_bans(request: Request, sent: Sent) -> Response:
    """Ban the mailboxes whose bans wait."""
    return _acted(request, sent, partial(apply_held, app_of(request), None))
