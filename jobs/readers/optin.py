"""Consents: how a subscription begins and ends. Nobody gets a digest whose mailbox did not answer.

    sign_up → a letter → confirm → a receipt      leave → a letter → undo

What is wished at sign-up stands in the history until the mailbox confirms it: whoever types in somebody else's address
changes nothing for them. Everything here can be done twice and is done once. Does not decide what is agreed to
(`tracker.subscriptions.consent`), and does not erase anybody (`jobs.readers.privacy`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from db import consents, event_log, send_queue, subscribers
from db.audit import Signed, by_reader
from db.consents import Consent, ConsentAct
from db.deliveries import DeliveryReason
from db.subscribers import Language, Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.readers import letters
from jobs.readers.preferences import append_history, newest_asking, requested_preferences, what_there_is
from tracker.emails import tokens
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, WrongState
from tracker.subscriptions.consent import VERSION, consent_text
from tracker.subscriptions.requests import SignUp, keep_choices
from tracker.subscriptions.roster import Line, read_roster

FORM = "sign-up form"


# --- beginning --------------------------------------------------------------------------------------------------------


def sign_up(app: App, wanted: SignUp) -> None:
    """Ask the mailbox whether it wants this. Always the same answer, whether or not the address is known.

    A mailbox that subscribes already gets the link to its preferences instead; above the limits nothing is written.
    """
    try:
        with app.db.write() as session:
            _ask(session, app, wanted)
    except IntegrityError:
        pass  # somebody signed up this address at the same moment, and has asked the mailbox


def _ask(session: Session, app: App, wanted: SignUp) -> None:
    found = subscribers.subscriber_at(session, wanted.address)
    if not letters.may_write(session, app, found.id if found else None):
        return
    if found and found.state is SubscriberState.ACTIVE:
        letters.tell_known(session, app, found)
        return
    if found is None:
        found = _new(session, app, wanted)
    elif found.state is SubscriberState.PENDING:
        _take(session, found, wanted)
    _ask_mailbox(session, app, found, wanted, by_reader(app.clock()))


def _ask_mailbox(session: Session, app: App, found: Subscriber, wanted: SignUp, signed: Signed) -> None:
    subscriber_id = found.id or 0
    asked = _agree(session, app, subscriber_id, wanted.language, ConsentAct.ASKED, signed.reason or FORM)
    told = wanted.model_dump(mode="json", exclude={"address"})
    asking = append_history(session, app, subscriber_id, SubscriptionEvent.ASKED, signed, wish=told, consent=asked.id)
    letters.ask_to_confirm(session, app, found, asking, wanted)


def confirm_by_link(app: App, token: str) -> Subscriber:
    """The mailbox wants what this letter asked about: it subscribes from now on, and gets a receipt.

    Who left or was banned starts fresh. A link that was used already changes nothing. BadToken, or ExpiredToken after
    `subscribers.confirm_days`; Refusal where the sign-up is no longer kept.
    """
    good_for = timedelta(days=app.settings.subscribers.confirm_days)
    asking_id, asked_at = tokens.verify_at(app.secret, tokens.CONFIRM, token, app.clock(), good_for)
    with app.db.write() as session:
        asking = session.get_one(SubscriberChange, asking_id)
        found = subscribers.held(session, asking.subscriber_id)
        if found is None or found.state is SubscriberState.ERASED or not asking.detail:
            raise Refusal(Code.SIGN_UP_GONE)
        if found.state is not SubscriberState.ACTIVE and not _is_spent(session, asking):
            _take(session, found, requested_preferences(found, asking))
            _begin(session, app, found)
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
            letters.give_receipt(session, app, found, consent, asked_at, is_new=True)
    return found


def confirm_for(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """The operator has the person's word, in another way than by the link: a waiting sign-up becomes a subscription."""
    with app.db.write() as session:
        found = subscribers.held(session, subscriber_id)
        if found is None:
            raise NotFound(Noun.SUBSCRIBER, subscriber_id)
        if found.state is not SubscriberState.PENDING:
            raise WrongState(Noun.SUBSCRIBER, subscriber_id, found.state, (SubscriberState.PENDING,))
        asking = newest_asking(session, subscriber_id)
        _begin(session, app, found)
        append_history(
            session, app, subscriber_id, SubscriptionEvent.CONFIRMED, signed, asking=asking.id if asking else None
        )
        _agree(session, app, subscriber_id, found.language, ConsentAct.CONFIRMED, signed.reason or signed.author)
    return found


