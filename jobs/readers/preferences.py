"""Preferences: what a reader or the operator changes about a running subscription, each change with a row of history.

A reader comes with the link of a letter (`who_manages`); everything else takes the subscriber's id. A pause stops mails
but loses no news: cursors stay, and what happened meanwhile is reported afterwards. Subscriptions begin and end in
`jobs.readers.optin`; requests are checked in `tracker.subscriptions.requests`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from db import call_lists, calls, event_log, feedback, strategies, subscribers
from db.audit import Signed, by_reader
from db.calls import Call
from db.editions import EditionKind, SwitchAbout
from db.regions import find_ours
from db.subscribers import (
    Actor,
    Cadence,
    CallChoice,
    CallMark,
    Subscriber,
    SubscriberChange,
    SubscriberState,
    SubscriptionEvent,
)
from jobs.base.app import App
from jobs.editions.planning import WORK, make_planned, plan_beside
from jobs.readers.letters import ask_to_confirm, give_link, may_write, say_goodbye, tell_of_pause
from tracker import l10n, sources
from tracker.emails import tokens
from tracker.emails.tokens import BadToken
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, WrongState
from tracker.subscriptions.requests import (
    Known,
    Organisation,
    Preferences,
    SignUp,
    address_of,
    keep_choices,
    preferences_held,
    preferences_of,
    sign_up_of,
)

LONGEST_PAUSE = timedelta(days=366)
EVER = timedelta.max  # how long a link is good that can only be used to ask for another


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as its reader sees it."""

    subscriber: Subscriber
    preferences: Preferences
    choices: tuple[tuple[CallChoice, Call], ...]
    actor: Actor | None


def append_history(
    session: Session, app: App, subscriber_id: int, what: SubscriptionEvent, signed: Signed, **detail: Any
) -> SubscriberChange:
    """Append to the history of a subscription; `detail` holds no address.

    Its instant is taken after any wait for the row's lock, because `jobs.editions.verify` compares it with the instants
    of mails.
    """
    row = SubscriberChange(
        subscriber_id=subscriber_id,
        at=app.clock(),
        what=what,
        by=signed.author,
        reason=signed.reason or None,
        detail=detail,
    )
    session.add(row)
    session.flush()
    return row


def what_there_is(session: Session, app: App) -> Known:
    """Collect what an interest can choose from: all spearheads, all sources, all programmes known or seen."""
    return Known(
        languages=frozenset(app.region.languages),
        language=app.region.languages[0],
        spearheads=frozenset(spearhead.key for spearhead in strategies.all_spearheads(session)),
        sources=frozenset(sources.modules(app.settings.sources)),
        programmes=frozenset(l10n.PROGRAMMES) | call_lists.programmes_seen(session),
    )


def checked_sign_up(app: App, given: Mapping[str, Any]) -> SignUp:
    """Check a sign-up against what there is to choose from; InputFaults lists every fault."""
    with app.db.read() as session:
        return sign_up_of(given, what_there_is(session, app))


def checked_preferences(app: App, given: Mapping[str, Any]) -> Preferences:
    """Check preferences against what there is to choose from; InputFaults lists every fault."""
    with app.db.read() as session:
        return preferences_of(given, what_there_is(session, app))


# --- the links of readers ---------------------------------------------------------------------------------------------


def who_manages(app: App, token: str) -> int:
    """Return the subscriber whose preferences a letter's link opens; BadToken or ExpiredToken."""
    good_for = timedelta(hours=app.settings.subscribers.manage_hours)
    subscriber_id, _ = tokens.verify_at(app.secret, tokens.MANAGE, token, app.clock(), good_for)
    return subscriber_id


def ask_for_link(app: App, given: str) -> None:
    """Send a fresh link to a mailbox, given its address or the link of any mail to it, however old.

    Whoever asks learns neither whether the address is known nor whether a letter was written.
    """
    with app.db.write() as session:
        subscriber = _mailbox_of(session, app, given)
        if subscriber and may_write(session, app, subscriber.id):
            _answer(session, app, subscriber)


def _answer(session: Session, app: App, subscriber: Subscriber) -> None:
    match subscriber.state:
        case SubscriberState.ACTIVE:
            give_link(session, app, subscriber)
        case SubscriberState.PENDING:
            asking = newest_asking(session, subscriber.id or 0)
            if asking:
                ask_to_confirm(session, app, subscriber, asking, requested_preferences(subscriber, asking))
        case SubscriberState.LEFT:
            say_goodbye(session, app, subscriber)
        case SubscriberState.BANNED | SubscriberState.ERASED:
            pass  # nothing may be written there


def newest_asking(session: Session, subscriber_id: int) -> SubscriberChange | None:
    """Find the last sign-up in the name of a mailbox; None if there is none, or it is no longer kept."""
    requests = [
        row
        for row in subscribers.history_of(session, subscriber_id)
        if row.what is SubscriptionEvent.ASKED and row.detail
    ]
    return requests[-1] if requests else None


