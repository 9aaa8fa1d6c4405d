"""Opting in and out: how a subscription begins and ends. No mailbox gets a digest before it has confirmed.

    sign_up → a letter → confirm → a receipt      leave → a letter → undo

What a sign-up asks for waits in the history until the mailbox confirms it, so whoever types in somebody else's address
changes nothing for them. Every step is idempotent. The words that a reader agrees to are
`tracker.subscriptions.consent`; erasing a person is `jobs.readers.privacy`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from db import consents, event_log, invitations, send_queue, subscribers
from db.audit import Signed, by_reader
from db.consents import Consent, ConsentAct
from db.deliveries import DeliveryReason
from db.subscribers import Language, Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.readers import letters
from jobs.readers.marks import mark_of
from jobs.readers.preferences import (
    append_history,
    name_organisation,
    newest_asking,
    requested_preferences,
    what_there_is,
)
from tracker.emails import tokens
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, WrongState
from tracker.subscriptions.consent import VERSION, consent_text
from tracker.subscriptions.requests import SignUp, keep_choices
from tracker.subscriptions.roster import Line, read_roster

FORM = "sign-up form"


# --- beginning --------------------------------------------------------------------------------------------------------


def sign_up(app: App, request: SignUp) -> None:
    """Ask the mailbox to confirm a sign-up; the caller cannot tell whether the address was known.

    A mailbox that is already subscribed gets a link to its preferences instead; above the limits nothing is written.
    """
    try:
        with app.db.write() as session:
            _ask(session, app, request)
    except IntegrityError:
        pass  # the same address was signed up at the same moment, and that request has asked the mailbox


def _ask(session: Session, app: App, request: SignUp) -> None:
    subscriber = subscribers.subscriber_at(session, request.address)
    if not letters.may_write(session, app, subscriber.id if subscriber else None):
        return
    if subscriber and subscriber.state is SubscriberState.ACTIVE:
        letters.tell_known(session, app, subscriber)
        return
    if subscriber is None:
        subscriber = new_subscriber(session, app, request)
    elif subscriber.state is SubscriberState.PENDING:
        _take(session, subscriber, request)
    ask_mailbox(session, app, subscriber, request, by_reader(app.clock()))


def ask_mailbox(
    session: Session,
    app: App,
    subscriber: Subscriber,
    request: SignUp,
    signed: Signed,
    *,
    is_invited: bool = False,
) -> None:
    """Ask a mailbox by a letter to confirm what was asked for it, or what it is invited to; limits are the caller's."""
    subscriber_id = subscriber.id or 0
    consent = _agree(session, app, subscriber_id, request.language, ConsentAct.ASKED, signed.reason or FORM)
    details = request.model_dump(mode="json", exclude={"address"})
    invited = {"invited": True} if is_invited else {}
    asking = append_history(
        session, app, subscriber_id, SubscriptionEvent.ASKED, signed, wish=details, consent=consent.id, **invited
    )
    letters.ask_to_confirm(session, app, subscriber, asking, request)


def confirm_by_link(app: App, token: str) -> Subscriber:
    """Begin the subscription that a letter's link confirms, and send a receipt.

    Whoever left or was banned starts fresh; a link that was used before changes nothing. BadToken, or ExpiredToken
    after `subscribers.confirm_days`; Refusal if the sign-up is no longer kept.
    """
    asking_id, asked_at = which_asking(app, token)
    with app.db.write() as session:
        asking = kept_asking(session, asking_id)
        subscriber = subscribers.held(session, asking.subscriber_id)
        if subscriber is None or subscriber.state is SubscriberState.ERASED:
            raise Refusal(Code.SIGN_UP_GONE)
        if subscriber.state is not SubscriberState.ACTIVE and not _is_spent(session, asking):
            _take(session, subscriber, requested_preferences(subscriber, asking))
            _begin(session, app, subscriber)
            append_history(
                session,
                app,
                asking.subscriber_id,
                SubscriptionEvent.CONFIRMED,
                by_reader(app.clock()),
                asking=asking_id,
            )
            shown = session.get_one(Consent, asking.detail["consent"])
            consent = _repeat(session, app, shown, ConsentAct.CONFIRMED, _letter_of("link", asked_at))
            letters.give_receipt(session, app, subscriber, consent, asked_at, is_new=True)
    return subscriber


def which_asking(app: App, token: str) -> tuple[int, datetime]:
    """Return the row of history that a letter's link confirms, and when it was written; BadToken or ExpiredToken."""
    good_for = timedelta(days=app.settings.subscribers.confirm_days)
    return tokens.verify_at(app.secret, tokens.CONFIRM, token, app.clock(), good_for)


def kept_asking(session: Session, asking_id: int) -> SubscriberChange:
    """Read the row of history that holds a sign-up; Refusal if it is no longer kept."""
    asking = session.get(SubscriberChange, asking_id)
    if asking is None or not asking.detail:
        raise Refusal(Code.SIGN_UP_GONE)
    return asking


