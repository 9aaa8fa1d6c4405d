"""Deliver: claim → send → settle. A delivery is claimed in the ledger before its first byte leaves, and settled after.

Several threads send (`jobs.delivery.senders`) and one writes to the database: each turn of its loop settles what is
done and claims the next deliveries in one transaction, and no transaction is open while a socket is. One process
delivers at a time. What a dead run was sending is settled by its send journal (`jobs.delivery.journal`).
"""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from db import editions, runs, send_queue
from db.deliveries import DeliveryState
from db.runs import Run, RunReason
from db.send_queue import Claimed, Outcome
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.delivery import bounces
from jobs.delivery.bans import renew_notice
from jobs.delivery.journal import Left, SendJournal, left_behind, open_journal
from jobs.delivery.letters import send_letters
from jobs.delivery.senders import Senders
from tracker.emails import mime, tokens
from tracker.emails.mime import Own

AHEAD = 100  # most claimed mails for each connection: a power cut leaves all of them unknown, a kill does not
CONTENTS_KEPT = 256  # frozen mails held in memory, each of 90 kB at most
BRAKE = "brake"


def deliver(app: App, stop: threading.Event | None = None) -> Counter[DeliveryState]:
    """Send every delivery that is due until none is left or `stop` is set; return how many came to each state.

    Ends early if the mail server accepts no session, and at the brake (`mail.per_day`). Sends nothing while another
    process is delivering. What a dead process had sent is settled first, and is not counted.
    """
    with app.db.only_one("deliver") as is_ours:
        if not is_ours:
            return Counter()
        send_letters(app, stop)
        with left_behind(app.settings.data.dir) as left:
            is_idle = _recover(app, left)
        if left.living or is_idle:
            return Counter()  # another process is delivering, or nothing is to be done: that is no run to record
        return _deliver(app, stop or threading.Event())


def _recover(app: App, left: Left) -> bool:
    """Settle what dead processes left; return whether nothing is to be sent now."""
    with app.db.write() as session:
        fates = left.fates(send_queue.in_flight(session, left.living), partial(_run_of, session))
        _mark(session, app, fates, app.clock())
        _look_over(session, app)
        is_idle = not send_queue.is_waiting(session, app.clock()) or allowance(session, app) == 0
    left.remove()
    if settled := _final(fates):
        structlog.get_logger().warning("mails of a dead process settled", **_by_state(settled))
    return is_idle


def _run_of(session: Session, run_id: int | None) -> Run | None:
    """The run that claimed a delivery; the newest run if an older version did not record which."""
    return session.get(Run, run_id) if run_id else runs.newest_run(session, "deliver")


def _deliver(app: App, stop: threading.Event) -> Counter[DeliveryState]:
    counts: Counter[DeliveryState] = Counter()
    with recorded(app.db, "deliver", None, app.clock) as run:
        structlog.get_logger().info("delivery begun", run=run.id)
        with open_journal(app.settings.data.dir, run) as journal:
            run.reasons = _send_all(app, counts, run.id or 0, journal, stop)
        with app.db.write() as session:
            renew_notice(session, app)
        run.counts = _by_state(counts)
    for reason in run.reasons:
        structlog.get_logger().warning("delivery stopped at the daily limit", run=run.id, why=reason.detail)
    structlog.get_logger().info("delivery ended", run=run.id, **run.counts)
    return counts


def _by_state(counts: Counter[DeliveryState]) -> dict[str, int]:
    return {state.value: count for state, count in counts.items() if count}


def _look_over(session: Session, app: App) -> None:
    """Decide which of the waiting deliveries may be sent."""
    now = app.clock()
    bounces.forgive_recovered(session, now)
    send_queue.skip_who_left(session, now)
    send_queue.put_off(session, now)
    send_queue.hold_stale(session, _stale_before(app))


def _stale_before(app: App) -> date:
    return app.today() - timedelta(days=app.settings.mail.stale_days)


def allowance(session: Session, app: App) -> int | None:
    """How many mails may still be sent on this day of the region; None if there is no brake."""
    most = app.settings.mail.per_day
    if most is None:
        return None
    midnight = datetime.combine(app.today(), time(), app.region.zone)
    return max(0, most - send_queue.count_sent(session, midnight, _stale_before(app)))