def requested_preferences(subscriber: Subscriber, asking: SubscriberChange) -> SignUp:
    """Read the sign-up that a row of history holds."""
    return SignUp.model_validate({"address": subscriber.address} | asking.detail["wish"])


def _mailbox_of(session: Session, app: App, given: str) -> Subscriber | None:
    try:
        if "@" in given:
            return subscribers.subscriber_at(session, address_of(given))
        return subscribers.held(session, reader_of_link(app, given))
    except (InputFaults, BadToken):
        return None


def reader_of_link(app: App, token: str) -> int:
    """Return the subscriber for whom a link of a digest or a letter was made; BadToken."""
    for purpose in (tokens.PREFERENCES, tokens.UNSUBSCRIBE):
        try:
            return tokens.verify_token(app.secret, purpose, token)
        except BadToken:
            continue
    subscriber_id, _ = tokens.verify_at(app.secret, tokens.MANAGE, token, app.clock(), EVER)
    return subscriber_id


def language_of_reader(app: App, subscriber_id: int) -> str:
    """The language that a reader chose; empty if there is no such reader."""
    with app.db.read() as session:
        subscriber = find_ours(session, Subscriber, subscriber_id)
        return subscriber.language.value if subscriber else ""


# --- what a subscription holds ----------------------------------------------------------------------------------------


@contextmanager
def active(app: App, subscriber_id: int) -> Iterator[tuple[Session, Subscriber]]:
    """Open a transaction with an active subscriber, locked against other changes; NotFound or WrongState."""
    with app.db.write() as session:
        yield session, _if_active(subscribers.held(session, subscriber_id), subscriber_id)


def _if_active(subscriber: Subscriber | None, subscriber_id: int) -> Subscriber:
    if subscriber is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    if subscriber.state is not SubscriberState.ACTIVE:
        raise WrongState(Noun.SUBSCRIBER, subscriber_id, subscriber.state, (SubscriberState.ACTIVE,))
    return subscriber


def read_preferences(app: App, subscriber_id: int) -> Subscription:
    """Read a subscription; NotFound, or WrongState if it is not active."""
    with app.db.read() as session:
        return standing(session, _if_active(find_ours(session, Subscriber, subscriber_id), subscriber_id))


def standing(session: Session, subscriber: Subscriber) -> Subscription:
    """Read a subscription with its interests, and the calls that it follows or mutes; in any state."""
    subscriber_id = subscriber.id or 0
    interests = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
    choices = subscribers.choices_of(session, [subscriber_id]).get(subscriber_id, [])
    chosen = calls.calls_by_id(session, [choice.call_id for choice in choices])
    return Subscription(
        subscriber,
        preferences_held(subscriber, interests),
        tuple((choice, chosen[choice.call_id]) for choice in choices),
        find_ours(session, Actor, subscriber.actor_id) if subscriber.actor_id else None,
    )


def change_preferences(app: App, subscriber_id: int, preferences: Preferences, signed: Signed) -> Subscriber:
    """Replace a subscriber's preferences; an interest that stays keeps its place in the news."""
    with active(app, subscriber_id) as (session, subscriber):
        if standing(session, subscriber).preferences == preferences:
            return subscriber
        keep_choices(subscriber, preferences)
        subscribers.change_interests(session, subscriber_id, preferences.interests, event_log.last_seq(session))
        append_history(
            session, app, subscriber_id, SubscriptionEvent.PREFERENCES, signed, **preferences.model_dump(mode="json")
        )
    return subscriber


def change_organisation(app: App, subscriber_id: int, organisation: Organisation, signed: Signed) -> Subscriber:
    """Change what a subscriber says of their organisation; from then on its type decides what is shut to them."""
    with active(app, subscriber_id) as (session, subscriber):
        was = subscriber.actor_id
        name_organisation(session, subscriber, organisation)
        if subscriber.actor_id != was:
            append_history(
                session,
                app,
                subscriber_id,
                SubscriptionEvent.PREFERENCES,
                signed,
                **organisation.model_dump(mode="json"),
            )
    return subscriber


def name_organisation(session: Session, subscriber: Subscriber, organisation: Organisation) -> None:
    """Put an organisation beside a mailbox, or none."""
    name, municipality = organisation.actor, organisation.municipality or None
    actor = subscribers.actor_named(session, name, organisation.actor_type, municipality) if name else None
    subscriber.actor_id = actor.id if actor else None


def switch_own_region(app: App, subscriber_id: int, is_on: bool, signed: Signed) -> Subscriber:
    """Tell or do not tell a subscriber of the region's own calls beside their interests."""
    now = read_preferences(app, subscriber_id).preferences
    return change_preferences(app, subscriber_id, now.model_copy(update={"own_region": is_on}), signed)