def add_by_operator(app: App, wanted: SignUp, signed: Signed) -> Subscriber:
    """Add a mailbox whose owner's word the operator has: it subscribes at once. Refusal where it is known."""
    with app.db.write() as session:
        return _add(session, app, wanted, signed)


def _add(session: Session, app: App, wanted: SignUp, signed: Signed) -> Subscriber:
    if found := subscribers.subscriber_at(session, wanted.address):
        why = is_known(found)
        raise Refusal(why.code, **why.values)
    made = _new(session, app, wanted)
    _begin(session, app, made)
    append_history(session, app, made.id or 0, SubscriptionEvent.ADDED, signed)
    _agree(session, app, made.id or 0, made.language, ConsentAct.CONFIRMED, signed.reason or signed.author)
    return made


def add_all(app: App, lines: Sequence[Line], signed: Signed, asks: bool) -> None:
    """Add every mailbox of a roster, or none; `asks`: each is asked first, as at sign-up, whatever the limits.

    InputFaults lists every line whose mailbox is known already.
    """
    with app.db.write() as session:
        if faults := known_faults(session, lines):
            raise InputFaults(*faults)
        for line in lines:
            if asks:
                _ask_mailbox(session, app, _new(session, app, line.wanted), line.wanted, signed)
            else:
                _add(session, app, line.wanted, signed)


def checked_roster(app: App, text: str) -> list[Line]:
    """The mailboxes of a roster (a CSV's text), each of them new here. InputFaults lists every fault with its line."""
    with app.db.read() as session:
        lines = read_roster(text, what_there_is(session, app))
        if faults := known_faults(session, lines):
            raise InputFaults(*faults)
    return lines


def known_faults(session: Session, lines: Sequence[Line]) -> list[Fault]:
    """The lines of a roster whose mailboxes are known already."""
    known = subscribers.mailboxes_at(session, [line.wanted.address for line in lines])
    return [replace(is_known(known[a]), line=line.number) for line in lines if (a := line.wanted.address) in known]


def is_known(subscriber: Subscriber) -> Fault:
    """Why a mailbox cannot be added, and what can be done."""
    if subscriber.state in (SubscriberState.ACTIVE, SubscriberState.PENDING):
        return Fault(Code.SUBSCRIBES_ALREADY, "", {"address": subscriber.address})
    return Fault(Code.OWNER_MUST_RETURN, "", {"address": subscriber.address, "state": subscriber.state})


def _new(session: Session, app: App, wanted: SignUp) -> Subscriber:
    made = Subscriber(
        address=wanted.address,
        language=wanted.language,
        cadence=wanted.cadence,
        state=SubscriberState.PENDING,
        created_at=app.clock(),
    )
    session.add(made)
    session.flush()
    _take(session, made, wanted)
    return made


def _take(session: Session, subscriber: Subscriber, wanted: SignUp) -> None:
    """Put what is wished in place of what there was."""
    subscriber.cadence = wanted.cadence
    keep_choices(subscriber, wanted)
    subscriber.actor_id = None
    if wanted.actor:
        actor = subscribers.actor_named(session, wanted.actor, wanted.actor_type, wanted.municipality or None)
        subscriber.actor_id = actor.id
    subscribers.replace_interests(session, subscriber.id or 0, wanted.interests, event_log.last_seq(session))


def _begin(session: Session, app: App, subscriber: Subscriber) -> None:
    """From now on it is told what happens; first, by the welcome edition, what is open."""
    subscriber.state = SubscriberState.ACTIVE
    subscriber.confirmed_at = app.clock()
    subscriber.welcomed_at = subscriber.left_at = subscriber.paused_until = subscriber.backed_off_until = None
    subscriber.soft_bounces = 0
    subscribers.move_cursors(session, [subscriber.id or 0], event_log.last_seq(session))