def confirm_for(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """Confirm a waiting sign-up for a person who agreed in another way than by the link, and send a receipt.

    Whoever left and signed up again since starts fresh. NotFound or WrongState.
    """
    with app.db.write() as session:
        subscriber = subscribers.held(session, subscriber_id)
        if subscriber is None:
            raise NotFound(Noun.SUBSCRIBER, subscriber_id)
        asking = newest_asking(session, subscriber_id)
        if subscriber.state is SubscriberState.LEFT and asking and _is_since_leaving(asking, subscriber):
            _take(session, subscriber, requested_preferences(subscriber, asking))
        elif subscriber.state is not SubscriberState.PENDING:
            raise WrongState(Noun.SUBSCRIBER, subscriber_id, subscriber.state, (SubscriberState.PENDING,))
        _begin(session, app, subscriber)
        append_history(
            session, app, subscriber_id, SubscriptionEvent.CONFIRMED, signed, asking=asking.id if asking else None
        )
        by = signed.reason or signed.author
        consent = _agree(session, app, subscriber_id, subscriber.language, ConsentAct.CONFIRMED, by)
        letters.give_receipt(session, app, subscriber, consent, None, is_new=True)
    return subscriber


def _is_since_leaving(asking: SubscriberChange, subscriber: Subscriber) -> bool:
    return subscriber.left_at is not None and asking.at > subscriber.left_at


def add_by_operator(app: App, request: SignUp, signed: Signed) -> Subscriber:
    """Subscribe a mailbox at once, as its owner has agreed with the operator; whoever left before starts fresh.

    Refusal if it subscribes already or may not be added.
    """
    with app.db.write() as session:
        return _add(session, app, request, signed)


def _add(session: Session, app: App, request: SignUp, signed: Signed) -> Subscriber:
    known = subscribers.subscriber_at(session, request.address)
    if known and (why := why_not_added(known)):
        raise Refusal(why.code, **why.values)
    subscriber = known or new_subscriber(session, app, request)
    if known:
        _take(session, known, request)
    _begin(session, app, subscriber)
    append_history(session, app, subscriber.id or 0, SubscriptionEvent.ADDED, signed)
    _agree(session, app, subscriber.id or 0, subscriber.language, ConsentAct.CONFIRMED, signed.reason or signed.author)
    return subscriber


def add_all(app: App, lines: Sequence[Line], signed: Signed, asks: bool) -> None:
    """Add every mailbox of a roster, or none; with `asks`, each is first asked to confirm, whatever the limits.

    InputFaults lists every line whose mailbox is known already.
    """
    with app.db.write() as session:
        if faults := known_faults(session, lines):
            raise InputFaults(*faults)
        for line in lines:
            if asks:
                known = subscribers.subscriber_at(session, line.wanted.address)
                ask_mailbox(session, app, known or new_subscriber(session, app, line.wanted), line.wanted, signed)
            else:
                _add(session, app, line.wanted, signed)


def checked_roster(app: App, text: str) -> list[Line]:
    """Read and check a roster (the text of a CSV) of new mailboxes; InputFaults lists every fault with its line."""
    with app.db.read() as session:
        lines = read_roster(text, what_there_is(session, app))
        if faults := known_faults(session, lines):
            raise InputFaults(*faults)
    return lines


def known_faults(session: Session, lines: Sequence[Line]) -> list[Fault]:
    """Find the lines of a roster whose mailboxes cannot be added."""
    known = subscribers.mailboxes_at(session, [line.wanted.address for line in lines])
    whys = ((line, why_not_added(known[a])) for line in lines if (a := line.wanted.address) in known)
    return [replace(why, line=line.number) for line, why in whys if why]


def why_not_added(subscriber: Subscriber) -> Fault | None:
    """Say why a known mailbox cannot be added, and what can be done; None for one that left: it can come back."""
    if subscriber.state is SubscriberState.LEFT:
        return None
    if subscriber.state in (SubscriberState.ACTIVE, SubscriberState.PENDING):
        return Fault(Code.SUBSCRIBES_ALREADY, "", {"address": subscriber.address})
    return Fault(Code.OWNER_MUST_RETURN, "", {"address": subscriber.address, "state": subscriber.state})


def new_subscriber(session: Session, app: App, request: SignUp) -> Subscriber:
    """Add a mailbox that has not confirmed yet."""
    subscriber = Subscriber(
        address=request.address,
        language=request.language,
        cadence=request.cadence,
        state=SubscriberState.PENDING,
        created_at=app.clock(),
    )
    session.add(subscriber)
    session.flush()
    _take(session, subscriber, request)
    return subscriber


def _take(session: Session, subscriber: Subscriber, request: SignUp) -> None:
    """Replace a subscriber's settings and interests by those of a sign-up."""
    subscriber.cadence = request.cadence
    keep_choices(subscriber, request)
    name_organisation(session, subscriber, request)
    subscribers.replace_interests(session, subscriber.id or 0, request.interests, event_log.last_seq(session))


def _begin(session: Session, app: App, subscriber: Subscriber) -> None:
    """Make a subscriber active: news from now on, and first a welcome edition with the open calls."""
    subscriber.state = SubscriberState.ACTIVE
    subscriber.confirmed_at = app.clock()
    subscriber.welcomed_at = subscriber.left_at = subscriber.paused_until = subscriber.backed_off_until = None
    subscriber.soft_bounces = 0
    subscribers.move_cursors(session, [subscriber.id or 0], event_log.last_seq(session))


def _is_spent(session: Session, asking: SubscriberChange) -> bool:
    history = subscribers.history_of(session, asking.subscriber_id)
    return any(row.what is SubscriptionEvent.CONFIRMED and row.detail.get("asking") == asking.id for row in history)


# --- ending -----------------------------------------------------------------------------------------------------------


def leave_by_link(app: App, token: str, by: str) -> Subscriber:
    """Leave by the link of any mail, however old; `by` names the way (link in a mail, one-click header). BadToken."""
    return leave(app, tokens.verify_token(app.secret, tokens.UNSUBSCRIBE, token), by_reader(app.clock(), by))


def leave(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """End a subscription: nothing more is sent but one goodbye, which says how to undo it.

    Whoever never confirmed or receives no mail gets no goodbye. NotFound if there is no such subscriber.
    """
    with app.db.write() as session:
        subscriber = subscribers.held(session, subscriber_id)
        if subscriber is None:
            raise NotFound(Noun.SUBSCRIBER, subscriber_id)
        if subscriber.state in (SubscriberState.LEFT, SubscriberState.ERASED):
            return subscriber
        was, subscriber.state, subscriber.left_at = subscriber.state, SubscriberState.LEFT, app.clock()
        append_history(session, app, subscriber_id, SubscriptionEvent.LEFT, signed)
        _act_again(session, app, subscriber, ConsentAct.WITHDRAWN, signed.reason or signed.author)
        send_queue.skip_waiting(session, subscriber_id, DeliveryReason.LEFT, app.clock())
        invitations.keep_marks(session, [mark_of(app, subscriber.address)], app.clock())
        if was is SubscriberState.ACTIVE:
            letters.say_goodbye(session, app, subscriber)
    return subscriber


def undo(app: App, token: str) -> Subscriber:
    """Undo leaving: everything is as before, and what happened meanwhile is reported, as after a pause.

    An active subscription is left as it is. BadToken, or ExpiredToken after `retention.left_days`; Refusal if the
    subscriber is erased or banned.
    """
    subscriber_id, left_at = who_comes_back(app, token)
    with app.db.write() as session:
        subscriber = can_come_back(subscribers.held(session, subscriber_id))
        if subscriber.state is SubscriberState.LEFT:
            subscriber.state, subscriber.left_at = SubscriberState.ACTIVE, None
            append_history(session, app, subscriber_id, SubscriptionEvent.CAME_BACK, by_reader(app.clock()))
            consent = _act_again(session, app, subscriber, ConsentAct.CONFIRMED, _letter_of("undo link", left_at))
            letters.give_receipt(session, app, subscriber, consent, left_at, is_new=False)
    return subscriber


def who_comes_back(app: App, token: str) -> tuple[int, datetime]:
    """Return whose leaving a goodbye's link undoes, and when they left; BadToken or ExpiredToken."""
    good_for = timedelta(days=app.settings.retention.left_days)
    return tokens.verify_at(app.secret, tokens.UNDO, token, app.clock(), good_for)


def can_come_back(subscriber: Subscriber | None) -> Subscriber:
    """Return a subscriber whose leaving can be undone, or is; Refusal if they are erased or banned."""
    if subscriber is None or subscriber.state not in (SubscriberState.LEFT, SubscriberState.ACTIVE):
        raise Refusal(Code.SUBSCRIPTION_GONE)
    return subscriber


# --- consent ----------------------------------------------------------------------------------------------------------


def _letter_of(link: str, at: datetime) -> str:
    return f"{link} in the letter of {at.isoformat()}"


def _agree(session: Session, app: App, subscriber_id: int, language: Language, act: ConsentAct, by: str) -> Consent:
    """Record an act of consent about today's text."""
    text = consent_text(language.value, app.settings.retention.left_days)
    return consents.append(session, subscriber_id, app.clock(), act, (VERSION, language.value, text), by)


def _act_again(session: Session, app: App, subscriber: Subscriber, act: ConsentAct, by: str) -> Consent:
    """Record an act about the text that this person agreed to last; today's text if no such act was kept then."""
    last = consents.newest_confirmed(session, subscriber.id or 0)
    if last is None:
        return _agree(session, app, subscriber.id or 0, subscriber.language, act, by)
    return _repeat(session, app, last, act, by)


def _repeat(session: Session, app: App, earlier: Consent, act: ConsentAct, by: str) -> Consent:
    """Record an act about the same text as an earlier one."""
    words = (earlier.version, earlier.language, earlier.text)
    return consents.append(session, earlier.subscriber_id, app.clock(), act, words, by)