class Messages:
    """Makes the mail of a claimed delivery from its frozen content; the contents that are needed now stay in memory."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pieces: dict[int, tuple[bytes, ...]] = {}

    def prepare(self, session: Session, claimed: Iterable[Claimed]) -> None:
        """Read the contents of these deliveries at once; when many are held, those of others are given up."""
        needed = {delivery.content_id for delivery in claimed}
        missing = needed - self._pieces.keys()
        if len(self._pieces) + len(missing) > CONTENTS_KEPT:
            self._pieces = {key: cut for key, cut in self._pieces.items() if key in needed}
        if missing:
            templates = editions.templates_of(session, missing)
            self._pieces |= {key: mime.pieces(template) for key, template in templates.items()}

    def __call__(self, claimed: Claimed) -> bytes:
        """Make the mail of a delivery; always the same bytes."""
        cut = self._pieces.get(claimed.content_id)  # of a mail claimed long ago it may be given up
        if cut is None:
            with self._app.db.read() as session:
                cut = mime.pieces(editions.template_of(session, claimed.content_id))
        return mime.fill_pieces(cut, own_values(self._app, claimed))


def _send_all(
    app: App, counts: Counter[DeliveryState], run_id: int, journal: SendJournal, stop: threading.Event
) -> tuple[RunReason, ...]:
    messages = Messages(app)
    senders = Senders(app, messages, journal, stop)
    try:
        reasons = _run(app, senders, messages, counts, run_id)
    finally:
        senders.close()
    if senders.failure is not None:
        raise senders.failure
    return reasons


def _run(
    app: App, senders: Senders, messages: Messages, counts: Counter[DeliveryState], run_id: int
) -> tuple[RunReason, ...]:
    ahead = 2 * senders.count  # a third of them is being sent while the others are settled
    with app.db.read() as session:
        left = allowance(session, app)
    in_flight, outcomes = 0, list[Outcome]()
    while True:
        room = 0 if senders.is_ending else ahead - in_flight
        claimed = _mark_and_claim(app, messages, outcomes, room if left is None else min(room, left), run_id)
        left = None if left is None else left - len(claimed)
        senders.submit(claimed)
        in_flight += len(claimed)
        if not in_flight:
            return braked(app)
        outcomes = senders.outcomes(least=min(2 * ahead // 3, in_flight))
        in_flight -= len(outcomes)
        if len(outcomes) >= ahead // 2:  # they came at once: the server is fast
            ahead = min(4 * ahead, AHEAD * senders.count)
        counts.update(_final(outcomes))


def braked(app: App) -> tuple[RunReason, ...]:
    """What an admin must know if the brake keeps mails from leaving; empty otherwise."""
    most = app.settings.mail.per_day
    with app.db.read() as session:
        waiting = send_queue.count_waiting(session, app.clock()) if allowance(session, app) == 0 else 0
    detail = f"mail.per_day ({most}) is reached; {waiting} mails wait for tomorrow or a higher limit"
    return (RunReason(name=BRAKE, detail=detail),) if waiting else ()


def _mark_and_claim(app: App, messages: Messages, outcomes: list[Outcome], room: int, run_id: int) -> list[Claimed]:
    now = app.clock()
    with app.db.write() as session:
        _mark(session, app, outcomes, now)
        claimed = send_queue.claim(session, room, now, run_id)
        messages.prepare(session, claimed)
    return claimed


def _mark(session: Session, app: App, outcomes: list[Outcome], now: datetime) -> None:
    send_queue.settle(session, outcomes, now)
    bounces.note_refusals(session, app, outcomes, now)


def _final(outcomes: Iterable[Outcome]) -> Counter[DeliveryState]:
    """How many came to each final state; those that were never begun are not counted."""
    return Counter(outcome.state for outcome in outcomes if outcome.state is not DeliveryState.RENDERED)


def own_values(app: App, claimed: Claimed) -> Own:
    """The reader's own values of a mail; always the same, so that a mail can be made again byte for byte."""
    return Own(
        to=claimed.recipient,
        delivery_id=claimed.id,
        message_id=claimed.message_id,
        in_reply_to=claimed.in_reply_to,
        sent_at=claimed.made_at,
        manage=tokens.sign(app.secret, tokens.PREFERENCES, claimed.subscriber_id),
        unsubscribe=tokens.sign(app.secret, tokens.UNSUBSCRIBE, claimed.subscriber_id),
        web_copy=tokens.sign(app.secret, tokens.WEB_COPY, claimed.id),
        feedback=tokens.sign(app.secret, tokens.FEEDBACK, claimed.subscriber_id),
    )