def _is_spent(session: Session, asking: SubscriberChange) -> bool:
    history = subscribers.history_of(session, asking.subscriber_id)
    return any(one.what is SubscriptionEvent.CONFIRMED and one.detail.get("asking") == asking.id for one in history)


# --- ending -----------------------------------------------------------------------------------------------------------


def leave_by_link(app: App, token: str, by: str) -> Subscriber:
    """Leave by the link of any mail, however old; `by` says how: link in a mail, one-click header. BadToken."""
    return leave(app, tokens.verify_token(app.secret, tokens.UNSUBSCRIBE, token), by_reader(app.clock(), by))


def leave(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """End a subscription, once: nothing more is sent but a goodbye that tells how to undo it.

    Who never confirmed, or takes no mail, gets no goodbye. NotFound where there is no such subscriber.
    """
    with app.db.write() as session:
        found = subscribers.held(session, subscriber_id)
        if found is None:
            raise NotFound(Noun.SUBSCRIBER, subscriber_id)
        if found.state in (SubscriberState.LEFT, SubscriberState.ERASED):
            return found
        was, found.state, found.left_at = found.state, SubscriberState.LEFT, app.clock()
        append_history(session, app, subscriber_id, SubscriptionEvent.LEFT, signed)
        _act_again(session, app, found, ConsentAct.WITHDRAWN, signed.reason or signed.author)
        send_queue.skip_waiting(session, subscriber_id, DeliveryReason.LEFT, app.clock())
        if was is SubscriberState.ACTIVE:
            letters.say_goodbye(session, app, found)
    return found


def undo(app: App, token: str) -> Subscriber:
    """Take leaving back: everything is as it was, and what happened meanwhile is told, as after a pause.

    Where the subscription runs, it changes nothing. BadToken, or ExpiredToken after `retention.left_days`;
    Refusal where it is erased or banned.
    """
    good_for = timedelta(days=app.settings.retention.left_days)
    subscriber_id, left_at = tokens.verify_at(app.secret, tokens.UNDO, token, app.clock(), good_for)
    with app.db.write() as session:
        found = subscribers.held(session, subscriber_id)
        if found is None or found.state not in (SubscriberState.LEFT, SubscriberState.ACTIVE):
            raise Refusal(Code.SUBSCRIPTION_GONE)
        if found.state is SubscriberState.LEFT:
            found.state, found.left_at = SubscriberState.ACTIVE, None
            append_history(session, app, subscriber_id, SubscriptionEvent.CAME_BACK, by_reader(app.clock()))
            consent = _act_again(session, app, found, ConsentAct.CONFIRMED, _letter_of("undo link", left_at))
            letters.give_receipt(session, app, found, consent, left_at, is_new=False)
    return found


# --- the words --------------------------------------------------------------------------------------------------------


def _letter_of(link: str, at: datetime) -> str:
    return f"{link} in the letter of {at.isoformat()}"


def _agree(session: Session, app: App, subscriber_id: int, language: Language, act: ConsentAct, by: str) -> Consent:
    """An act about today's words."""
    text = consent_text(language.value)
    return consents.append(session, subscriber_id, app.clock(), act, (VERSION, language.value, text), by)


def _act_again(session: Session, app: App, subscriber: Subscriber, act: ConsentAct, by: str) -> Consent:
    """An act about the words that this person agreed to last; today's, where that was before such acts were kept."""
    last = consents.newest_confirmed(session, subscriber.id or 0)
    if last is None:
        return _agree(session, app, subscriber.id or 0, subscriber.language, act, by)
    return _repeat(session, app, last, act, by)


def _repeat(session: Session, app: App, earlier: Consent, act: ConsentAct, by: str) -> Consent:
    """An act about the very words of an earlier one."""
    words = (earlier.version, earlier.language, earlier.text)
    return consents.append(session, earlier.subscriber_id, app.clock(), act, words, by)