def switch_own_kind(app: App, subscriber_id: int, is_on: bool, signed: Signed) -> Subscriber:
    """Leave out, or do not, what a subscriber's kind of organisation surely may not apply for."""
    now = read_preferences(app, subscriber_id).preferences
    return change_preferences(app, subscriber_id, now.model_copy(update={"own_kind": is_on}), signed)


def change_cadence(app: App, subscriber_id: int, cadence: Cadence, signed: Signed) -> Subscriber:
    """Change how often the digest is sent, and send what was due by now under the old cadence."""
    with app.db.in_turn(WORK):
        with active(app, subscriber_id) as (session, subscriber):
            if subscriber.cadence is cadence:
                return subscriber
            was, subscriber.cadence = subscriber.cadence, cadence
            changed = {"was": was.value, "now": cadence.value}
            append_history(session, app, subscriber_id, SubscriptionEvent.CADENCE, signed, **changed)
            edition = plan_beside(session, app, EditionKind.SWITCH, SwitchAbout(subscriber=subscriber_id))
        make_planned(app, edition)
    return subscriber


def pause(app: App, subscriber_id: int, until: date, signed: Signed) -> Subscriber:
    """Send nothing before `until`, the first day with mail again; what happens meanwhile is reported then."""
    today = app.today()
    if not today < until <= today + LONGEST_PAUSE:
        raise InputFaults(Fault(Code.BAD_PAUSE, "until", {"until": until}))
    with active(app, subscriber_id) as (session, subscriber):
        subscriber.paused_until = until
        append_history(session, app, subscriber_id, SubscriptionEvent.PAUSED, signed, until=until.isoformat())
    return subscriber


def pause_for(app: App, subscriber_id: int, until: date, signed: Signed) -> Subscriber:
    """Pause a reader's mails as `pause` does, in their place; a letter tells them until when, and the reason."""
    pause(app, subscriber_id, until, signed)
    with active(app, subscriber_id) as (session, subscriber):
        tell_of_pause(session, app, subscriber, until, signed.reason)
    return subscriber


def resume(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """End a pause now."""
    with active(app, subscriber_id) as (session, subscriber):
        if subscriber.paused_until is not None:
            subscriber.paused_until = None
            append_history(session, app, subscriber_id, SubscriptionEvent.RESUMED, signed)
    return subscriber


def follow(app: App, subscriber_id: int, call_id: int, signed: Signed) -> None:
    """Follow a call: report everything about it, whatever the interests say."""
    _choose(app, subscriber_id, call_id, CallMark.FOLLOW, SubscriptionEvent.FOLLOWED, signed)


def mute(app: App, subscriber_id: int, call_id: int, signed: Signed) -> None:
    """Mute a call: report nothing more about it."""
    _choose(app, subscriber_id, call_id, CallMark.MUTE, SubscriptionEvent.MUTED, signed)


def unmute(app: App, subscriber_id: int, call_id: int, signed: Signed) -> None:
    """Neither follow nor mute a call: the interests decide again."""
    _choose(app, subscriber_id, call_id, None, SubscriptionEvent.UNMUTED, signed)


def not_for_us(app: App, subscriber_id: int, call_id: int, signed: Signed) -> None:
    """Record a reader's "not for us": it counts against the rules behind the call, and the call is muted."""
    mute(app, subscriber_id, call_id, signed)
    with active(app, subscriber_id) as (session, _):
        followed = feedback.spearheads_followed(session, [subscriber_id])[subscriber_id]
        tags = strategies.taggings_of(session, [call_id]).get(call_id, ())
        spearhead = next((tagging.spearhead for tagging in tags if tagging.spearhead in followed), None)
        answer = feedback.NotForUs(
            subscriber_id=subscriber_id,
            call_id=call_id,
            spearhead=spearhead,
            reason=signed.reason or None,
            at=signed.at,
        )
        feedback.add_feedback(session, answer)
        append_history(
            session, app, subscriber_id, SubscriptionEvent.NOT_FOR_US, signed, call=call_id, spearhead=spearhead
        )


def not_for_us_by_link(app: App, token: str, call_id: int, reason: str = "") -> None:
    """Record "not for us" by the link beside a call in a mail, which never expires; BadToken if it is not ours."""
    not_for_us(app, tokens.verify_token(app.secret, tokens.FEEDBACK, token), call_id, by_reader(app.clock(), reason))


def _choose(
    app: App, subscriber_id: int, call_id: int, choice: CallMark | None, what: SubscriptionEvent, signed: Signed
) -> None:
    with active(app, subscriber_id) as (session, _):
        if not calls.calls_by_id(session, [call_id]):
            raise NotFound(Noun.CALL, call_id)
        if subscribers.choose(session, subscriber_id, call_id, choice, signed.at):
            append_history(session, app, subscriber_id, what, signed, call=call_id)
